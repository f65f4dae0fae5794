package io.tideline.tools.data;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tideline.client.Identifier;
import io.tideline.client.SyncResult;
import io.tideline.client.SyncSpec;
import io.tideline.client.TidelineClient;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.Json;
import io.tideline.tools.cli.Output;
import io.tideline.tools.cli.ToolContext;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tideline timeline sync}: reads what is new in several timelines. */
@Command(
    name = "sync",
    description = "Read what is new in many timelines, each after its own position, in one call.",
    footer = {
      "",
      "A position is TIMELINE=ID, the last id the device has; TIMELINE alone means 0, from the start.",
      "With --output json: one object per timeline with its entries and coverage.",
      "",
      "Examples:",
      "  tideline timeline sync inbox ana=120",
      "  tideline timeline sync conversations group:42=17 group:43=0 --limit 50",
    })
public final class SyncCommand implements Callable<Integer> {
  private final ToolContext context;
  @Mixin private StoreTarget target;

  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "TIMELINE[=ID]",
      description = "Timelines and positions.")
  private List<String> positions = new ArrayList<>();

  @Option(
      names = {"-n", "--limit"},
      paramLabel = "N",
      defaultValue = "500",
      description = "Entries of all timelines together, 1 to 1000 (default: ${DEFAULT-VALUE}).")
  private int limit;

  @Option(
      names = "--limit-per-timeline",
      paramLabel = "N",
      defaultValue = "100",
      description = "Entries of each timeline, 1 to 1000 (default: ${DEFAULT-VALUE}).")
  private int limitPerTimeline;

  public SyncCommand(ToolContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    Output output = target.output(context);
    try (TidelineClient client = target.connect()) {
      List<SyncResult> results = client.sync(request(target.arguments(client)));
      if (output.isJson()) {
        output.list(List.of(), results.stream().map(SyncCommand::json), "");
      } else {
        results.forEach(result -> print(result, output));
      }
      return ExitCode.okIf(results.stream().allMatch(result -> result.error() == null));
    }
  }

  private SyncSpec request(TimelineArguments arguments) {
    try {
      SyncSpec.Builder request =
          SyncSpec.builder(target.store()).limit(limit).limitPerTimeline(limitPerTimeline);
      for (String position : positions) {
        int equals = position.lastIndexOf('=');
        String timeline = equals < 0 ? position : position.substring(0, equals);
        long after = equals < 0 ? 0 : Long.parseLong(position.substring(equals + 1));
        Identifier identifier = arguments.identifier(timeline);
        request.after(identifier, after);
      }
      return request.build();
    } catch (NumberFormatException notAnId) {
      throw target.wrong(
          "a position is TIMELINE=ID with a whole number, got " + String.join(" ", positions));
    } catch (IllegalArgumentException wrong) {
      throw target.wrong(wrong);
    }
  }

  private static void print(SyncResult result, Output output) {
    String name = IdentifierText.write(result.timeline().identifier());
    if (result.error() != null) {
      output.done(name + ": " + result.error().getMessage(), Json.object());
      return;
    }
    output.done(
        name + ": " + result.entries().size() + " new. " + EntryJson.sentence(result.coverage()),
        Json.object());
    output.list(EntryJson.ENTRY_COLUMNS, result.entries().stream().map(EntryJson::write), "");
  }

  private static ObjectNode json(SyncResult result) {
    if (result.error() != null) {
      return EntryJson.failed(result.timeline(), result.error());
    }
    ObjectNode json =
        Json.object().put("timeline", IdentifierText.write(result.timeline().identifier()));
    ArrayNode entries = json.putArray("entries");
    result.entries().forEach(entry -> entries.add(EntryJson.write(entry)));
    json.set("coverage", EntryJson.write(result.coverage()));
    return json;
  }
}
