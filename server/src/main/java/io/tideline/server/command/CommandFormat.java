package io.tideline.server.command;

import io.tideline.manager.SequenceMode;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** Bytes of a {@link CommandBatch} in the replicated log; the layout is in the package's doc. */
public final class CommandFormat {

  /** The first version; still written for batches that need nothing newer. */
  static final int VERSION_FIRST = 1;

  /** Added REPLACE_ENTRY, DELETE_ENTRY and DELETE_TIMELINE. */
  static final int VERSION_EDITS = 2;

  /** Added FAN_OUT, COMMIT_CURSORS and SET_RETENTION_OPTIONS. */
  static final int VERSION = 3;

  // Type codes: on disk, never renumbered.
  private static final int APPEND = 1;
  private static final int PUT = 2;
  private static final int TRIM = 3;
  private static final int PUT_META = 4;
  private static final int DELETE_META = 5;
  private static final int ADVANCE_TIME = 6;
  private static final int SET_OPTIONS = 7;
  private static final int CHANGE_CATALOG = 8;
  private static final int REPLACE_ENTRY = 9;
  private static final int DELETE_ENTRY = 10;
  private static final int DELETE_TIMELINE = 11;
  private static final int FAN_OUT = 12;
  private static final int COMMIT_CURSORS = 13;
  private static final int SET_RETENTION_OPTIONS = 14;

  // Flags of APPEND: which optional fields follow.
  private static final int HAS_MESSAGE_KEY = 1;
  private static final int HAS_EXPECTED_LAST = 2;
  private static final int HAS_FIRST_ATTEMPT = 4;
  private static final int APPEND_FLAGS = HAS_MESSAGE_KEY | HAS_EXPECTED_LAST | HAS_FIRST_ATTEMPT;

  // Flags of REPLACE_ENTRY and DELETE_ENTRY.
  private static final int HAS_ANNOUNCEMENT = 1;
  private static final int ANNOUNCE_ONCE = 2;

  // Flag of FAN_OUT.
  private static final int FAN_OUT_HAS_FIRST_ATTEMPT = 1;

  /** Type, kind, flags, lengths of three arrays and two numbers fit in this. */
  private static final int FIXED_BYTES = 48;

  private static final int LENGTH_BYTES_MAX = 5;
  private static final int CRC_BYTES = Integer.BYTES;
  private static final int HEADER_BYTES = 1 + Long.BYTES + 1;
  private static final int BYTES_MIN = HEADER_BYTES + 1 + CRC_BYTES;

  private CommandFormat() {}

  /** The log bytes of a batch. */
  public static byte[] encode(CommandBatch batch) {
    BinaryWriter out = new BinaryWriter(estimate(batch));
    out.putByte(versionOf(batch)).putLong(batch.timeMillis()).putLength(batch.commands().size());
    for (Command command : batch.commands()) {
      write(out, command);
    }
    out.putInt(crc(out.backing(), out.size()));
    return out.toByteArray();
  }

  /**
   * The oldest version that knows all types of a batch, so that older members read what they can.
   */
  private static int versionOf(CommandBatch batch) {
    int version = VERSION_FIRST;
    for (Command command : batch.commands()) {
      version = Math.max(version, versionOf(command));
    }
    return version;
  }

  private static int versionOf(Command command) {
    return switch (command) {
      case Command.FanOut c -> VERSION;
      case Command.CommitCursors c -> VERSION;
      case Command.ReplaceEntry c -> VERSION_EDITS;
      case Command.DeleteEntry c -> VERSION_EDITS;
      case Command.DeleteTimeline c -> VERSION_EDITS;
      case Command.Append c -> VERSION_FIRST;
      case Command.Put c -> VERSION_FIRST;
      case Command.Trim c -> VERSION_FIRST;
      case Command.PutMeta c -> VERSION_FIRST;
      case Command.DeleteMeta c -> VERSION_FIRST;
      case Command.AdvanceTime c -> VERSION_FIRST;
      case Command.SetOptions c -> c.options().hasRetention() ? VERSION : VERSION_FIRST;
      case Command.ChangeCatalog c -> VERSION_FIRST;
    };
  }

  private static int versionOf(int type) {
    return type >= FAN_OUT ? VERSION : type >= REPLACE_ENTRY ? VERSION_EDITS : VERSION_FIRST;
  }

  /**
   * What admission and batching count: an upper bound of the bytes one command adds to a batch, and
   * of what it writes when it is applied. A fan-out counts as the appends that it stands for.
   *
   * @return bytes
   */
  public static long sizeBound(Command command) {
    return command instanceof Command.FanOut fanOut
        ? fanOut.timelines().size()
                * (FIXED_BYTES + (long) fanOut.messageKey().length + fanOut.value().length)
            + timelineBytes(fanOut)
        : encodedBound(command);
  }

