package io.tideline.lsm.compaction;

import io.tideline.lsm.TimelineHead;
import io.tideline.lsm.row.RowType;
import io.tideline.lsm.seeded.SeededBug;

/**
 * What flush and compaction leave out. Depends on the durable state only: what it drops is
 * invisible in any state that can be recovered.
 *
 * @param expireBeforeMillis watermark of timeline rows
 * @param timeMillis engine time, for records
 * @param oldest whether nothing older than the input exists: then tombstones have nothing left to
 *     hide, and every row may be called an append
 * @param dropsRows whether every row of a timeline is known to have expired: heads and records stay
 */
public record Retention(
    long expireBeforeMillis, long timeMillis, boolean oldest, boolean dropsRows) {

  public Retention(long expireBeforeMillis, long timeMillis, boolean oldest) {
    this(expireBeforeMillis, timeMillis, oldest, false);
  }

  /** What becomes of a row. */
  public enum Verdict {
    KEEP,
    DROP,
    /** Keep only a tombstone: the row is dead but may hide an older version of its id. */
    BURY
  }

  /** Of a timeline's row, {@code head} being the merged head of the inputs. */
  public Verdict ofRow(TimelineHead head, long sequenceId, long timestampMillis, int meta) {
    if (sequenceId <= head.trimmedThrough()) {
      return Verdict.DROP; // The trim mark itself is kept and hides what is older too.
    }
    int type = RowType.type(meta);
    if (type == RowType.DELETE) {
      return oldest || SeededBug.TOMBSTONE_DROPPED_EARLY.isPlanted() ? Verdict.DROP : Verdict.KEEP;
    }
    long last = SeededBug.EXPIRY_INCLUSIVE.isPlanted() ? timestampMillis - 1 : timestampMillis;
    if (last >= expireBeforeMillis) {
      return Verdict.KEEP;
    }
    return type == RowType.APPEND || oldest ? Verdict.DROP : Verdict.BURY;
  }

  /** Of a record. */
  public Verdict ofRecord(long expiresAtMillis, int meta) {
    boolean deleted = RowType.type(meta) == RowType.DELETE;
    if (!deleted && expiresAtMillis > timeMillis) {
      return Verdict.KEEP;
    }
    return oldest ? Verdict.DROP : deleted ? Verdict.KEEP : Verdict.BURY;
  }
}
