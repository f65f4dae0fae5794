package io.tideline.lsm;

import java.util.ArrayList;
import java.util.Collections;
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

  /** One change; what each means is told at the method of {@link WriteBatch} that adds it. */
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

  private final List<Op> ops = new ArrayList<>();
  private LogPosition position = LogPosition.START;
  private byte @org.jspecify.annotations.Nullable [] configuration;
  private long timeMillis;
  private long expireBeforeMillis;

  /** Empties the batch and sets the log entry it belongs to. */
  public WriteBatch clear(LogPosition newPosition) {
    ops.clear();
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
    ops.add(new Op.Append(timeline, sequenceId, timestampMillis, kind, value));
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
    ops.add(new Op.Put(timeline, sequenceId, timestampMillis, kind, value));
    return this;
  }

  /**
   * Removes one row; its id stays used. Removing an absent row, or one above the head's last id,
   * does nothing.
   */
  public WriteBatch delete(byte[] timeline, long sequenceId) {
    checkKey(timeline);
    checkSequenceId(sequenceId);
    ops.add(new Op.Delete(timeline, sequenceId));
    return this;
  }

  /**
   * Removes all rows with ids up to and including {@code throughSequenceId}, in O(1); rows written
   * there later do not show either. The mark may lie above the last id; it never moves back.
   */
  public WriteBatch trim(byte[] timeline, long throughSequenceId) {
    checkKey(timeline);
    checkSequenceId(throughSequenceId);
    ops.add(new Op.Trim(timeline, throughSequenceId));
    return this;
  }

  /**
   * Removes all rows up to the head's last id and raises the head's epoch by one; the head and its
   * last id stay. Records are separate: the caller deletes those it wants gone.
   */
  public WriteBatch deleteTimeline(byte[] timeline) {
    checkKey(timeline);
    ops.add(new Op.DeleteTimeline(timeline));
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
    ops.add(new Op.PutRecord(table, key, value, expiresAtMillis));
    return this;
  }

  /** Removes a record; absence is not an error. */
  public WriteBatch deleteRecord(int table, byte[] key) {
    checkTable(table);
    checkKey(key);
    ops.add(new Op.DeleteRecord(table, key));
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

  /** The changes in order; a view, valid until {@link #clear}. */
  public List<Op> ops() {
    return Collections.unmodifiableList(ops);
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
