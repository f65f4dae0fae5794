package io.tideline.lsm.compaction;

import java.util.List;
import java.util.Optional;

/**
 * Chooses which runs to merge. Tiered: a run's tier is the logarithm of its size to the base {@code
 * runsPerTier}; when that many neighbours in age are of one tier or below, they become one run of
 * the next tier. Only neighbours are ever merged, so runs stay ordered by age. Pure.
 */
public final class CompactionPicker {

  /** Above this many runs any neighbours are merged, however unequal: reads pay for every run. */
  public static final int RUNS_SOFT_MAX = 16;

  /**
   * What the picker looks at.
   *
   * @param bytes size of its files
   * @param expired whether it has rows and all of them have expired
   */
  public record Candidate(long bytes, boolean expired) {}

  /** Runs to merge: positions {@code [from, to)} in the list given, newest first. */
  public record Choice(int from, int to) {
    public int count() {
      return to - from;
    }
  }

  private CompactionPicker() {}

  /**
   * Picks from runs ordered newest first.
   *
   * @param unitBytes size of an ordinary flush: what is smaller is tier 0
   */
  public static Optional<Choice> pick(List<Candidate> runs, int runsPerTier, long unitBytes) {
    for (int i = 0; i < runs.size(); i++) {
      if (runs.get(i).expired()) {
        return Optional.of(new Choice(i, i + 1));
      }
    }
    int tierMax = 0;
    for (Candidate run : runs) {
      tierMax = Math.max(tierMax, tier(run.bytes(), runsPerTier, unitBytes));
    }
    for (int tier = 0; tier <= tierMax; tier++) {
      Optional<Choice> choice = oldestStretch(runs, tier, runsPerTier, unitBytes);
      if (choice.isPresent()) {
        return choice;
      }
    }
    return runs.size() > RUNS_SOFT_MAX
        ? Optional.of(smallestWindow(runs, Math.min(runsPerTier, runs.size())))
        : Optional.empty();
  }

  /** The oldest stretch of neighbours up to a tier with enough of exactly that tier in it. */
  private static Optional<Choice> oldestStretch(
      List<Candidate> runs, int tier, int runsPerTier, long unitBytes) {
    int end = runs.size();
    while (end > 0) {
      int from = end;
      int ofTier = 0;
      while (from > 0) {
        int t = tier(runs.get(from - 1).bytes(), runsPerTier, unitBytes);
        if (t > tier || ofTier == runsPerTier) {
          break;
        }
        ofTier += t == tier ? 1 : 0;
        from--;
      }
      if (ofTier == runsPerTier) {
        return Optional.of(new Choice(from, end));
      }
      end = from == end ? end - 1 : from;
    }
    return Optional.empty();
  }

  private static Choice smallestWindow(List<Candidate> runs, int width) {
    int best = 0;
    long bestBytes = Long.MAX_VALUE;
    for (int from = 0; from + width <= runs.size(); from++) {
      long bytes = 0;
      for (int i = from; i < from + width; i++) {
        bytes += runs.get(i).bytes();
      }
      if (bytes < bestBytes) {
        bestBytes = bytes;
        best = from;
      }
    }
    return new Choice(best, best + width);
  }

  static int tier(long bytes, int runsPerTier, long unitBytes) {
    int tier = 0;
    for (long limit = unitBytes * 2; bytes >= limit && tier < Long.SIZE; tier++) {
      limit = limit > Long.MAX_VALUE / runsPerTier ? Long.MAX_VALUE : limit * runsPerTier;
    }
    return tier;
  }
}
