package io.tideline.server.command;

import io.tideline.lsm.Direction;
import io.tideline.lsm.LogPosition;
import io.tideline.lsm.ReadView;
import io.tideline.lsm.RecordCursor;
import io.tideline.lsm.RowCursor;
import io.tideline.lsm.TimelineHead;
import io.tideline.lsm.WriteBatch;
import io.tideline.manager.SequenceMode;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The state as the commands of one log entry see it: the engine's content before the entry,
 * overlaid with what earlier commands of the same entry did. Maps are only looked up, never walked.
 */
final class ApplyContext implements AutoCloseable {

  /** What commands need of a timeline's head. */
  record Head(boolean exists, long lastSequenceId, long trimmedThrough, long epoch) {

    static final Head NONE = new Head(false, 0, TimelineHead.NOTHING_TRIMMED, 0);

    Head withLast(long sequenceId) {
      return new Head(
          true, exists ? Math.max(lastSequenceId, sequenceId) : sequenceId, trimmedThrough, epoch);
    }

    /** After the timeline was deleted: nothing up to its last id is left. */
    Head withoutRows() {
      return exists
          ? new Head(true, lastSequenceId, Math.max(trimmedThrough, lastSequenceId), epoch + 1)
          : this;
    }

    Head withTrim(long through) {
      return new Head(exists, lastSequenceId, Math.max(trimmedThrough, through), epoch);
    }
  }

  /** A readable row. */
  record Row(long timestampMillis, int kind, byte[] value) {}

  private record RowKey(ByteKey timeline, long sequenceId) {}

  final LogPosition position;
  final long now;
  final WriteBatch out;

  /** The state before the entry. */
  final ReadView view;

  private final Map<ByteKey, Head> heads = new HashMap<>();
  private final Map<ByteKey, DedupRecord> dedups = new HashMap<>();
  private final Map<ByteKey, Optional<MetaRecord>> metas = new HashMap<>();
  private final Map<ByteKey, CursorRecord> cursors = new HashMap<>();

  /**
   * The last change in {@link #out} of each row that has one, as far as {@link #rowChangesEnd}.
   * Filled when a command asks for a row: appends alone need no such map.
   */
  private final Map<RowKey, Integer> rowChanges = new HashMap<>();

  private int rowChangesEnd;
  private @Nullable PartitionState state;
  private int ordinal;

  ApplyContext(
      LogPosition position,
      long now,
      ReadView view,
      WriteBatch out,
      @Nullable PartitionState state) {
    this.position = position;
    this.now = now;
    this.view = view;
    this.out = out;
    this.state = state;
  }

  /** Moves on to the command at {@code index} of the entry. */
  void startCommand(int index) {
    ordinal = index;
  }

  /** A number that rises over all commands of the log; at least 1. */
  long commandNumber() {
    long index = position.index();
    if (index > Long.MAX_VALUE >>> CommandBatch.ORDINAL_BITS) {
      throw new IllegalStateException("log index " + index + " leaves no room for command numbers");
    }
    return (index << CommandBatch.ORDINAL_BITS) | ordinal;
  }

  @Nullable PartitionState stateOrNull() {
    return state;
  }

  PartitionState state() {
    PartitionState present = state;
    if (present == null) {
      throw new IllegalStateException(
          "log entry " + position.index() + " came before the partition got its options");
    }
    return present;
  }

  void setState(PartitionState newState) {
    state = newState;
    out.putRecord(
        RecordTables.PARTITION, PartitionState.RECORD_KEY, newState.encode(), WriteBatch.NEVER);
  }

  Head head(byte[] timeline) throws IOException {
    ByteKey key = new ByteKey(timeline);
    Head head = heads.get(key);
    if (head == null) {
      head =
          view.head(timeline)
              .map(h -> new Head(true, h.lastSequenceId(), h.trimmedThrough(), h.epoch()))
              .orElse(Head.NONE);
      heads.put(key, head);
    }
    return head;
  }

  void setHead(byte[] timeline, Head head) {
    heads.put(new ByteKey(timeline), head);
  }

  /**
   * Adds a row at the end of a timeline whose store gives ids.
   *
   * @return the id given to it
   */
  long append(byte[] timeline, int kind, byte[] value) throws IOException {
    Head head = head(timeline);
    long last = head.lastSequenceId();
    long sequenceId =
        state().options().sequenceMode() == SequenceMode.DENSE ? last + 1 : commandNumber();
    if (sequenceId <= last) {
      throw new IllegalStateException(
          "sequence id " + sequenceId + " is not above the last, " + last);
    }
    out.append(timeline, sequenceId, now, kind, value);
    setHead(timeline, head.withLast(sequenceId));
    return sequenceId;
  }

