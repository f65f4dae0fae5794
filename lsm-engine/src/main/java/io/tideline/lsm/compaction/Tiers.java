package io.tideline.lsm.compaction;

import java.util.List;

/**
 * Sizes in steps: a run's tier is the logarithm of its size to the base {@code runsPerTier}. Pure.
 */
final class Tiers {

  /** Positions {@code [from, to)} in a list of runs, newest first. */
  record Stretch(int from, int to) {
    static final Stretch NONE = new Stretch(0, 0);

    int count() {
      return to - from;
    }

    boolean isEmpty() {
      return from == to;
    }
  }

  private final int runsPerTier;
  private final long unitBytes;

  /**
   * @param unitBytes size of an ordinary flush: what is smaller is tier 0
   */
  Tiers(int runsPerTier, long unitBytes) {
    this.runsPerTier = runsPerTier;
    this.unitBytes = unitBytes;
  }

  int tier(long bytes) {
    int tier = 0;
    for (long limit = unitBytes * 2; bytes >= limit && tier < Long.SIZE; tier++) {
      limit = limit > Long.MAX_VALUE / runsPerTier ? Long.MAX_VALUE : limit * runsPerTier;
    }
    return tier;
  }

  /**
   * The runs of the lowest tier, up to {@code tierMax}, that has {@code runsPerTier} neighbours.
   */
  Stretch due(List<Long> bytes, int tierMax) {
    for (int tier = 0; tier <= tierMax; tier++) {
      Stretch stretch = oldestStretch(bytes, tier);
      if (!stretch.isEmpty()) {
        return stretch;
      }
    }
    return Stretch.NONE;
  }

  int highest(List<Long> bytes) {
    return bytes.stream().mapToInt(this::tier).max().orElse(0);
  }

  /** The oldest stretch of neighbours up to a tier with enough of exactly that tier in it. */
  private Stretch oldestStretch(List<Long> bytes, int tier) {
    int end = bytes.size();
    while (end > 0) {
      int from = end;
      int ofTier = 0;
      while (from > 0) {
        int t = tier(bytes.get(from - 1));
        if (t > tier || ofTier == runsPerTier) {
          break;
        }
        ofTier += t == tier ? 1 : 0;
        from--;
      }
      if (ofTier == runsPerTier) {
        return new Stretch(from, end);
      }
      end = from == end ? end - 1 : from;
    }
    return Stretch.NONE;
  }

  /** The {@code width} neighbours that are smallest together. */
  static Stretch smallest(List<Long> bytes, int width) {
    int best = 0;
    long bestBytes = Long.MAX_VALUE;
    for (int from = 0; from + width <= bytes.size(); from++) {
      long sum = 0;
      for (int i = from; i < from + width; i++) {
        sum += bytes.get(i);
      }
      if (sum < bestBytes) {
        bestBytes = sum;
        best = from;
      }
    }
    return new Stretch(best, best + width);
  }
}
