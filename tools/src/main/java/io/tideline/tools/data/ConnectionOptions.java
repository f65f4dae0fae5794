package io.tideline.tools.data;

import io.tideline.client.TidelineClient;
import io.tideline.tools.cli.Humans;
import java.time.Duration;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** {@code --endpoint} and {@code --timeout}, for commands that talk to a node. */
public final class ConnectionOptions {
  @Option(
      names = {"-e", "--endpoint"},
      paramLabel = "HOST:PORT",
      defaultValue = "${env:TIDELINE_ENDPOINT:-localhost:7420}",
      description =
          "Any node of the cluster, its gRPC port; also from the environment variable"
              + " TIDELINE_ENDPOINT (default: ${DEFAULT-VALUE}).")
  private String endpoint;

  @Option(
      names = "--timeout",
      paramLabel = "DURATION",
      defaultValue = "10s",
      converter = DurationConverter.class,
      description = "How long one call may take, retries included (default: ${DEFAULT-VALUE}).")
  private Duration timeout;

  public String endpoint() {
    return endpoint;
  }

  /** A client; the caller closes it. */
  public TidelineClient connect() {
    return TidelineClient.builder().addresses(endpoint).deadline(timeout).build();
  }

  /** Reads durations such as {@code 14d}. */
  public static final class DurationConverter implements ITypeConverter<Duration> {
    @Override
    public Duration convert(String text) {
      try {
        return Humans.parseDuration(text);
      } catch (IllegalArgumentException wrongForm) {
        throw new TypeConversionException(String.valueOf(wrongForm.getMessage()));
      }
    }
  }

  /** Reads sizes such as {@code 64MiB}. */
  public static final class SizeConverter implements ITypeConverter<Long> {
    @Override
    public Long convert(String text) {
      try {
        return Humans.parseSize(text);
      } catch (IllegalArgumentException wrongForm) {
        throw new TypeConversionException(String.valueOf(wrongForm.getMessage()));
      }
    }
  }
}