  private static long timelineBytes(Command.FanOut fanOut) {
    long bytes = 0;
    for (byte[] timeline : fanOut.timelines()) {
      bytes += timeline.length;
    }
    return bytes;
  }

  /** Upper bound of the bytes one command adds to a batch. */
  private static int encodedBound(Command command) {
    int fixed = FIXED_BYTES;
    return switch (command) {
      case Command.FanOut c ->
          Math.toIntExact(
              fixed
                  + c.messageKey().length
                  + c.value().length
                  + timelineBytes(c)
                  + (long) LENGTH_BYTES_MAX * c.timelines().size());
      case Command.CommitCursors c -> {
        int bytes = fixed;
        for (Command.CursorMove move : c.moves()) {
          bytes += fixed + move.timeline().length + move.reader().length;
        }
        yield bytes;
      }
      case Command.Append c ->
          fixed + c.timeline().length + c.messageKey().length + c.value().length;
      case Command.Put c -> fixed + c.timeline().length + c.value().length;
      case Command.Trim c -> fixed + c.timeline().length;
      case Command.PutMeta c -> fixed + c.timeline().length + c.value().length;
      case Command.ReplaceEntry c ->
          fixed + c.timeline().length + c.value().length + size(c.announcement());
      case Command.DeleteEntry c -> fixed + c.timeline().length + size(c.announcement());
      case Command.DeleteTimeline c -> fixed + c.timeline().length;
      case Command.DeleteMeta c -> fixed + c.timeline().length;
      case Command.AdvanceTime c -> fixed;
      case Command.SetOptions c -> fixed;
      case Command.ChangeCatalog c -> fixed + c.change().length;
    };
  }

  private static int size(Command.@Nullable Announcement announcement) {
    return announcement == null ? 0 : announcement.value().length;
  }

  /**
   * Reads log bytes.
   *
   * @throws FormatException if they are damaged or of a newer version
   */
  public static CommandBatch decode(byte[] bytes) throws FormatException {
    if (bytes.length < BYTES_MIN) {
      throw new FormatException(
          "command batch of " + bytes.length + " bytes is shorter than " + BYTES_MIN);
    }
    int bodyEnd = bytes.length - CRC_BYTES;
    int stored = new BinaryReader(bytes, bodyEnd, bytes.length).readInt();
    int computed = crc(bytes, bodyEnd);
    if (stored != computed) {
      throw new FormatException(
          "command batch checksum is 0x%08x, its bytes give 0x%08x".formatted(stored, computed));
    }
    BinaryReader in = new BinaryReader(bytes, 0, bodyEnd);
    int version = in.readByte();
    if (version < VERSION_FIRST || version > VERSION) {
      throw new FormatException(
          "command batch version "
              + version
              + " is unknown, this program reads "
              + VERSION_FIRST
              + " to "
              + VERSION);
    }
    return readBody(in, version);
  }

  private static CommandBatch readBody(BinaryReader in, int version) throws FormatException {
    long timeMillis = in.readLong();
    int count = in.readLength();
    if (count < 1 || count > CommandBatch.COMMANDS_MAX || timeMillis < 0) {
      throw new FormatException("command batch with " + count + " commands and time " + timeMillis);
    }
    List<Command> commands = new ArrayList<>(count);
    try {
      for (int i = 0; i < count; i++) {
        commands.add(read(in, version));
      }
    } catch (IllegalArgumentException e) {
      FormatException wrapped = new FormatException("command batch: " + e.getMessage());
      wrapped.initCause(e);
      throw wrapped;
    }
    in.expectEnd();
    return new CommandBatch(timeMillis, commands);
  }

