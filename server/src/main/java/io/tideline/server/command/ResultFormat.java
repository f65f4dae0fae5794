package io.tideline.server.command;

import java.util.ArrayList;
import java.util.List;

/**
 * Bytes of {@link CommandResult}s on their way from the node that applied a write to the node that
 * passed it on. Never stored.
 *
 * <p>Layout, version 1: {@code version u8 | count varint | result * count}, a result being a type
 * code and the fields of its record in their order, as in {@link CommandFormat}.
 */
public final class ResultFormat {

  private static final int VERSION = 1;

  // Type codes: between nodes of different versions, never renumbered.
  private static final int DONE = 1;
  private static final int CATALOG_CHANGED = 2;
  private static final int APPENDED = 3;
  private static final int CONDITION_FAILED = 4;
  private static final int MESSAGE_KEY_REUSED = 5;
  private static final int DEDUP_WINDOW_EXPIRED = 6;
  private static final int ID_REQUIRED = 7;
  private static final int PUT_DONE = 8;
  private static final int SEQUENCE_ID_EXISTS = 9;
  private static final int PUT_TRIMMED = 10;
  private static final int NOT_MANUAL = 11;
  private static final int TRIM_DONE = 12;
  private static final int BEYOND_LAST = 13;
  private static final int TIMELINE_NOT_FOUND = 14;
  private static final int META_PUT = 15;
  private static final int META_CONFLICT = 16;
  private static final int META_DELETED = 17;
  private static final int EDIT_DONE = 18;
  private static final int EDIT_MISSING = 19;
  private static final int EDIT_CONFLICT = 20;
  private static final int NO_ID_FOR_ANNOUNCEMENT = 21;
  private static final int TIMELINE_DELETED = 22;
  private static final int DELETED_TIMELINE_NOT_FOUND = 23;
  private static final int FANNED_OUT = 24;
  private static final int CURSORS_COMMITTED = 25;
  private static final int CURSOR_STORED = 26;
  private static final int CURSOR_BEYOND_LAST = 27;

  private ResultFormat() {}

  public static byte[] encode(List<CommandResult> results) {
    BinaryWriter out = new BinaryWriter().putByte(VERSION).putLength(results.size());
    results.forEach(result -> write(out, result));
    return out.toByteArray();
  }

