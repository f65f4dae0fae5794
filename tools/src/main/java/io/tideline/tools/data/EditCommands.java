package io.tideline.tools.data;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tideline.client.EntryUpdate;
import io.tideline.client.Message;
import io.tideline.client.TidelineClient;
import io.tideline.client.UpdateResult;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.Json;
import io.tideline.tools.cli.ToolContext;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The part of {@code tideline timeline} that changes or removes what a timeline has. */
public final class EditCommands {
  private EditCommands() {}

  /** Changes single fields of an entry. */
  @Command(
      name = "update",
      description = "Set and remove single fields of an entry; its id and time stay.",
      footer = {
        "",
        "Examples:",
        "  tideline timeline update conversations group:42 7 --field text='hello all' --announce",
        "  tideline timeline update conversations group:42 7 --remove draft --expect-revision 0",
      })
  public static final class Update implements Callable<Integer> {
    private final ToolContext context;
    @Mixin private EntryTarget target;
    @Mixin private FieldChangeOptions change;

    @Option(
        names = "--expect-revision",
        paramLabel = "N",
        description = "Update only at this revision; 0: as appended.")
    private @Nullable Integer expectRevision;

    public Update(ToolContext context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      EntryUpdate update = update();
      try (TidelineClient client = target.connect()) {
        UpdateResult result = client.update(target.key(client), target.sequenceId(), update);
        target
            .output(context)
            .done(
                "Updated entry "
                    + target.sequenceId()
                    + ", revision "
                    + Integer.toUnsignedString(result.revision())
                    + announced(result.changeSequenceId()),
                json(target.sequenceId(), result.changeSequenceId())
                    .put("revision", Integer.toUnsignedLong(result.revision())));
      }
      return ExitCode.OK;
    }

    private EntryUpdate update() {
      Message set = change.set();
      if (expectRevision != null && expectRevision < 0) {
        throw target.wrong("--expect-revision must be 0 or more, got " + expectRevision);
      }
      EntryUpdate.Builder update = EntryUpdate.builder();
      set.fields().forEach(update::set);
      change.remove().forEach(update::remove);
      if (expectRevision != null) {
        update.expectedRevision(expectRevision);
      }
      return target.announce() ? update.announced().build() : update.build();
    }
  }

  /** Takes the content of an entry back. */
  @Command(
      name = "recall",
      description = "Remove the content of an entry for good; its id stays.",
      footer = {"", "Examples:", "  tideline timeline recall conversations group:42 7 --announce"})
  public static final class Recall implements Callable<Integer> {
    private final ToolContext context;
    @Mixin private EntryTarget target;

    public Recall(ToolContext context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      try (TidelineClient client = target.connect()) {
        OptionalLong change =
            client.recall(target.key(client), target.sequenceId(), target.announce());
        target
            .output(context)
            .done(
                "Recalled entry " + target.sequenceId() + announced(change),
                json(target.sequenceId(), change));
      }
      return ExitCode.OK;
    }
  }

  /** Removes one entry. */
  @Command(
      name = "delete",
      description = "Remove one entry; its id is never given again.",
      footer = {"", "Examples:", "  tideline timeline delete conversations group:42 7"})
  public static final class Delete implements Callable<Integer> {
    private final ToolContext context;
    @Mixin private EntryTarget target;

    public Delete(ToolContext context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      try (TidelineClient client = target.connect()) {
        OptionalLong change =
            client.delete(target.key(client), target.sequenceId(), target.announce());
        target
            .output(context)
            .done(
                "Deleted entry " + target.sequenceId() + announced(change),
                json(target.sequenceId(), change));
      }
      return ExitCode.OK;
    }
  }

  /** Removes a whole timeline. */
  @Command(
      name = "drop",
      description = "Remove all entries and the meta of a timeline; the numbering goes on.",
      footer = {"", "Examples:", "  tideline timeline drop inbox bob --yes"})
  public static final class Drop implements Callable<Integer> {
    private final ToolContext context;
    @Mixin private TimelineTarget target;

    @Option(names = "--yes", description = "Required: says that you mean it.")
    private boolean yes;

    public Drop(ToolContext context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      if (!yes) {
        throw target.wrong(
            "dropping timeline "
                + target.timeline()
                + " needs --yes: it removes all its data at once");
      }
      try (TidelineClient client = target.connect()) {
        long last = client.deleteTimeline(target.key(client));
        target
            .output(context)
            .done(
                "Dropped timeline "
                    + target.timeline()
                    + "; its numbering goes on after "
                    + last
                    + ".",
                Json.object().put("last_sequence_id", last));
      }
      return ExitCode.OK;
    }
  }

  private static String announced(OptionalLong change) {
    return change.isPresent() ? "; announced as entry " + change.getAsLong() + "." : ".";
  }

  private static ObjectNode json(long sequenceId, OptionalLong change) {
    ObjectNode json = Json.object().put("sequence_id", sequenceId);
    change.ifPresent(id -> json.put("change_sequence_id", id));
    return json;
  }
}