  private static void write(BinaryWriter out, Command command) {
    switch (command) {
      case Command.Append c -> writeAppend(out, c);
      case Command.FanOut c -> writeFanOut(out, c);
      case Command.CommitCursors c -> {
        out.putByte(COMMIT_CURSORS).putLength(c.moves().size());
        for (Command.CursorMove move : c.moves()) {
          out.putBytes(move.timeline()).putBytes(move.reader()).putLong(move.sequenceId());
        }
      }
      case Command.Put c ->
          out.putByte(PUT)
              .putBytes(c.timeline())
              .putLong(c.sequenceId())
              .putByte(c.overwrite() ? 1 : 0)
              .putByte(c.kind())
              .putBytes(c.value());
      case Command.Trim c ->
          out.putByte(TRIM).putBytes(c.timeline()).putLong(c.throughSequenceId());
      case Command.PutMeta c ->
          out.putByte(PUT_META)
              .putBytes(c.timeline())
              .putLong(c.expectedVersion())
              .putBytes(c.value());
      case Command.ReplaceEntry c -> {
        out.putByte(REPLACE_ENTRY)
            .putByte(flags(c.announcement(), c.announceOnce()))
            .putBytes(c.timeline())
            .putLong(c.sequenceId())
            .putLong(c.expectedFingerprint())
            .putByte(c.kind())
            .putBytes(c.value());
        writeAnnouncement(out, c.announcement());
      }
      case Command.DeleteEntry c -> {
        out.putByte(DELETE_ENTRY)
            .putByte(flags(c.announcement(), false))
            .putBytes(c.timeline())
            .putLong(c.sequenceId());
        writeAnnouncement(out, c.announcement());
      }
      case Command.DeleteTimeline c -> out.putByte(DELETE_TIMELINE).putBytes(c.timeline());
      case Command.DeleteMeta c -> out.putByte(DELETE_META).putBytes(c.timeline());
      case Command.AdvanceTime c -> out.putByte(ADVANCE_TIME);
      case Command.SetOptions c -> {
        out.putByte(c.options().hasRetention() ? SET_RETENTION_OPTIONS : SET_OPTIONS);
        writeOptions(out, c.options());
      }
      case Command.ChangeCatalog c -> out.putByte(CHANGE_CATALOG).putBytes(c.change());
    }
  }

  private static void writeAppend(BinaryWriter out, Command.Append c) {
    int flags =
        (c.hasMessageKey() ? HAS_MESSAGE_KEY : 0)
            | (c.expectedLastSequenceId().isPresent() ? HAS_EXPECTED_LAST : 0)
            | (c.firstAttemptTimeMillis() != 0 ? HAS_FIRST_ATTEMPT : 0);
    out.putByte(APPEND).putByte(flags).putByte(c.kind()).putBytes(c.timeline());
    if (c.hasMessageKey()) {
      out.putBytes(c.messageKey());
    }
    if (c.expectedLastSequenceId().isPresent()) {
      out.putLong(c.expectedLastSequenceId().getAsLong());
    }
    if (c.firstAttemptTimeMillis() != 0) {
      out.putLong(c.firstAttemptTimeMillis());
    }
    out.putBytes(c.value());
  }

  private static void writeFanOut(BinaryWriter out, Command.FanOut c) {
    boolean hasFirstAttempt = c.firstAttemptTimeMillis() != 0;
    out.putByte(FAN_OUT)
        .putByte(hasFirstAttempt ? FAN_OUT_HAS_FIRST_ATTEMPT : 0)
        .putByte(c.kind())
        .putBytes(c.messageKey());
    if (hasFirstAttempt) {
      out.putLong(c.firstAttemptTimeMillis());
    }
    out.putBytes(c.value()).putLength(c.timelines().size());
    c.timelines().forEach(out::putBytes);
  }

  private static int flags(Command.@Nullable Announcement announcement, boolean once) {
    return (announcement != null ? HAS_ANNOUNCEMENT : 0) | (once ? ANNOUNCE_ONCE : 0);
  }

  private static void writeAnnouncement(
      BinaryWriter out, Command.@Nullable Announcement announcement) {
    if (announcement != null) {
      out.putByte(announcement.kind()).putBytes(announcement.value());
    }
  }

  private static Command read(BinaryReader in, int version) throws FormatException {
    int type = in.readByte();
    if (version < versionOf(type)) {
      throw new FormatException("command type " + type + " is not of version " + version);
    }
    return switch (type) {
      case APPEND -> readAppend(in);
      case FAN_OUT -> readFanOut(in);
      case COMMIT_CURSORS -> readCommitCursors(in);
      case PUT ->
          new Command.Put(
              in.readBytes(), in.readLong(), readBoolean(in), in.readByte(), in.readBytes());
      case TRIM -> new Command.Trim(in.readBytes(), in.readLong());
      case PUT_META -> new Command.PutMeta(in.readBytes(), in.readLong(), in.readBytes());
      case REPLACE_ENTRY -> readReplaceEntry(in);
      case DELETE_ENTRY -> readDeleteEntry(in);
      case DELETE_TIMELINE -> new Command.DeleteTimeline(in.readBytes());
      case DELETE_META -> new Command.DeleteMeta(in.readBytes());
      case ADVANCE_TIME -> new Command.AdvanceTime();
      case SET_OPTIONS -> new Command.SetOptions(readOptions(in, false));
      case SET_RETENTION_OPTIONS -> new Command.SetOptions(readOptions(in, true));
      case CHANGE_CATALOG -> new Command.ChangeCatalog(in.readBytes());
      default ->
          throw new FormatException(
              "command type " + type + " at byte " + (in.position() - 1) + " is unknown");
    };
  }

