package io.tideline.lsm.row;

import io.tideline.lsm.TimelineHead;
import io.tideline.lsm.seeded.SeededBug;

/**
 * Heads are kept as one share per layer and added up when read: ids and marks by maximum, counts by
 * sum. So an append needs no read of older layers, and compaction only adds the shares of its
 * inputs.
 */
public final class Heads {

  /** Last id of a layer that appended nothing to the timeline. */
  public static final long NO_ID = Long.MIN_VALUE;

  /** The share of a layer that knows nothing of a timeline; neutral in {@link #merge}. */
  public static final TimelineHead NONE =
      new TimelineHead(NO_ID, TimelineHead.NOTHING_TRIMMED, 0, 0, 0);

  private Heads() {}

  /** Adds the share of a newer layer to that of all older ones. */
  public static TimelineHead merge(TimelineHead newer, TimelineHead older) {
    if (isNone(older)) {
      return newer;
    }
    if (isNone(newer)) {
      return older;
    }
    TimelineHead last = newer.lastSequenceId() >= older.lastSequenceId() ? newer : older;
    return new TimelineHead(
        last.lastSequenceId(),
        SeededBug.TRIM_LOST_IN_MERGE.isPlanted()
            ? newer.trimmedThrough()
            : Math.max(newer.trimmedThrough(), older.trimmedThrough()),
        newer.appendedCount() + older.appendedCount(),
        newer.epoch() + older.epoch(),
        last.lastAppendMillis());
  }

  /** Whether the timeline ever had a row. */
  public static boolean hasRows(TimelineHead head) {
    return head.lastSequenceId() != NO_ID;
  }

  /** Whether the head says nothing at all. */
  public static boolean isNone(TimelineHead head) {
    return head.equals(NONE);
  }
}
