package io.tideline.tools.data;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tideline.client.Entry;
import io.tideline.client.LatestResult;
import io.tideline.client.TidelineClient;
import io.tideline.tools.cli.Column;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.Json;
import io.tideline.tools.cli.ToolContext;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code tideline timeline latest}: reads the newest entries of timelines. */
@Command(
    name = "latest",
    description = "Read the newest entry of each of many timelines, in one call.",
    footer = {"", "Examples:", "  tideline timeline latest inbox ana bob carl"})
public final class LatestCommand implements Callable<Integer> {
  private static final List<Column> COLUMNS =
      Stream.concat(
              Stream.of(Column.text("TIMELINE", "timeline")), EntryJson.ENTRY_COLUMNS.stream())
          .toList();

  private final ToolContext context;
  @Mixin private TimelinesTarget target;

  public LatestCommand(ToolContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    try (TidelineClient client = target.connect()) {
      List<LatestResult> results = client.latest(target.store(), target.identifiers(client));
      target.output(context).list(COLUMNS, results.stream().map(LatestCommand::row), "");
      return ExitCode.okIf(results.stream().allMatch(result -> result.error() == null));
    }
  }

  private static ObjectNode row(LatestResult result) {
    if (result.error() != null) {
      return EntryJson.failed(result.timeline(), result.error());
    }
    ObjectNode row =
        Json.object().put("timeline", IdentifierText.write(result.timeline().identifier()));
    Entry entry = result.entry();
    if (entry != null) {
      row.setAll(EntryJson.write(entry));
    }
    row.set("coverage", EntryJson.write(result.coverage()));
    return row;
  }
}
