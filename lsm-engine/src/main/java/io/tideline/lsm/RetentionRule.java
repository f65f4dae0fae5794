package io.tideline.lsm;

import java.io.IOException;
import java.util.Map;
import java.util.NavigableMap;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the newest rows of a timeline, by number, by bytes, or both: the stricter wins.
 *
 * <p>What readers see must be the same on every replica and after every restart. So a rule is not
 * applied behind the log's back: the owner, while it applies an entry that appends, asks {@link
 * #isDue} and then {@link #trimThrough} of a view of what was applied before, and puts the answer
 * into the same batch as {@link WriteBatch#trim}. Both answers depend on nothing but the applied
 * state. The trim mark is what readers see; compaction frees the disk later.
 *
 * <p>A look reads all that is kept. So the rule is looked at only after an eighth of it was written
 * again: a row written costs about eight rows read, however much is kept, and up to an eighth more
 * than asked for may show.
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

  /**
   * What the batch that will carry the trim does to the timeline besides.
   *
   * @param rows bytes of the value of each row it writes, by id; {@link #DELETED} for one it
   *     deletes
   * @param trimmedThrough ids up to here are trimmed already; {@link TimelineHead#NOTHING_TRIMMED}
   * @param expireBeforeMillis rows of the view older than this are expired; 0 if none are
   */
  public record Pending(
      NavigableMap<Long, Integer> rows, long trimmedThrough, long expireBeforeMillis) {

    /** Stands for the bytes of a row that is deleted. */
    public static final int DELETED = -1;

    /** Nothing besides. */
    public static final Pending NONE =
        new Pending(new TreeMap<>(), TimelineHead.NOTHING_TRIMMED, 0);
  }

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

  /** Whether to look at the rule, given what was written since the last look. */
  public boolean isDue(long rowsSince, long valueBytesSince) {
    return isReached(rowsSince, rows) || isReached(valueBytesSince, valueBytes);
  }

  private static boolean isReached(long since, long limit) {
    return limit != UNLIMITED && since >= Math.max(1, limit / SLACK_SHARE);
  }

  /** The largest id that is to go, of a batch that does nothing besides; empty if all may stay. */
  public OptionalLong trimThrough(ReadView view, byte[] timeline) throws IOException {
    return look(view, timeline, Pending.NONE).trimThrough();
  }

  /**
   * What a look at the rule finds.
   *
   * @param trimThrough the largest id that is to go; empty if all rows may stay
   * @param valueBytes of the rows that stay; above the limit only if one row alone is
   */
  public record Look(OptionalLong trimThrough, long valueBytes) {}

  /**
   * Counts what may stay, by reading it, newest first.
   *
   * @param view of what was applied before the batch that will carry the trim
   * @param pending what the batch does besides
   */
  public Look look(ReadView view, byte[] timeline, Pending pending) throws IOException {
    Kept kept = new Kept();
    Map.@Nullable Entry<Long, Integer> written = pending.rows().lastEntry();
    try (RowCursor cursor =
        view.scan(timeline, Long.MIN_VALUE, Long.MAX_VALUE, Direction.BACKWARD)) {
      boolean more = cursor.next();
      while (more || written != null) {
        long id;
        int bytes;
        if (written != null && (!more || written.getKey() >= cursor.sequenceId())) {
          id = written.getKey();
          bytes = written.getValue();
          // A row that the batch writes again or deletes is no longer what the view shows.
          more = more && (cursor.sequenceId() != id || cursor.next());
          written = pending.rows().lowerEntry(id);
        } else {
          id = cursor.sequenceId();
          bytes =
              cursor.timestampMillis() < pending.expireBeforeMillis()
                  ? Pending.DELETED
                  : cursor.valueSize();
          more = cursor.next();
        }
        if (id <= pending.trimmedThrough()) {
          return new Look(OptionalLong.empty(), kept.bytes);
        }
        if (bytes != Pending.DELETED && !kept.takes(bytes)) {
          return new Look(OptionalLong.of(id), kept.bytes);
        }
      }
    }
    return new Look(OptionalLong.empty(), kept.bytes);
  }

  /** Rows counted from the newest. */
  private final class Kept {
    private long count;
    private long bytes;

    /** Whether one row more may stay. */
    boolean takes(int valueSize) {
      if (count == rows || (count > 0 && bytes + valueSize > valueBytes)) {
        return false;
      }
      count++;
      bytes += valueSize;
      return true;
    }
  }
}
