package io.tideline.it.harness;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The command line's main class in a child process. */
public final class Cli {

  private static final Duration TIMEOUT = Duration.ofMinutes(10);

  /** What a finished command said. Output and errors are together, in the order written. */
  public record Result(int exitCode, String output) {}

  /**
   * Commands that work for long; the launcher starts the others on a JVM made for short lives, too.
   */
  private static final Set<String> LONG_LIVED = Set.of("import", "demo");

  private final Path directory;
  private int runs;

  Cli(Path directory) {
    this.directory = directory;
  }

  /** Runs a command to its end. */
  public Result run(String... arguments) {
    try (ChildProcess process = start(arguments)) {
      return new Result(process.awaitExit(TIMEOUT), process.output());
    }
  }

  /** Starts a command and leaves it running. */
  public ChildProcess start(String... arguments) {
    return startWith(List.of(), arguments);
  }

  /** Starts a command on a JVM with further options and leaves it running. */
  public ChildProcess startWith(List<String> jvmOptions, String... arguments) {
    String name = arguments[0] + "-" + ++runs;
    List<String> options = new ArrayList<>(List.of("-Xmx512m"));
    options.addAll(jvmOptions);
    if (!LONG_LIVED.contains(arguments[0])) {
      options.addAll(NodeConfig.SHORT_LIFE);
    }
    return ChildProcess.start(
        name, Jvm.command(options, List.of(arguments)), Map.of(), directory.resolve(name + ".out"));
  }
}
