package io.tideline.lsm;

import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * Changes that become visible and durable together, in the order they were added.
 *
 * <p>A batch belongs to one entry of the caller's log. Keys are compared as unsigned bytes. Byte
 * arrays are not copied: they must not change until {@link Engine#apply} returns.
 *
 * <p>Threading: confined to one thread. Reusable after {@link #clear}.
 */
public final class WriteBatch {

  /** Largest key in bytes: an encoded identifier of 4 KiB plus room for a record's suffix. */
  public static final int KEY_BYTES_MAX = 5 * 1024;

  /** Largest value in bytes: the largest message (4 MiB) plus its envelope. */
  public static final int VALUE_BYTES_MAX = 5 << 20;

  /**
   * Record tables are numbered 0 to this number minus one: they share the key prefix of one byte.
   */
  public static final int RECORD_TABLES_MAX = 16;

  /** Largest {@code kind}: it is stored in one byte beside the engine's own flags. */
  public static final int KIND_MAX = 31;

  /** Kinds of changes; what each means is told at the method that adds it. */
  public enum Type {
    APPEND,
    PUT,
    DELETE,
    TRIM,
    DELETE_TIMELINE,
    PUT_RECORD,
    DELETE_RECORD
  }

  /** One change as an object, see {@link #ops}. */
  public sealed interface Op {
    record Append(byte[] timeline, long sequenceId, long timestampMillis, int kind, byte[] value)
        implements Op {}

    record Put(byte[] timeline, long sequenceId, long timestampMillis, int kind, byte[] value)
        implements Op {}

    record Delete(byte[] timeline, long sequenceId) implements Op {}

    record Trim(byte[] timeline, long throughSequenceId) implements Op {}

    record DeleteTimeline(byte[] timeline) implements Op {}

    record PutRecord(int table, byte[] key, byte[] value, long expiresAtMillis) implements Op {}

    record DeleteRecord(int table, byte[] key) implements Op {}
  }

  /** Value of {@code expiresAtMillis} for a record that never expires. */
  public static final long NEVER = Long.MAX_VALUE;

  private static final byte[] NO_VALUE = new byte[0];

  // One element per change: a batch is filled and applied without an object per change.
  private Type[] types = new Type[16];
  private byte[][] keys = new byte[16][];
  private byte[][] values = new byte[16][];
  private long[] ids = new long[16];
  private long[] millis = new long[16];
  private byte[] tags = new byte[16];
  private int size;

  /** Bytes of all keys and values. */
  private long payloadBytes;

  private int largestKeyBytes;
  private int rows;
  private boolean dependent;

  private LogPosition position = LogPosition.START;
  private byte @org.jspecify.annotations.Nullable [] configuration;
  private long timeMillis;
  private long expireBeforeMillis;

  /** Empties the batch and sets the log entry it belongs to. */
  public WriteBatch clear(LogPosition newPosition) {
    Arrays.fill(keys, 0, size, NO_VALUE);
    Arrays.fill(values, 0, size, NO_VALUE);
    size = 0;
    payloadBytes = 0;
    largestKeyBytes = 0;
    rows = 0;
    dependent = false;
    position = Objects.requireNonNull(newPosition, "position");
    configuration = null;
    timeMillis = 0;
    expireBeforeMillis = 0;
    return this;
  }

  /**
   * Adds a row at the end of a timeline. The caller guarantees {@code sequenceId} is larger than
   * every id the timeline ever had ({@link TimelineHead#lastSequenceId}); the engine checks it
   * where it can do so without a read, and relies on it to concatenate runs instead of merging
   * them.
   *
   * @param timestampMillis never below an earlier append of this partition; drives expiry
   * @param kind caller's tag, 0 to {@link #KIND_MAX}, returned by cursors
   */
  public WriteBatch append(
      byte[] timeline, long sequenceId, long timestampMillis, int kind, byte[] value) {
    checkKey(timeline);
    checkRow(sequenceId, kind, value);
    add(Type.APPEND, timeline, sequenceId, timestampMillis, kind, value);
    rows++;
    return this;
  }

  /**
   * Writes a row at any id: a new row in any order, or a newer version that replaces the row of
   * this id. Counts as an append in the head only if {@code sequenceId} exceeds the head's last id.
   * At or below the trim mark ({@link TimelineHead#trimmedThrough}) it is accepted and never shown.
   */
  public WriteBatch put(
      byte[] timeline, long sequenceId, long timestampMillis, int kind, byte[] value) {
    checkKey(timeline);
    checkRow(sequenceId, kind, value);
    add(Type.PUT, timeline, sequenceId, timestampMillis, kind, value);
    rows++;
    dependent = true;
    return this;
  }

  /**
   * Removes one row; its id stays used. Removing an absent row, or one above the head's last id,
   * does nothing.
   */
  public WriteBatch delete(byte[] timeline, long sequenceId) {
    checkKey(timeline);
    checkSequenceId(sequenceId);
    add(Type.DELETE, timeline, sequenceId, 0, 0, NO_VALUE);
    dependent = true;
    return this;
  }

  /**
   * Removes all rows with ids up to and including {@code throughSequenceId}, in O(1); rows written
   * there later do not show either. The mark may lie above the last id; it never moves back.
   */
  public WriteBatch trim(byte[] timeline, long throughSequenceId) {
    checkKey(timeline);
    checkSequenceId(throughSequenceId);
    add(Type.TRIM, timeline, throughSequenceId, 0, 0, NO_VALUE);
    return this;
  }

  /**
   * Removes all rows up to the head's last id and raises the head's epoch by one; the head and its
   * last id stay. Records are separate: the caller deletes those it wants gone.
   */
  public WriteBatch deleteTimeline(byte[] timeline) {
    checkKey(timeline);
    add(Type.DELETE_TIMELINE, timeline, 0, 0, 0, NO_VALUE);
    dependent = true;
    return this;
  }

  /**
   * Sets a record (a plain key-value pair beside the queues, for metadata and bookkeeping); the
   * newest write wins. It disappears when the engine's time reaches {@code expiresAtMillis}.
   *
   * @param table 0 to {@link #RECORD_TABLES_MAX} - 1: separate key spaces, scanned separately
   * @param expiresAtMillis milliseconds since the epoch, or {@link #NEVER}
   */
  public WriteBatch putRecord(int table, byte[] key, byte[] value, long expiresAtMillis) {
    checkTable(table);
    checkKey(key);
    checkValue(value);
    add(Type.PUT_RECORD, key, 0, expiresAtMillis, table, value);
    return this;
  }

  /** Removes a record; absence is not an error. */
  public WriteBatch deleteRecord(int table, byte[] key) {
    checkTable(table);
    checkKey(key);
    add(Type.DELETE_RECORD, key, 0, 0, table, NO_VALUE);
    return this;
  }

  /** Attaches the owner's opaque configuration bytes, kept until the next ones replace them. */
  public WriteBatch configuration(byte[] bytes) {
    configuration = Objects.requireNonNull(bytes, "configuration");
    return this;
  }

  /** Moves the engine's time forward; smaller values than the present one are ignored. */
  public WriteBatch time(long millis) {
    timeMillis = Math.max(timeMillis, millis);
    return this;
  }

  /** Moves the expiry watermark of queue rows forward; smaller values are ignored. */
  public WriteBatch expireBefore(long millis) {
    expireBeforeMillis = Math.max(expireBeforeMillis, millis);
    return this;
  }

  public LogPosition position() {
    return position;
  }

  private void add(Type type, byte[] key, long id, long time, int tag, byte[] value) {
    if (size == types.length) {
      grow();
    }
    types[size] = type;
    keys[size] = key;
    values[size] = value;
    ids[size] = id;
    millis[size] = time;
    tags[size] = (byte) tag;
    size++;
    payloadBytes += key.length + (long) value.length;
    largestKeyBytes = Math.max(largestKeyBytes, key.length);
  }

  private void grow() {
    int wider = size * 2;
    types = Arrays.copyOf(types, wider);
    keys = Arrays.copyOf(keys, wider);
    values = Arrays.copyOf(values, wider);
    ids = Arrays.copyOf(ids, wider);
    millis = Arrays.copyOf(millis, wider);
    tags = Arrays.copyOf(tags, wider);
  }

  /** Changes in this batch. */
  public int size() {
    return size;
  }

  /** Whether it has an append or a put. */
  public boolean hasRows() {
    return rows > 0;
  }

  /** Whether it has a change whose effect depends on the timeline's last id. */
  public boolean hasDependentChanges() {
    return dependent;
  }

  /** Bytes of all keys and values. */
  public long payloadBytes() {
    return payloadBytes;
  }

  /** Bytes of the largest key, 0 if there is none. */
  public int largestKeyBytes() {
    return largestKeyBytes;
  }

  /** The type of change {@code i}, counted from 0. */
  public Type type(int i) {
    return types[i];
  }

  /** The timeline of change {@code i}, or the key of its record; not copied. */
  public byte[] key(int i) {
    return keys[i];
  }

  /** The value of change {@code i}, empty if its type has none; not copied. */
  public byte[] value(int i) {
    return values[i];
  }

  /** The sequence id of change {@code i}, or the one it trims through. */
  public long sequenceId(int i) {
    return ids[i];
  }

  /** The timestamp of a row, or when a record expires. */
  public long timestampMillis(int i) {
    return millis[i];
  }

  /** The kind of a row, or the table of a record. */
  public int tag(int i) {
    return tags[i];
  }

  /** The changes in order as objects, made when asked for; a view, valid until {@link #clear}. */
  public List<Op> ops() {
    return new AbstractList<>() {
      @Override
      public Op get(int i) {
        return op(java.util.Objects.checkIndex(i, size));
      }

      @Override
      public int size() {
        return size;
      }
    };
  }

  private Op op(int i) {
    return switch (types[i]) {
      case APPEND -> new Op.Append(keys[i], ids[i], millis[i], tags[i], values[i]);
      case PUT -> new Op.Put(keys[i], ids[i], millis[i], tags[i], values[i]);
      case DELETE -> new Op.Delete(keys[i], ids[i]);
      case TRIM -> new Op.Trim(keys[i], ids[i]);
      case DELETE_TIMELINE -> new Op.DeleteTimeline(keys[i]);
      case PUT_RECORD -> new Op.PutRecord(tags[i], keys[i], values[i], millis[i]);
      case DELETE_RECORD -> new Op.DeleteRecord(tags[i], keys[i]);
    };
  }

  /** New configuration bytes, or null if this batch does not change them. */
  public byte @org.jspecify.annotations.Nullable [] configuration() {
    return configuration;
  }

  public long timeMillis() {
    return timeMillis;
  }

  public long expireBeforeMillis() {
    return expireBeforeMillis;
  }

  private static void checkRow(long sequenceId, int kind, byte[] value) {
    checkSequenceId(sequenceId);
    if (kind < 0 || kind > KIND_MAX) {
      throw new IllegalArgumentException("kind " + kind + " is outside 0.." + KIND_MAX);
    }
    checkValue(value);
  }

  private static void checkSequenceId(long sequenceId) {
    if (sequenceId == Long.MAX_VALUE || sequenceId == Long.MIN_VALUE) {
      throw new IllegalArgumentException(
          "sequence id " + sequenceId + " is reserved as the open bound of ranges");
    }
  }

  private static void checkKey(byte[] key) {
    if (key.length == 0 || key.length > KEY_BYTES_MAX) {
      throw new IllegalArgumentException(
          "key of " + key.length + " bytes is outside 1.." + KEY_BYTES_MAX);
    }
  }

  private static void checkValue(byte[] value) {
    if (value.length > VALUE_BYTES_MAX) {
      throw new IllegalArgumentException(
          "value of " + value.length + " bytes exceeds " + VALUE_BYTES_MAX);
    }
  }

  private static void checkTable(int table) {
    if (table < 0 || table >= RECORD_TABLES_MAX) {
      throw new IllegalArgumentException(
          "record table " + table + " is outside 0.." + (RECORD_TABLES_MAX - 1));
    }
  }
}