  private static Command readAppend(BinaryReader in) throws FormatException {
    int flags = in.readByte();
    if ((flags & ~APPEND_FLAGS) != 0) {
      throw new FormatException("append flags 0x%02x are unknown".formatted(flags));
    }
    int kind = in.readByte();
    byte[] timeline = in.readBytes();
    byte[] messageKey = (flags & HAS_MESSAGE_KEY) != 0 ? in.readBytes() : new byte[0];
    OptionalLong expectedLast =
        (flags & HAS_EXPECTED_LAST) != 0 ? OptionalLong.of(in.readLong()) : OptionalLong.empty();
    long firstAttempt = (flags & HAS_FIRST_ATTEMPT) != 0 ? in.readLong() : 0;
    return new Command.Append(
        timeline, messageKey, expectedLast, firstAttempt, kind, in.readBytes());
  }

  private static Command readFanOut(BinaryReader in) throws FormatException {
    int flags = in.readByte();
    if ((flags & ~FAN_OUT_HAS_FIRST_ATTEMPT) != 0) {
      throw new FormatException("fan-out flags 0x%02x are unknown".formatted(flags));
    }
    int kind = in.readByte();
    byte[] messageKey = in.readBytes();
    long firstAttempt = (flags & FAN_OUT_HAS_FIRST_ATTEMPT) != 0 ? in.readLong() : 0;
    byte[] value = in.readBytes();
    int count = in.readLength();
    if (count > Command.FanOut.TIMELINES_MAX) {
      throw new FormatException("fan-out to " + count + " timelines");
    }
    List<byte[]> timelines = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      timelines.add(in.readBytes());
    }
    return new Command.FanOut(messageKey, firstAttempt, kind, value, timelines);
  }

  private static Command readCommitCursors(BinaryReader in) throws FormatException {
    int count = in.readLength();
    if (count > Command.CommitCursors.MOVES_MAX) {
      throw new FormatException("commit of " + count + " cursors");
    }
    List<Command.CursorMove> moves = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      moves.add(new Command.CursorMove(in.readBytes(), in.readBytes(), in.readLong()));
    }
    return new Command.CommitCursors(moves);
  }

  private static Command readReplaceEntry(BinaryReader in) throws FormatException {
    int flags = readEditFlags(in, HAS_ANNOUNCEMENT | ANNOUNCE_ONCE);
    return new Command.ReplaceEntry(
        in.readBytes(),
        in.readLong(),
        in.readLong(),
        in.readByte(),
        in.readBytes(),
        readAnnouncement(in, flags),
        (flags & ANNOUNCE_ONCE) != 0);
  }

  private static Command readDeleteEntry(BinaryReader in) throws FormatException {
    int flags = readEditFlags(in, HAS_ANNOUNCEMENT);
    return new Command.DeleteEntry(in.readBytes(), in.readLong(), readAnnouncement(in, flags));
  }

  private static int readEditFlags(BinaryReader in, int known) throws FormatException {
    int flags = in.readByte();
    if ((flags & ~known) != 0) {
      throw new FormatException("edit flags 0x%02x are unknown".formatted(flags));
    }
    return flags;
  }

  private static Command.@Nullable Announcement readAnnouncement(BinaryReader in, int flags)
      throws FormatException {
    return (flags & HAS_ANNOUNCEMENT) != 0
        ? new Command.Announcement(in.readByte(), in.readBytes())
        : null;
  }

  private static boolean readBoolean(BinaryReader in) throws FormatException {
    int value = in.readByte();
    if (value > 1) {
      throw new FormatException("truth value " + value + " is neither 0 nor 1");
    }
    return value == 1;
  }

  /** What timelines keep is written only if it is limited. */
  static void writeOptions(BinaryWriter out, PartitionOptions options) {
    out.putByte(options.sequenceMode().code())
        .putLong(options.ttlMillis())
        .putLong(options.dedupWindowMillis());
    if (options.hasRetention()) {
      out.putLong(options.retentionMaxEntries()).putLong(options.retentionMaxBytes());
    }
  }

  static PartitionOptions readOptions(BinaryReader in, boolean retention) throws FormatException {
    PartitionOptions options =
        new PartitionOptions(
            SequenceMode.ofCode(in.readByte()),
            in.readLong(),
            in.readLong(),
            retention ? in.readLong() : 0,
            retention ? in.readLong() : 0);
    if (options.hasRetention() != retention) {
      throw new FormatException("options with a retention that limits nothing");
    }
    return options;
  }

  private static int estimate(CommandBatch batch) {
    long bytes = HEADER_BYTES + 5 + CRC_BYTES;
    for (Command command : batch.commands()) {
      bytes += encodedBound(command);
    }
    return Math.toIntExact(bytes);
  }

  private static int crc(byte[] bytes, int end) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, end);
    return (int) crc.getValue();
  }
}
