package io.tideline.tools.data;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tideline.client.AppendOutcome;
import io.tideline.client.AppendResult;
import io.tideline.client.FanOut;
import io.tideline.client.FanOutResult;
import io.tideline.client.TidelineClient;
import io.tideline.tools.cli.Column;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.Json;
import io.tideline.tools.cli.ToolContext;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code tideline timeline fan-out}: one message into many timelines. */
@Command(
    name = "fan-out",
    description = "Write one message into a conversation and many inboxes, in one call.",
    footer = {
      "",
      "Examples:",
      "  tideline timeline fan-out inbox ana bob --conversation conversations group:42 \\",
      "      --field text=hello --key msg-0815",
      "",
      "With --key the command can be repeated until every timeline has the message: who has it already",
      "keeps the one it has (\"duplicate\"). The exit code is 1 if a timeline may not have it.",
    })
public final class FanOutCommand implements Callable<Integer> {
  private static final List<Column> COLUMNS =
      List.of(
          Column.text("STORE", "store"),
          Column.text("TIMELINE", "timeline"),
          Column.number("ID", "sequence_id"),
          Column.text("DUPLICATE", "duplicate"),
          Column.text("ERROR", "error"));

  private final ToolContext context;
  @Mixin private TimelinesTarget inboxes;
  @Mixin private MessageOptions content;
  @Spec private CommandSpec spec;

  @Option(
      names = "--conversation",
      arity = "2",
      paramLabel = "STORE TIMELINE",
      description = "The timeline that keeps the message.")
  private String @Nullable [] conversation;

  @Option(
      names = "--key",
      paramLabel = "KEY",
      description = "Message key, 1 to 128 bytes: makes the fan-out idempotent.")
  private @Nullable String key;

  public FanOutCommand(ToolContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    FanOut.Builder fanOut = FanOut.builder(content.message());
    if (key != null) {
      try {
        fanOut.messageKey(key);
      } catch (IllegalArgumentException wrong) {
        throw inboxes.wrong(wrong);
      }
    }
    try (TidelineClient client = inboxes.connect()) {
      fanOut.inboxes(inboxes.store(), inboxes.identifiers(client));
      if (conversation != null) {
        fanOut.conversation(
            new TimelineArguments(client, spec, conversation[0]).timeline(conversation[1]));
      }
      FanOutResult result = client.fanOut(fanOut.build());
      inboxes
          .output(context)
          .list(
              COLUMNS,
              Stream.concat(result.conversation().stream(), result.inboxes().stream())
                  .map(FanOutCommand::row),
              "");
      return ExitCode.okIf(result.isComplete());
    }
  }

  private static ObjectNode row(AppendOutcome outcome) {
    ObjectNode json =
        Json.object()
            .put("store", outcome.item().timeline().store())
            .put("timeline", IdentifierText.write(outcome.item().timeline().identifier()));
    if (outcome.error() != null) {
      return json.put("error", String.valueOf(outcome.error().getMessage()));
    }
    AppendResult result = outcome.orThrow();
    return json.put("sequence_id", result.sequenceId()).put("duplicate", result.duplicate());
  }
}
