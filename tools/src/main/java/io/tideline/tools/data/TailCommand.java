package io.tideline.tools.data;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tideline.client.Entry;
import io.tideline.client.SyncResult;
import io.tideline.client.Tail;
import io.tideline.client.TailEvent;
import io.tideline.client.TailSpec;
import io.tideline.client.TidelineClient;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.Json;
import io.tideline.tools.cli.Output;
import io.tideline.tools.cli.ToolContext;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tideline timeline tail}: follows timelines. */
@Command(
    name = "tail",
    description = "Follow timelines: their history after an id, then what comes, until Ctrl-C.",
    footer = {
      "",
      "Each TIMELINE may have a position, the last id that is known: group:42=17. Without one it is",
      "followed from its present end; with =0 from its first entry.",
      "",
      "Examples:",
      "  tideline timeline tail inbox ana",
      "  tideline timeline tail conversations group:42=0 group:43=17 --output json",
      "  tideline timeline tail inbox ana=0 --limit 10",
    })
public final class TailCommand implements Callable<Integer> {
  private static final Duration POLL = Duration.ofSeconds(1);

  private final ToolContext context;
  @Mixin private PositionsTarget target;

  @Option(
      names = {"-n", "--limit"},
      paramLabel = "N",
      description = "End after so many entries.")
  private @Nullable Long limit;

  @Option(
      names = "--heartbeats",
      description = "With --output json, also tell when there is nothing new.")
  private boolean heartbeats;

  public TailCommand(ToolContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws InterruptedException {
    if (limit != null && limit < 1) {
      throw target.wrong("--limit must be 1 or more, got " + limit);
    }
    Output output = target.output(context);
    try (TidelineClient client = target.connect();
        Tail tail = client.tail(spec(client))) {
      long left = limit == null ? Long.MAX_VALUE : limit;
      while (left > 0) {
        Optional<TailEvent> event = tail.next(POLL);
        if (event.isPresent()) {
          left -= tell(event.get(), left, output);
        }
      }
    }
    return ExitCode.OK;
  }

  private TailSpec spec(TidelineClient client) {
    TailSpec.Builder spec = TailSpec.builder(target.store());
    target.positions(client).forEach(spec::after);
    try {
      return spec.build();
    } catch (IllegalArgumentException wrong) {
      throw target.wrong(wrong);
    }
  }

  /** How many entries were told. */
  private long tell(TailEvent event, long most, Output output) {
    return switch (event) {
      case TailEvent.Entries news -> tell(news.result(), most, output);
      case TailEvent.Heartbeat beat -> {
        if (heartbeats && output.isJson()) {
          output.done("", json(beat));
        }
        yield 0;
      }
    };
  }

  private static long tell(SyncResult result, long most, Output output) {
    String timeline = IdentifierText.write(result.timeline().identifier());
    if (result.coverage().isTrimmed()) {
      String first = Long.toString(result.coverage().firstRetainedSequenceId());
      output.done(
          timeline + ": what was before id " + first + " is gone for good.",
          Json.object()
              .put("timeline", timeline)
              .put("trimmed", true)
              .put("first_retained_sequence_id", result.coverage().firstRetainedSequenceId()));
    }
    long told = 0;
    for (Entry entry : result.entries()) {
      if (told == most) {
        break;
      }
      told++;
      ObjectNode json = Json.object().put("timeline", timeline);
      json.setAll(EntryJson.write(entry));
      output.done(
          "%s %d %s %s"
              .formatted(timeline, entry.sequenceId(), entry.appendTime(), EntryJson.content(json)),
          json);
    }
    return told;
  }

  private static ObjectNode json(TailEvent.Heartbeat beat) {
    ObjectNode json = Json.object().put("heartbeat_ms", beat.serverTime().toEpochMilli());
    ArrayNode timelines = json.putArray("timelines");
    beat.coverages()
        .forEach(
            (timeline, coverage) ->
                timelines.add(
                    Json.object()
                        .put("timeline", IdentifierText.write(timeline.identifier()))
                        .put("last_sequence_id", coverage.lastSequenceId())));
    return json;
  }
}
