package io.tideline.lsm.view;

import io.tideline.lsm.Direction;
import io.tideline.lsm.EngineState;
import io.tideline.lsm.KeyRange;
import io.tideline.lsm.RangeHash;
import io.tideline.lsm.ReadView;
import io.tideline.lsm.RecordCursor;
import io.tideline.lsm.RowCursor;
import io.tideline.lsm.TimelineCursor;
import io.tideline.lsm.TimelineHead;
import io.tideline.lsm.memtable.Memtable;
import io.tideline.lsm.row.GroupSource;
import io.tideline.lsm.row.Heads;
import io.tideline.lsm.row.InternalKey;
import io.tideline.lsm.row.KeyHash;
import io.tideline.lsm.row.MergedGroups;
import io.tideline.lsm.row.RowSource;
import io.tideline.lsm.row.RowType;
import io.tideline.lsm.version.Run;
import io.tideline.lsm.version.Version;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A version, the end of its active memtable at some moment, and the state that goes with it.
 *
 * <p>Lifetime: owns one reference on the version; cursors take their own.
 */
public final class EngineView implements ReadView {

  /** Limit of memtables that nobody writes to any more: everything is visible. */
  public static final int NO_LIMIT = -1;

  private static final VarHandle CLOSED = closedHandle();

  private static VarHandle closedHandle() {
    try {
      return MethodHandles.lookup().findVarHandle(EngineView.class, "closed", boolean.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** What views of one engine share. */
  public record Shared(
      HeadCache heads, long engineNumber, long hashSeed, FilterCounters counters) {}

  private final Version version;
  private final int limit;
  private final EngineState state;
  private final Shared shared;

  /** Changed once, through {@link #CLOSED}. */
  @SuppressWarnings("FieldMayBeFinal")
  private volatile boolean closed;

  /** Takes over one reference on {@code version}. */
  public EngineView(Version version, int limit, EngineState state, Shared shared) {
    this.version = version;
    this.limit = limit;
    this.state = state;
    this.shared = shared;
  }

  @Override
  public EngineState state() {
    return state;
  }

  @Override
  public Optional<TimelineHead> head(byte[] timeline) throws IOException {
    checkOpen();
    TimelineHead head = fullHead(timeline);
    return Heads.hasRows(head) ? Optional.of(head) : Optional.empty();
  }

  /**
   * The head with marks of timelines that never had a row too; {@link Heads#NONE} if nothing is
   * known.
   */
  public TimelineHead fullHead(byte[] timeline) throws IOException {
    long hash = HeadCache.hash(timeline, shared.hashSeed);
    TimelineHead head = shared.heads.flushedHead(shared.engineNumber, version, timeline, hash);
    List<Memtable> immutables = version.immutables();
    for (int i = immutables.size() - 1; i >= 0; i--) {
      head = Heads.merge(immutables.get(i).head(hash, timeline, NO_LIMIT), head);
    }
    return Heads.merge(version.active().head(hash, timeline, limit), head);
  }

  @Override
  public Optional<Long> firstRetainedSequenceId(byte[] timeline) throws IOException {
    checkOpen();
    TimelineHead head = fullHead(timeline);
    if (!Heads.hasRows(head)) {
      return Optional.empty();
    }
    try (RowCursor rows = scan(timeline, Long.MIN_VALUE, Long.MAX_VALUE, Direction.FORWARD)) {
      return Optional.of(rows.next() ? rows.sequenceId() : head.lastSequenceId() + 1);
    }
  }

  @Override
  public RowCursor scan(byte[] timeline, long low, long high, Direction direction)
      throws IOException {
    checkOpen();
    long hash = HeadCache.hash(timeline, shared.hashSeed);
    byte[] internalKey = InternalKey.of(InternalKey.TIMELINES, timeline);
    long trim = trimOf(timeline, internalKey, hash);
    // A trim mark is never Long.MAX_VALUE, so the id after it exists.
    long from = trim == TimelineHead.NOTHING_TRIMMED ? low : Math.max(low, trim + 1);
    retainVersion();
    Layers layers =
        new Layers(
            version,
            limit,
            InternalKey.TIMELINES,
            timeline,
            internalKey,
            hash,
            state.expireBeforeMillis(),
            shared.counters,
            from,
            high,
            generationToSkip(timeline, hash, from, direction));
    return switch (direction) {
      case FORWARD -> new ForwardRows(version, layers, from, high, state.expireBeforeMillis());
      case BACKWARD -> new BackwardRows(version, layers, from, high, state.expireBeforeMillis());
    };
  }

  /** Runs up to this generation surely have nothing for the scan; asked of the head cache only. */
  private long generationToSkip(byte[] timeline, long hash, long from, Direction direction) {
    return direction == Direction.BACKWARD || from == Long.MIN_VALUE
        ? 0
        : shared.heads.generationWithoutRowsFrom(
            from, shared.engineNumber, version, timeline, hash);
  }

  /**
   * The largest trim mark; looks into runs only if one that may hold the timeline has marks at all.
   */
  private long trimOf(byte[] timeline, byte[] internalKey, long hash) throws IOException {
    for (Run run : version.runs()) {
      if (run.hasTrims() && run.rows().mayContain(internalKey, hash)) {
        return fullHead(timeline).trimmedThrough();
      }
    }
    long trim = version.active().head(hash, timeline, limit).trimmedThrough();
    for (Memtable immutable : version.immutables()) {
      trim = Math.max(trim, immutable.head(hash, timeline, NO_LIMIT).trimmedThrough());
    }
    return trim;
  }

  @Override
  public Optional<byte[]> record(int table, byte[] key) throws IOException {
    checkOpen();
    byte[] internalKey = InternalKey.of(table, key);
    Layers layers =
        new Layers(
            version,
            limit,
            table,
            key,
            internalKey,
            KeyHash.of(internalKey, shared.hashSeed),
            Long.MIN_VALUE,
            shared.counters,
            Long.MIN_VALUE,
            Long.MAX_VALUE,
            0);
    for (RowSource rows = layers.next(); rows != null; rows = layers.next()) {
      try (RowSource newest = rows) {
        if (newest.seekGE(0)) {
          return isLive(newest) ? Optional.of(value(newest)) : Optional.empty();
        }
      }
    }
    return Optional.empty();
  }

  boolean isLive(RowSource record) {
    return RowType.type(record.meta()) != RowType.DELETE
        && record.timestampMillis() > state.timeMillis();
  }

  static byte[] value(RowSource row) {
    byte[] value = new byte[row.valueSize()];
    row.copyValue(value, 0);
    return value;
  }

  @Override
  public TimelineCursor timelines(byte @Nullable [] start, byte @Nullable [] end)
      throws IOException {
    checkOpen();
    return new HeadWalk(groups(InternalKey.TIMELINES, start, end));
  }

  @Override
  public RecordCursor records(int table, byte @Nullable [] start, byte @Nullable [] end)
      throws IOException {
    checkOpen();
    return new RecordWalk(groups(table, start, end), this);
  }

  /**
   * Hashes what this view shows of a range; reads past the block cache.
   *
   * @param pace told of the bytes of each group; may wait, and may throw to end it
   */
  public RangeHash hash(KeyRange range, LongConsumer pace) throws IOException {
    checkOpen();
    ContentHash hash = new ContentHash();
    for (int space = 0; space <= InternalKey.TIMELINES; space++) {
      GroupWalk walk = groups(space, range.start(), range.end(), false);
      try {
        for (boolean more = walk.advance(false); more; more = walk.advance(true)) {
          pace.accept(
              space == InternalKey.TIMELINES
                  ? hashTimeline(walk.groups(), hash)
                  : hashRecord(walk.groups(), hash));
        }
      } finally {
        walk.close();
      }
    }
    return hash.result(state);
  }

  private long hashTimeline(GroupSource group, ContentHash hash) throws IOException {
    TimelineHead head = group.head();
    byte[] key = group.key();
    long bytes = key.length;
    if (Heads.hasRows(head)) {
      hash.addHead(key, head);
    }
    for (RowSource rows = group.rows(); rows.isValid(); rows.next()) {
      if (rows.sequenceId() > head.trimmedThrough()
          && RowType.type(rows.meta()) != RowType.DELETE
          && rows.timestampMillis() >= state.expireBeforeMillis()) {
        bytes += hash.addRow(key, rows, RowType.kind(rows.meta()));
      }
    }
    return bytes;
  }

  private long hashRecord(GroupSource group, ContentHash hash) throws IOException {
    RowSource record = group.rows();
    boolean live = record.isValid() && isLive(record);
    return (long) group.key().length + (live ? hash.addRecord(group.key(), record) : 0);
  }

  private GroupWalk groups(int space, byte @Nullable [] start, byte @Nullable [] end) {
    return groups(space, start, end, true);
  }

  private GroupWalk groups(
      int space, byte @Nullable [] start, byte @Nullable [] end, boolean cached) {
    List<GroupSource> sources = new ArrayList<>();
    sources.add(version.active().groups(limit));
    for (Memtable immutable : version.immutables()) {
      sources.add(immutable.groups(NO_LIMIT));
    }
    for (Run run : version.runs()) {
      sources.add(run.rows().groups(cached));
    }
    byte[] from = start == null ? InternalKey.startOf(space) : InternalKey.of(space, start);
    byte[] to = end == null ? InternalKey.startOf(space + 1) : InternalKey.of(space, end);
    retainVersion();
    return new GroupWalk(version, new MergedGroups(sources), from, to);
  }

  /** A walk over the groups of a key range, with a reference on the version. */
  record GroupWalk(Version version, GroupSource groups, byte[] from, byte[] to) {

    /** Moves to the first group, or on. */
    boolean advance(boolean started) throws IOException {
      boolean valid = started ? groups.next() : groups.seek(from);
      return valid && Arrays.compareUnsigned(groups.key(), to) < 0;
    }

    void close() {
      groups.close();
      version.release();
    }
  }

  private void retainVersion() {
    if (!version.tryRetain()) {
      throw new IllegalStateException("the view is closed");
    }
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("the view is closed");
    }
  }

  @Override
  public void close() {
    if (CLOSED.compareAndSet(this, false, true)) {
      version.release();
    }
  }
}
