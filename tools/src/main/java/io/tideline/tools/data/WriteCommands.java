package io.tideline.tools.data;

import io.tideline.client.AppendItem;
import io.tideline.client.AppendResult;
import io.tideline.client.Message;
import io.tideline.client.PutResult;
import io.tideline.client.TidelineClient;
import io.tideline.client.TimelineKey;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.Json;
import io.tideline.tools.cli.ToolContext;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The part of {@code tideline timeline} that writes. */
public final class WriteCommands {
  private WriteCommands() {}

  /** Appends one message. */
  @Command(
      name = "append",
      description = "Append one message; it is on disk when the command returns.",
      footer = {
        "",
        "Examples:",
        "  tideline timeline append conversations group:42 --field sender=ana --field text=hello",
        "  tideline timeline append inbox bob --json '{\"text\":\"你好\",\"n\":3}' --key msg-0815",
        "",
        "With --key the command can be repeated safely: the same key on the same timeline returns the",
        "first result (\"duplicate\") within the store's dedup window.",
      })
  public static final class Append implements Callable<Integer> {
    private final ToolContext context;
    @Mixin private TimelineTarget target;
    @Mixin private MessageOptions content;

    @Option(
        names = "--key",
        paramLabel = "KEY",
        description = "Message key, 1 to 128 bytes: makes the append idempotent.")
    private @Nullable String key;

    @Option(
        names = "--expect-last",
        paramLabel = "ID",
        description =
            "Append only if the timeline's last id is this one; 0: if it never had an entry.")
    private @Nullable Long expectLast;

    public Append(ToolContext context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      Message message = content.message();
      try (TidelineClient client = target.connect()) {
        AppendResult result = client.append(item(target.key(client), message));
        target
            .output(context)
            .done(
                (result.duplicate() ? "Already there with id " : "Appended with id ")
                    + result.sequenceId()
                    + ".",
                Json.object()
                    .put("sequence_id", result.sequenceId())
                    .put("previous_sequence_id", result.previousSequenceId())
                    .put("duplicate", result.duplicate())
                    .put("append_time_ms", result.appendTime().toEpochMilli()));
      }
      return ExitCode.OK;
    }

    private AppendItem item(TimelineKey timeline, Message message) {
      AppendItem item = AppendItem.of(timeline, message);
      try {
        item = key == null ? item : item.withMessageKey(key);
      } catch (IllegalArgumentException wrong) {
        throw target.wrong(wrong);
      }
      return expectLast == null ? item : item.withExpectedLastSequenceId(expectLast);
    }
  }

  /** Writes at an id of the caller's choice. */
  @Command(
      name = "put",
      description = "Write an entry at an id of your choice; MANUAL stores only.",
      footer = {
        "",
        "Examples:",
        "  tideline timeline put positions 0xA1B2 1700000000 --field at:geo=48.2,16.37",
        "  tideline timeline put positions 0xA1B2 1700000000 --field at:geo=48.2,16.4 --overwrite",
      })
  public static final class Put implements Callable<Integer> {
    private final ToolContext context;
    @Mixin private TimelineTarget target;
    @Mixin private MessageOptions content;

    @Parameters(index = "2", paramLabel = "ID", description = "Sequence id of the entry.")
    private long sequenceId;

    @Option(names = "--overwrite", description = "Replace the entry if the id is taken.")
    private boolean overwrite;

    public Put(ToolContext context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      Message message = content.message();
      try (TidelineClient client = target.connect()) {
        TimelineKey timeline = target.key(client);
        PutResult result =
            overwrite
                ? client.putOrReplace(timeline, sequenceId, message)
                : client.put(timeline, sequenceId, message);
        target
            .output(context)
            .done(
                (result.replaced() ? "Replaced entry " : "Put entry ") + sequenceId + ".",
                Json.object()
                    .put("sequence_id", sequenceId)
                    .put("replaced", result.replaced())
                    .put("last_sequence_id", result.lastSequenceId())
                    .put("append_time_ms", result.appendTime().toEpochMilli()));
      }
      return ExitCode.OK;
    }
  }

  /** Removes old entries. */
  @Command(
      name = "trim",
      description = "Remove all entries up to and including an id; the numbering goes on.",
      footer = {"", "Examples:", "  tideline timeline trim inbox bob 5000"})
  public static final class Trim implements Callable<Integer> {
    private final ToolContext context;
    @Mixin private TimelineTarget target;

    @Parameters(index = "2", paramLabel = "ID", description = "The last id to remove.")
    private long through;

    public Trim(ToolContext context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      try (TidelineClient client = target.connect()) {
        long first = client.trim(target.key(client), through);
        target
            .output(context)
            .done(
                "Trimmed through " + through + "; the first retained id is " + first + ".",
                Json.object().put("first_retained_sequence_id", first));
      }
      return ExitCode.OK;
    }
  }
}
