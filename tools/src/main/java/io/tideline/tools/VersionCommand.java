package io.tideline.tools;

import io.tideline.tools.cli.Column;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.Json;
import io.tideline.tools.cli.OutputOptions;
import io.tideline.tools.cli.ToolContext;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code tideline version}. */
@Command(
    name = "version",
    description = "Print the versions of this program and of the Java it runs on.",
    footer = {"", "Examples:", "  tideline version", "  tideline version --output json"})
final class VersionCommand implements Callable<Integer> {
  private static final List<Column> COLUMNS =
      List.of(
          Column.text("tideline", "version"), Column.text("java", "java"), Column.text("os", "os"));

  private final ToolContext context;
  @Mixin private OutputOptions outputOptions;

  VersionCommand(ToolContext context) {
    this.context = context;
  }

  /** The version in the jar's manifest, so that it is written in one place: the POM. */
  static String version() {
    String version = VersionCommand.class.getPackage().getImplementationVersion();
    return version == null ? "(development build)" : version;
  }

  /** For {@code --version}. */
  static String[] lines() {
    return new String[] {"tideline " + version()};
  }

  @Override
  public Integer call() {
    outputOptions
        .output(context)
        .record(
            COLUMNS,
            Json.object()
                .put("version", version())
                .put("java", Runtime.version() + " (" + System.getProperty("java.vendor") + ")")
                .put(
                    "os",
                    System.getProperty("os.name")
                        + " "
                        + System.getProperty("os.version")
                        + " "
                        + System.getProperty("os.arch")));
    return ExitCode.OK;
  }
}
