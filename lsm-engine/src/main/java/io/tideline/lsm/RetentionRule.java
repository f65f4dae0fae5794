package io.tideline.lsm;

import java.io.IOException;
import java.util.OptionalLong;

/**
 * Keeps the newest rows of a timeline, by number, by bytes, or both: the stricter wins.
 *
 * <p>What readers see must be the same on every replica and after every restart. So a rule is not
 * applied behind the log's back: the owner, while it applies an entry that appends, asks {@link
 * #isDue} and then {@link #trimThrough} of a view of what was applied before, and puts the answer
 * into the same batch as {@link WriteBatch#trim}. Both answers depend on nothing but the applied
 * state. The trim mark is what readers see; compaction frees the disk later.
 *
 * <p>The rule is looked at every so many appends only, so up to {@link #slackRows} rows more than
 * asked for may show.
 *
 * @param rows rows to keep; {@link #UNLIMITED} for any number
 * @param valueBytes bytes of values to keep; {@link #UNLIMITED} for any number. The newest row
 *     stays even if it alone is larger
 */
public record RetentionRule(long rows, long valueBytes) {

  /** No limit. */
  public static final long UNLIMITED = Long.MAX_VALUE;

  /** Share of the rule that may be exceeded; a look reads what is kept, so this bounds its cost. */
  private static final int SLACK_SHARE = 8;

  /** Size of a usual value, to tell rows from bytes. */
  private static final long USUAL_VALUE_BYTES = 1 << 10;

  private static final long SLACK_ROWS_MIN = 16;
  private static final long SLACK_ROWS_MAX = 4096;

  public RetentionRule {
    if (rows < 1 || valueBytes < 1) {
      throw new IllegalArgumentException(
          "retention of " + rows + " rows and " + valueBytes + " bytes; both must be positive");
    }
  }

  /** Whether it limits anything. */
  public boolean isLimited() {
    return rows != UNLIMITED || valueBytes != UNLIMITED;
  }

  /** Rows after which the rule is looked at again: an eighth of what is kept, 16 to 4096. */
  public long slackRows() {
    long kept = Math.min(rows, valueBytes / USUAL_VALUE_BYTES);
    return Math.clamp(kept / SLACK_SHARE, SLACK_ROWS_MIN, SLACK_ROWS_MAX);
  }

  /**
   * Whether to look at the rule, given {@link TimelineHead#appendedCount} before and after a batch.
   */
  public boolean isDue(long appendedBefore, long appendedAfter) {
    return isLimited() && appendedBefore / slackRows() != appendedAfter / slackRows();
  }

  /**
   * The largest id that is to go; empty if all rows may stay. Reads the rows that stay, newest
   * first.
   *
   * @param view of what was applied before the batch that will carry the trim
   */
  public OptionalLong trimThrough(ReadView view, byte[] timeline) throws IOException {
    long count = 0;
    long bytes = 0;
    try (RowCursor cursor =
        view.scan(timeline, Long.MIN_VALUE, Long.MAX_VALUE, Direction.BACKWARD)) {
      while (cursor.next()) {
        count++;
        bytes += cursor.valueSize();
        if (count > rows || (bytes > valueBytes && count > 1)) {
          return OptionalLong.of(cursor.sequenceId());
        }
      }
    }
    return OptionalLong.empty();
  }
}
