package io.tideline.tools.data;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tideline.client.HeadResult;
import io.tideline.client.TidelineClient;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.ToolContext;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code tideline timeline heads}: reads heads. */
@Command(
    name = "heads",
    description = "Read last ids, what is retained and counts of many timelines, in one call.",
    footer = {"", "Examples:", "  tideline timeline heads inbox ana bob carl"})
public final class HeadsCommand implements Callable<Integer> {
  private final ToolContext context;
  @Mixin private TimelinesTarget target;

  public HeadsCommand(ToolContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    try (TidelineClient client = target.connect()) {
      List<HeadResult> results = client.heads(target.store(), target.identifiers(client));
      target
          .output(context)
          .list(EntryJson.HEAD_COLUMNS, results.stream().map(HeadsCommand::row), "");
      return ExitCode.okIf(results.stream().allMatch(result -> result.error() == null));
    }
  }

  private static ObjectNode row(HeadResult result) {
    return result.error() != null
        ? EntryJson.failed(result.timeline(), result.error())
        : EntryJson.write(result.orThrow());
  }
}
