package io.tideline.tools.data;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tideline.client.HeadResult;
import io.tideline.client.TidelineClient;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.OutputOptions;
import io.tideline.tools.cli.ToolContext;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tideline timeline heads}: reads heads. */
@Command(
    name = "heads",
    description = "Read last ids, what is retained and counts of many timelines, in one call.",
    footer = {"", "Examples:", "  tideline timeline heads inbox ana bob carl"})
public final class HeadsCommand implements Callable<Integer> {
  private final ToolContext context;
  @Mixin private ConnectionOptions connection;
  @Mixin private OutputOptions outputOptions;
  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "STORE", description = TimelineArguments.STORE)
  private String store;

  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "TIMELINE",
      description = TimelineArguments.TIMELINE)
  private List<String> timelines = new ArrayList<>();

  public HeadsCommand(ToolContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    try (TidelineClient client = connection.connect()) {
      TimelineArguments arguments = new TimelineArguments(client, spec, store);
      List<HeadResult> results =
          client.heads(store, timelines.stream().map(arguments::identifier).toList());
      outputOptions
          .output(context)
          .list(EntryJson.HEAD_COLUMNS, results.stream().map(HeadsCommand::row), "");
      return results.stream().allMatch(result -> result.error() == null)
          ? ExitCode.OK
          : ExitCode.FAILED;
    }
  }

  private static ObjectNode row(HeadResult result) {
    return result.error() != null
        ? EntryJson.failed(result.timeline(), result.error())
        : EntryJson.write(result.orThrow());
  }
}
