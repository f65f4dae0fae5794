package io.tideline.tools.data;

import io.tideline.client.TidelineClient;
import io.tideline.tools.cli.Output;
import io.tideline.tools.cli.OutputOptions;
import io.tideline.tools.cli.ToolContext;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The node, the form of the answer, and STORE: what commands about a store's timelines take. */
class StoreTarget {
  @Mixin private ConnectionOptions connection;
  @Mixin private OutputOptions outputOptions;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "STORE", description = "Name of the store.")
  private String store;

  /** A client; the caller closes it. */
  final TidelineClient connect() {
    return connection.connect();
  }

  final Output output(ToolContext context) {
    return outputOptions.output(context);
  }

  final String store() {
    return store;
  }

  /** How to read identifiers; asks the node for the store's schema. */
  final TimelineArguments arguments(TidelineClient client) {
    return new TimelineArguments(client, spec, store);
  }

  /** Says that something was typed wrong. */
  final ParameterException wrong(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  /** Says that something was typed wrong, in the words of whoever noticed. */
  final ParameterException wrong(IllegalArgumentException cause) {
    return new ParameterException(spec.commandLine(), cause.getMessage(), cause);
  }
}