  /** The first result of a message key, null if it is not remembered at {@link #now}. */
  @Nullable DedupRecord dedup(byte[] dedupKey) throws IOException {
    DedupRecord known = dedups.get(new ByteKey(dedupKey));
    if (known == null) {
      Optional<byte[]> stored = view.record(RecordTables.DEDUP, dedupKey);
      known = stored.isPresent() ? DedupRecord.decode(stored.get()) : null;
    }
    return known != null && now < known.expiresAtMillis() ? known : null;
  }

  void putDedup(byte[] dedupKey, DedupRecord dedup) {
    dedups.put(new ByteKey(dedupKey), dedup);
    out.putRecord(RecordTables.DEDUP, dedupKey, dedup.encode(), dedup.expiresAtMillis());
  }

  @Nullable MetaRecord meta(byte[] timeline) throws IOException {
    Optional<MetaRecord> overlaid = metas.get(new ByteKey(timeline));
    if (overlaid != null) {
      return overlaid.orElse(null);
    }
    return view.record(RecordTables.META, timeline).map(MetaRecord::decode).orElse(null);
  }

  void putMeta(byte[] timeline, MetaRecord meta) {
    metas.put(new ByteKey(timeline), Optional.of(meta));
    out.putRecord(RecordTables.META, timeline, meta.encode(), WriteBatch.NEVER);
  }

  void deleteMeta(byte[] timeline) {
    metas.put(new ByteKey(timeline), Optional.empty());
    out.deleteRecord(RecordTables.META, timeline);
  }

  /**
   * A cursor, null if there is none. One of an earlier epoch of its timeline is for the caller to
   * disregard.
   */
  @Nullable CursorRecord cursor(byte[] key) throws IOException {
    CursorRecord known = cursors.get(new ByteKey(key));
    if (known != null) {
      return known;
    }
    Optional<byte[]> stored = view.record(RecordTables.CURSOR, key);
    return stored.isPresent() ? CursorRecord.decode(stored.get()) : null;
  }

  void putCursor(byte[] key, CursorRecord cursor) {
    cursors.put(new ByteKey(key), cursor);
    out.putRecord(RecordTables.CURSOR, key, cursor.encode(), WriteBatch.NEVER);
  }

  /** Cursors from the first of a timeline on, as they were before this entry. */
  RecordCursor cursors(byte[] timeline) throws IOException {
    return view.records(RecordTables.CURSOR, timeline, null);
  }

  void deleteCursor(byte[] key) {
    out.deleteRecord(RecordTables.CURSOR, key);
  }

  /** Whether a row that is neither deleted, expired nor trimmed has this id. */
  boolean rowExists(byte[] timeline, long sequenceId) throws IOException {
    Integer change = rowChange(timeline, sequenceId);
    if (change != null) {
      return out.type(change) != WriteBatch.Type.DELETE && isAlive(out.timestampMillis(change));
    }
    try (RowCursor row = view.scan(timeline, sequenceId, sequenceId + 1, Direction.FORWARD)) {
      return row.next() && isAlive(row.timestampMillis());
    }
  }

  /** The row of this id, null if it is deleted, expired, trimmed, or never was. */
  @Nullable Row row(byte[] timeline, long sequenceId) throws IOException {
    if (sequenceId <= head(timeline).trimmedThrough()) {
      return null;
    }
    Integer change = rowChange(timeline, sequenceId);
    if (change != null) {
      return out.type(change) != WriteBatch.Type.DELETE && isAlive(out.timestampMillis(change))
          ? new Row(out.timestampMillis(change), out.tag(change), out.value(change))
          : null;
    }
    try (RowCursor row = view.scan(timeline, sequenceId, sequenceId + 1, Direction.FORWARD)) {
      return row.next() && isAlive(row.timestampMillis())
          ? new Row(row.timestampMillis(), row.kind(), row.value())
          : null;
    }
  }

  private boolean isAlive(long timestampMillis) {
    return timestampMillis >= state().expireBeforeMillis(now);
  }

  /** Place in {@link #out} of the last change of a row, null if this entry has not changed it. */
  private @Nullable Integer rowChange(byte[] timeline, long sequenceId) {
    for (; rowChangesEnd < out.size(); rowChangesEnd++) {
      switch (out.type(rowChangesEnd)) {
        case APPEND, PUT, DELETE ->
            rowChanges.put(
                new RowKey(new ByteKey(out.key(rowChangesEnd)), out.sequenceId(rowChangesEnd)),
                rowChangesEnd);
        case TRIM, DELETE_TIMELINE, PUT_RECORD, DELETE_RECORD -> {}
      }
    }
    return rowChanges.get(new RowKey(new ByteKey(timeline), sequenceId));
  }

  @Override
  public void close() {
    view.close();
  }
}
