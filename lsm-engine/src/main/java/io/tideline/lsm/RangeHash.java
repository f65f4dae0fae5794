package io.tideline.lsm;

/**
 * A hash of what a range of keys holds, for comparing replicas. It depends on the content that
 * reads show at a state and on nothing else: not on flushes, compactions, splits, options or what
 * has expired but is still on the disk. Equal states with equal hashes have, for all practical
 * purposes, equal content; it is no protection against someone who wants to deceive.
 *
 * <p>Content is: the head of each timeline; id, time, kind and value of each visible row; key,
 * value and expiry of each live record. Every item is hashed for itself and the hashes are added
 * up, so the hash of a range is the {@linkplain #plus sum} of those of its parts.
 *
 * @param state what was hashed: hashes of different states tell nothing
 * @param high upper 64 bits of the sum
 * @param low lower 64 bits
 * @param timelines timelines that ever had a row
 * @param rows visible rows
 * @param records live records
 */
public record RangeHash(
    EngineState state, long high, long low, long timelines, long rows, long records) {

  /** The hash of this range and a neighbour of the same state together. */
  public RangeHash plus(RangeHash other) {
    return new RangeHash(
        state,
        high + other.high,
        low + other.low,
        timelines + other.timelines,
        rows + other.rows,
        records + other.records);
  }

  /** Whether both found the same content. */
  public boolean sameContent(RangeHash other) {
    return high == other.high
        && low == other.low
        && timelines == other.timelines
        && rows == other.rows
        && records == other.records;
  }
}
