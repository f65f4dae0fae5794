package io.tideline.lsm;

/**
 * The summary of one timeline, which outlives its rows: expiry and trimming remove rows, never the
 * head, so numbering continues where it stopped.
 *
 * @param lastSequenceId largest sequence id ever appended
 * @param trimmedThrough rows with ids up to and including this one are removed; {@link
 *     #NOTHING_TRIMMED} if none
 * @param appendedCount rows ever appended (updates, tombstones and expiry do not change it)
 * @param epoch how many times the timeline was deleted
 * @param lastAppendMillis timestamp of the newest append, milliseconds since the epoch
 */
public record TimelineHead(
    long lastSequenceId,
    long trimmedThrough,
    long appendedCount,
    long epoch,
    long lastAppendMillis) {

  /** Value of {@link #trimmedThrough} while nothing was trimmed. */
  public static final long NOTHING_TRIMMED = Long.MIN_VALUE;
}
