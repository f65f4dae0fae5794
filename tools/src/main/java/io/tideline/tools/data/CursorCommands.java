package io.tideline.tools.data;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tideline.client.Cursor;
import io.tideline.client.CursorResult;
import io.tideline.client.TidelineClient;
import io.tideline.client.Unread;
import io.tideline.client.UnreadResult;
import io.tideline.tools.cli.Column;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.Json;
import io.tideline.tools.cli.ToolContext;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.StreamSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tideline cursor}: how far readers have come. */
public final class CursorCommands {
  private static final List<Column> COLUMNS =
      List.of(
          Column.text("TIMELINE", "timeline"),
          Column.text("READER", "reader"),
          Column.number("ID", "sequence_id"),
          Column.time("MOVED", "update_time_ms"),
          Column.text("ERROR", "error"));

  private static final List<Column> UNREAD_COLUMNS =
      List.of(
          Column.text("TIMELINE", "timeline"),
          Column.number("UNREAD", "unread"),
          Column.number("LAST", "last_sequence_id"),
          Column.number("CURSOR", "cursor_sequence_id"),
          Column.text("ERROR", "error"));

  private CursorCommands() {}

  /** The group. */
  @Command(
      name = "cursor",
      description = "Keep and read how far readers have come, and what is unread.",
      synopsisSubcommandLabel = "COMMAND",
      footer = {
        "",
        "Examples:",
        "  tideline cursor commit conversations group:42 120 --reader ana",
        "  tideline cursor unread conversations group:42 group:43 --reader ana",
      })
  public static final class Group {}

  /** {@code --reader}: whose cursors. */
  static final class ReaderOption {
    @Option(
        names = {"-r", "--reader"},
        required = true,
        paramLabel = "NAME",
        description = "Who reads: a user or a device, 1 to 128 bytes.")
    private String reader;
  }

  /** Moves a cursor. */
  @Command(
      name = "commit",
      description = "Move a reader's cursor forward; it never goes back.",
      footer = {"", "Examples:", "  tideline cursor commit inbox ana 120 --reader ana/phone"})
  public static final class Commit implements Callable<Integer> {
    private final ToolContext context;
    @Mixin private TimelineTarget target;
    @Mixin private ReaderOption reader;

    @Parameters(index = "2", paramLabel = "ID", description = "The last consumed id.")
    private long sequenceId;

    public Commit(ToolContext context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      try (TidelineClient client = target.connect()) {
        Cursor cursor = client.cursors().commit(target.key(client), reader.reader, sequenceId);
        target
            .output(context)
            .done("The cursor stands at " + cursor.sequenceId() + ".", json(cursor));
      }
      return ExitCode.OK;
    }
  }

  /** Reads cursors of one reader. */
  @Command(
      name = "get",
      description = "Read one reader's cursors in many timelines, in one call.",
      footer = {"", "Examples:", "  tideline cursor get threads 42,1 42,2 --reader ana"})
  public static final class Get implements Callable<Integer> {
    private final ToolContext context;
    @Mixin private TimelinesTarget target;
    @Mixin private ReaderOption reader;

    public Get(ToolContext context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      try (TidelineClient client = target.connect()) {
        List<CursorResult> results =
            client.cursors().get(target.store(), reader.reader, target.identifiers(client));
        target
            .output(context)
            .list(
                COLUMNS,
                results.stream()
                    .map(
                        result ->
                            result.error() == null
                                ? json(result.orThrow())
                                : EntryJson.failed(result.timeline(), result.error())),
                "");
        return ExitCode.okIf(results.stream().allMatch(result -> result.error() == null));
      }
    }
  }

  /** Lists the readers of a timeline. */
  @Command(
      name = "list",
      description = "List all readers of a timeline that have a cursor.",
      footer = {"", "Examples:", "  tideline cursor list conversations group:42"})
  public static final class ListCursors implements Callable<Integer> {
    private final ToolContext context;
    @Mixin private TimelineTarget target;

    public ListCursors(ToolContext context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      try (TidelineClient client = target.connect()) {
        Iterable<Cursor> cursors = client.cursors().list(target.key(client));
        target
            .output(context)
            .list(
                COLUMNS,
                StreamSupport.stream(cursors.spliterator(), false).map(CursorCommands::json),
                "Nobody has a cursor in timeline " + target.timeline() + ".");
      }
      return ExitCode.OK;
    }
  }

  /** Counts what is unread. */
  @Command(
      name = "unread",
      description = "Count what a reader has not consumed of many timelines, in one call.",
      footer = {"", "Examples:", "  tideline cursor unread conversations group:42 --reader ana"})
  public static final class CountUnread implements Callable<Integer> {
    private final ToolContext context;
    @Mixin private TimelinesTarget target;
    @Mixin private ReaderOption reader;

    public CountUnread(ToolContext context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      try (TidelineClient client = target.connect()) {
        List<UnreadResult> results =
            client.cursors().unread(target.store(), reader.reader, target.identifiers(client));
        target.output(context).list(UNREAD_COLUMNS, results.stream().map(CursorCommands::json), "");
        return ExitCode.okIf(results.stream().allMatch(result -> result.error() == null));
      }
    }
  }

  private static ObjectNode json(Cursor cursor) {
    ObjectNode json =
        Json.object()
            .put("timeline", IdentifierText.write(cursor.timeline().identifier()))
            .put("reader", cursor.reader())
            .put("sequence_id", cursor.sequenceId());
    cursor.updateTime().ifPresent(time -> json.put("update_time_ms", time.toEpochMilli()));
    return json;
  }

  private static ObjectNode json(UnreadResult result) {
    if (result.error() != null) {
      return EntryJson.failed(result.timeline(), result.error());
    }
    Unread unread = result.orThrow();
    return Json.object()
        .put("timeline", IdentifierText.write(result.timeline().identifier()))
        .put("unread", unread.count())
        .put("last_sequence_id", unread.lastSequenceId())
        .put("cursor_sequence_id", unread.cursorSequenceId());
  }
}
