package io.tideline.tools.cli;

import picocli.CommandLine.Option;

/** {@code --output}, for commands that print a result. */
public final class OutputOptions {
  @Option(
      names = {"-o", "--output"},
      paramLabel = "table|json",
      defaultValue = "table",
      description =
          "How to print the result: ${COMPLETION-CANDIDATES}. json is stable for programs: one object,"
              + " or one object per line for lists (default: ${DEFAULT-VALUE}).")
  private OutputFormat format;

  public Output output(ToolContext context) {
    return new Output(context, format);
  }
}
