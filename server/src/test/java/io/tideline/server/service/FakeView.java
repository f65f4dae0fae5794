package io.tideline.server.service;

import io.tideline.lsm.Direction;
import io.tideline.lsm.EngineState;
import io.tideline.lsm.LogPosition;
import io.tideline.lsm.ReadView;
import io.tideline.lsm.RecordCursor;
import io.tideline.lsm.RowCursor;
import io.tideline.lsm.TimelineCursor;
import io.tideline.lsm.TimelineHead;
import io.tideline.proto.v1.Message;
import java.util.Iterator;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** One timeline in memory, whatever the key: what remains of the entries it was given. */
final class FakeView implements ReadView {

  /** Rows have this time unless they were given another: their id times this. */
  static final long MILLIS_PER_ID = 10;

  private final NavigableMap<Long, byte[]> rows = new TreeMap<>();
  private final long expireBeforeMillis;
  private long lastId;
  private long trimmedThrough = TimelineHead.NOTHING_TRIMMED;
  private long appended;

  /**
   * @param expireBeforeMillis the expiry watermark; rows before it do not show
   */
  FakeView(long expireBeforeMillis) {
    this.expireBeforeMillis = expireBeforeMillis;
  }

  FakeView append(long id, Message message) {
    appended++;
    lastId = Math.max(lastId, id);
    if (id * MILLIS_PER_ID >= expireBeforeMillis) {
      rows.put(id, StoredEntry.ofMessage(message));
    }
    return this;
  }

  FakeView trim(long through) {
    trimmedThrough = through;
    rows.headMap(through, true).clear();
    return this;
  }

  @Override
  public EngineState state() {
    return new EngineState(new LogPosition(1, 1), new byte[0], 0, expireBeforeMillis);
  }

  @Override
  public Optional<TimelineHead> head(byte[] timeline) {
    return appended == 0
        ? Optional.empty()
        : Optional.of(
            new TimelineHead(lastId, trimmedThrough, appended, 0, lastId * MILLIS_PER_ID));
  }

  @Override
  public Optional<Long> firstRetainedSequenceId(byte[] timeline) {
    if (appended == 0) {
      return Optional.empty();
    }
    return Optional.of(rows.isEmpty() ? lastId + 1 : rows.firstKey());
  }

  @Override
  public RowCursor scan(byte[] timeline, long low, long high, Direction direction) {
    NavigableMap<Long, byte[]> range =
        low < high ? rows.subMap(low, true, high, false) : new TreeMap<>();
    NavigableMap<Long, byte[]> ordered =
        direction == Direction.FORWARD ? range : range.descendingMap();
    return new Rows(ordered.entrySet().iterator());
  }

  @Override
  public Optional<byte[]> record(int table, byte[] key) {
    return Optional.empty();
  }

  @Override
  public TimelineCursor timelines(byte @Nullable [] start, byte @Nullable [] end) {
    throw new UnsupportedOperationException("one timeline only");
  }

  @Override
  public RecordCursor records(int table, byte @Nullable [] start, byte @Nullable [] end) {
    throw new UnsupportedOperationException("no records");
  }

  @Override
  public void close() {}

  /** Walks entries of the map. */
  private static final class Rows implements RowCursor {
    private final Iterator<Map.Entry<Long, byte[]>> entries;
    private Map.@Nullable Entry<Long, byte[]> current;

    Rows(Iterator<Map.Entry<Long, byte[]>> entries) {
      this.entries = entries;
    }

    @Override
    public boolean next() {
      current = entries.hasNext() ? entries.next() : null;
      return current != null;
    }

    private Map.Entry<Long, byte[]> current() {
      if (current == null) {
        throw new IllegalStateException("not on a row");
      }
      return current;
    }

    @Override
    public long sequenceId() {
      return current().getKey();
    }

    @Override
    public long timestampMillis() {
      return sequenceId() * MILLIS_PER_ID;
    }

    @Override
    public int kind() {
      return StoredEntry.KIND_MESSAGE;
    }

    @Override
    public int valueSize() {
      return current().getValue().length;
    }

    @Override
    public void copyValue(byte[] dst, int offset) {
      System.arraycopy(current().getValue(), 0, dst, offset, valueSize());
    }

    @Override
    public void close() {}
  }
}
