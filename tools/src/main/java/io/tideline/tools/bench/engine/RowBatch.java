package io.tideline.tools.bench.engine;

/** Rows applied together. Reused: nothing in it may be kept after it was applied. */
final class RowBatch {
  /** Rows of a full batch: about what one log entry of a busy partition carries. */
  static final int ROWS = 128;

  /** Any day will do; it must be later than the epoch by more than a round's span. */
  private static final long START_MILLIS = 1_767_603_600_000L;

  final byte[][] timelines = new byte[ROWS][TimelineKeys.BYTES];
  final long[] sequenceIds = new long[ROWS];
  final byte[][] values = new byte[ROWS][];

  /** Rows in it. */
  int count;

  /** Number of the batch, from 1. */
  long number;

  /** Timestamp of its rows, milliseconds since the epoch. */
  long timeMillis;

  /** Rows with smaller timestamps are expired; 0 if none are. */
  long expireBeforeMillis;

  private final RowPlan plan;
  private final Values source;
  private final byte[][] scratch;
  private final StoreShape shape;

  RowBatch(RowPlan plan, Values source, StoreShape shape) {
    this.plan = plan;
    this.source = source;
    this.shape = shape;
    scratch = new byte[ROWS][source.scratchBytes()];
  }

  /** Fills it with rows {@code [from, to)}, at most {@link #ROWS}. Returns their raw bytes. */
  long fill(int from, int to) {
    count = to - from;
    number++;
    long raw = (long) count * TimelineKeys.ROW_KEY_BYTES;
    for (int i = 0; i < count; i++) {
      int row = from + i;
      TimelineKeys.write(plan.timeline(row), timelines[i]);
      sequenceIds[i] = plan.sequenceId(row);
      byte[] value = source.value(row, scratch[i]);
      values[i] = value;
      raw += value.length;
    }
    timeMillis = timeMillis(from);
    expireBeforeMillis = shape == StoreShape.SHORT_TTL ? timeMillis - StoreShape.TTL_MILLIS : 0;
    return raw;
  }

  private long timeMillis(int row) {
    return START_MILLIS + (long) ((double) row / plan.rows() * StoreShape.SPAN_MILLIS);
  }
}