  /**
   * Reads what {@link #encode} wrote.
   *
   * @throws FormatException if the bytes are damaged or of a newer version
   */
  public static List<CommandResult> decode(byte[] bytes) throws FormatException {
    BinaryReader in = new BinaryReader(bytes);
    int version = in.readByte();
    if (version != VERSION) {
      throw new FormatException(
          "results of version " + version + " are unknown, this program reads " + VERSION);
    }
    int count = in.readLength();
    List<CommandResult> results = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      results.add(read(in));
    }
    in.expectEnd();
    return results;
  }

  private static void write(BinaryWriter out, CommandResult result) {
    switch (result) {
      case CommandResult.Done r -> out.putByte(DONE);
      case CommandResult.CatalogChanged r -> out.putByte(CATALOG_CHANGED).putBytes(r.outcome());
      case AppendResult r -> writeAppend(out, r);
      case FanOutResult r -> {
        out.putByte(FANNED_OUT).putLength(r.results().size());
        r.results().forEach(each -> writeAppend(out, each));
      }
      case PutResult r -> writePut(out, r);
      case TrimResult r -> writeTrim(out, r);
      case EditResult r -> writeEdit(out, r);
      case DeleteTimelineResult.Done r -> out.putByte(TIMELINE_DELETED).putLong(r.lastSequenceId());
      case DeleteTimelineResult.TimelineNotFound r -> out.putByte(DELETED_TIMELINE_NOT_FOUND);
      case MetaResult r -> writeMeta(out, r);
      case CursorsResult r -> writeCursors(out, r);
    }
  }

  private static void writeAppend(BinaryWriter out, AppendResult result) {
    switch (result) {
      case AppendResult.Appended r ->
          out.putByte(APPENDED)
              .putLong(r.sequenceId())
              .putLong(r.previousSequenceId())
              .putLong(r.appendTimeMillis())
              .putByte(r.duplicate() ? 1 : 0)
              .putLong(r.dedupSinceMillis());
      case AppendResult.ConditionFailed r ->
          out.putByte(CONDITION_FAILED)
              .putLong(r.expectedLastSequenceId())
              .putLong(r.lastSequenceId());
      case AppendResult.MessageKeyReused r ->
          out.putByte(MESSAGE_KEY_REUSED).putLong(r.sequenceId()).putLong(r.appendTimeMillis());
      case AppendResult.DedupWindowExpired r ->
          out.putByte(DEDUP_WINDOW_EXPIRED)
              .putLong(r.firstAttemptTimeMillis())
              .putLong(r.dedupSinceMillis());
      case AppendResult.IdRequired r -> out.putByte(ID_REQUIRED);
    }
  }

  private static void writePut(BinaryWriter out, PutResult result) {
    switch (result) {
      case PutResult.Done r ->
          out.putByte(PUT_DONE)
              .putLong(r.lastSequenceId())
              .putByte(r.replaced() ? 1 : 0)
              .putLong(r.appendTimeMillis());
      case PutResult.SequenceIdExists r -> out.putByte(SEQUENCE_ID_EXISTS).putLong(r.sequenceId());
      case PutResult.Trimmed r ->
          out.putByte(PUT_TRIMMED).putLong(r.sequenceId()).putLong(r.trimmedThroughSequenceId());
      case PutResult.NotManual r -> out.putByte(NOT_MANUAL);
    }
  }

  private static void writeTrim(BinaryWriter out, TrimResult result) {
    switch (result) {
      case TrimResult.Done r -> out.putByte(TRIM_DONE).putLong(r.firstRetainedSequenceId());
      case TrimResult.BeyondLast r ->
          out.putByte(BEYOND_LAST).putLong(r.throughSequenceId()).putLong(r.lastSequenceId());
      case TrimResult.TimelineNotFound r -> out.putByte(TIMELINE_NOT_FOUND);
    }
  }

  private static void writeEdit(BinaryWriter out, EditResult result) {
    switch (result) {
      case EditResult.Done r -> out.putByte(EDIT_DONE).putLong(r.changeSequenceId());
      case EditResult.Missing r -> out.putByte(EDIT_MISSING);
      case EditResult.Conflict r -> out.putByte(EDIT_CONFLICT);
      case EditResult.NoIdForAnnouncement r -> out.putByte(NO_ID_FOR_ANNOUNCEMENT);
    }
  }

  private static void writeCursors(BinaryWriter out, CursorsResult result) {
    out.putByte(CURSORS_COMMITTED).putLength(result.results().size());
    for (CursorsResult.Move move : result.results()) {
      switch (move) {
        case CursorsResult.Stored r ->
            out.putByte(CURSOR_STORED).putLong(r.sequenceId()).putLong(r.updateTimeMillis());
        case CursorsResult.BeyondLast r ->
            out.putByte(CURSOR_BEYOND_LAST).putLong(r.sequenceId()).putLong(r.lastSequenceId());
      }
    }
  }

  private static CursorsResult readCursors(BinaryReader in) throws FormatException {
    int count = in.readLength();
    List<CursorsResult.Move> moves = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int type = in.readByte();
      moves.add(
          switch (type) {
            case CURSOR_STORED -> new CursorsResult.Stored(in.readLong(), in.readLong());
            case CURSOR_BEYOND_LAST -> new CursorsResult.BeyondLast(in.readLong(), in.readLong());
            default -> throw new FormatException("result type " + type + " is not of a cursor");
          });
    }
    return new CursorsResult(moves);
  }

  private static void writeMeta(BinaryWriter out, MetaResult result) {
    switch (result) {
      case PutMetaResult.Done r ->
          out.putByte(META_PUT)
              .putLong(r.revision())
              .putLong(r.version())
              .putLong(r.updateTimeMillis());
      case PutMetaResult.Conflict r ->
          out.putByte(META_CONFLICT).putLong(r.version()).putLong(r.revision());
      case DeleteMetaResult r -> out.putByte(META_DELETED).putByte(r.existed() ? 1 : 0);
    }
  }

  private static CommandResult read(BinaryReader in) throws FormatException {
    int type = in.readByte();
    return switch (type) {
      case DONE -> CommandResult.Done.INSTANCE;
      case CATALOG_CHANGED -> new CommandResult.CatalogChanged(in.readBytes());
      case APPENDED ->
          new AppendResult.Appended(
              in.readLong(), in.readLong(), in.readLong(), readBoolean(in), in.readLong());
      case CONDITION_FAILED -> new AppendResult.ConditionFailed(in.readLong(), in.readLong());
      case MESSAGE_KEY_REUSED -> new AppendResult.MessageKeyReused(in.readLong(), in.readLong());
      case DEDUP_WINDOW_EXPIRED ->
          new AppendResult.DedupWindowExpired(in.readLong(), in.readLong());
      case ID_REQUIRED -> new AppendResult.IdRequired();
      case FANNED_OUT -> readFanOut(in);
      case CURSORS_COMMITTED -> readCursors(in);
      case PUT_DONE -> new PutResult.Done(in.readLong(), readBoolean(in), in.readLong());
      case SEQUENCE_ID_EXISTS -> new PutResult.SequenceIdExists(in.readLong());
      case PUT_TRIMMED -> new PutResult.Trimmed(in.readLong(), in.readLong());
      case NOT_MANUAL -> new PutResult.NotManual();
      case TRIM_DONE -> new TrimResult.Done(in.readLong());
      case BEYOND_LAST -> new TrimResult.BeyondLast(in.readLong(), in.readLong());
      case TIMELINE_NOT_FOUND -> new TrimResult.TimelineNotFound();
      case META_PUT -> new PutMetaResult.Done(in.readLong(), in.readLong(), in.readLong());
      case META_CONFLICT -> new PutMetaResult.Conflict(in.readLong(), in.readLong());
      case META_DELETED -> new DeleteMetaResult(readBoolean(in));
      case EDIT_DONE -> new EditResult.Done(in.readLong());
      case EDIT_MISSING -> new EditResult.Missing();
      case EDIT_CONFLICT -> new EditResult.Conflict();
      case NO_ID_FOR_ANNOUNCEMENT -> new EditResult.NoIdForAnnouncement();
      case TIMELINE_DELETED -> new DeleteTimelineResult.Done(in.readLong());
      case DELETED_TIMELINE_NOT_FOUND -> new DeleteTimelineResult.TimelineNotFound();
      default -> throw new FormatException("result type " + type + " is unknown");
    };
  }

  private static FanOutResult readFanOut(BinaryReader in) throws FormatException {
    int count = in.readLength();
    List<AppendResult> results = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      if (!(read(in) instanceof AppendResult result)) {
        throw new FormatException("result " + i + " of a fan-out is not of an append");
      }
      results.add(result);
    }
    return new FanOutResult(results);
  }

  private static boolean readBoolean(BinaryReader in) throws FormatException {
    int value = in.readByte();
    if (value > 1) {
      throw new FormatException("truth value " + value + " is neither 0 nor 1");
    }
    return value == 1;
  }
}
