package io.tideline.lsm.compaction;

import io.tideline.lsm.CompactionScheme;
import io.tideline.lsm.compaction.Tiers.Stretch;
import io.tideline.lsm.seeded.SeededBug;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Chooses what to compact next. Only neighbours in age are ever merged, so runs stay ordered by
 * age. Pure: a function of sizes and times.
 *
 * <p>Both kinds of {@link CompactionScheme} gather runs by size: when {@code runsPerTier}
 * neighbours are of one tier, they become one run of the next. With {@code SHORT_TTL} that stops at
 * the border of a time window, and a window that has closed is merged once more; the newest row of
 * a run says which window it belongs to. With {@code LONG_LIVED} the gathered runs are folded into
 * the last run when together they are as large as it: each fold doubles it, so a row is rewritten
 * by folds about twice, however large the last run becomes.
 */
public final class CompactionPicker {

  /** Above this many runs any neighbours are merged, however unequal: reads pay for every run. */
  public static final int RUNS_SOFT_MAX = 16;

  /** Runs across all windows; only then are windows merged with each other. */
  private static final int WINDOWED_RUNS_MAX = 96;

  /**
   * If all but one in so many bytes of a closed window were merged before, its oldest run stays.
   */
  private static final int MERGED_ONCE_SHARE = 8;

  /** Runs of this tier are large enough to stay as they are in a closed window. */
  private static final int WINDOW_TIER_FULL = 2;

  /** Residues are small and outlive many windows: a few are allowed before they are merged. */
  private static final int RESIDUES_PER_TIER = 4;

  private static final int RESIDUES_MAX = 8;

  /** Size of a residue that is not worth looking at, as a share of a flush. */
  private static final int RESIDUE_UNIT_SHARE = 64;

  /** What a plan does with its runs. */
  public enum Work {
    /** Makes one run of several. */
    MERGE,
    /** All rows have expired: leaves heads and records, reads no row. */
    DROP_ROWS,
    /** Rewrites files of which half or more has expired. */
    RECLAIM,
    /** Rewrites files in the style for data that rests. */
    COOL,
    /** Rewrites everything as one run; asked for by an operator. */
    ALL
  }

  /** What goes first when several engines share the threads, most urgent first. */
  public enum Urgency {
    TOO_MANY_RUNS,
    MERGE,
    SPACE,
    COLD
  }

  /**
   * What the picker looks at.
   *
   * @param bytes size of its files
   * @param newestMillis largest timestamp of a row, {@code Long.MIN_VALUE} if it has no row
   * @param reclaimable whether some file of it has mostly expired
   * @param coolable whether some file of it rests and is not in that style yet
   */
  public record Candidate(long bytes, long newestMillis, boolean reclaimable, boolean coolable) {
    /** Whether it holds only heads and records. */
    boolean isResidue() {
      return newestMillis == Long.MIN_VALUE;
    }
  }

  /**
   * What time it is, by the durable state.
   *
   * @param timeMillis the engine's time
   * @param expireBeforeMillis the watermark
   */
  public record Clock(long timeMillis, long expireBeforeMillis) {}

  /** Runs to work on: positions {@code [from, to)} in the list given, newest first. */
  public record Choice(int from, int to, Work work, Urgency urgency) {
    public int count() {
      return to - from;
    }
  }

  private final CompactionScheme scheme;
  private final int runsPerTier;
  private final Tiers tiers;
  private final Tiers residueTiers;

  /**
   * @param unitBytes size of an ordinary flush: what is smaller is tier 0
   */
  public CompactionPicker(CompactionScheme scheme, int runsPerTier, long unitBytes) {
    this.scheme = scheme;
    this.runsPerTier = runsPerTier;
    tiers = new Tiers(runsPerTier, unitBytes);
    residueTiers = new Tiers(RESIDUES_PER_TIER, Math.max(1, unitBytes / RESIDUE_UNIT_SHARE));
  }

  /** Picks from runs ordered newest first. */
  public Optional<Choice> pick(List<Candidate> runs, Clock clock) {
    Choice choice =
        switch (scheme.kind()) {
          case SHORT_TTL -> pickInWindows(runs, clock);
          case LONG_LIVED -> pickBySize(runs, clock);
        };
    return Optional.ofNullable(choice.count() == 0 ? null : choice);
  }

  /**
   * Runs that compaction should have merged already or will: the figure that back-pressure looks
   * at. Closed windows and residues, which are meant to stay, do not count.
   */
  public int waitingRuns(List<Candidate> runs, Clock clock) {
    if (scheme.kind() == CompactionScheme.Kind.LONG_LIVED) {
      return runs.size();
    }
    int end = oldestWithRows(runs) + 1;
    int waiting = 0;
    for (Stretch window : windows(runs.subList(0, end))) {
      List<Candidate> inside = runs.subList(window.from(), window.to());
      waiting +=
          window(runs, window.to() - 1) < openWindow(clock)
              ? Math.max(0, unfinished(bytes(inside)).count() - 1)
              : window.count();
    }
    return waiting;
  }

  private static final Choice NOTHING = new Choice(0, 0, Work.MERGE, Urgency.MERGE);

  private static int oldestWithRows(List<Candidate> runs) {
    int at = runs.size() - 1;
    while (at >= 0 && runs.get(at).isResidue()) {
      at--;
    }
    return at;
  }

  /** The oldest runs with rows, if all their rows have expired. */
  private Choice dropExpired(List<Candidate> runs, Clock clock) {
    int oldest = oldestWithRows(runs);
    int from = oldest + 1;
    while (from > 0 && isExpired(runs.get(from - 1), clock)) {
      from--;
    }
    return new Choice(from, oldest + 1, Work.DROP_ROWS, Urgency.SPACE);
  }

  private boolean isExpired(Candidate run, Clock clock) {
    boolean early = SeededBug.DROPPED_A_WINDOW_EARLY.isPlanted();
    long before = clock.expireBeforeMillis() + (early ? scheme.windowMillis() : 0);
    return !run.isResidue() && run.newestMillis() < before;
  }

  private static List<Long> bytes(List<Candidate> runs) {
    return runs.stream().map(Candidate::bytes).toList();
  }

  private static Choice merge(int base, Stretch stretch, Urgency urgency) {
    return stretch.count() < 2
        ? NOTHING
        : new Choice(base + stretch.from(), base + stretch.to(), Work.MERGE, urgency);
  }

  private Choice pickInWindows(List<Candidate> runs, Clock clock) {
    Choice expired = dropExpired(runs, clock);
    if (expired.count() > 0) {
      return expired;
    }
    int end = oldestWithRows(runs) + 1;
    Urgency urgency =
        waitingRuns(runs, clock) > RUNS_SOFT_MAX ? Urgency.TOO_MANY_RUNS : Urgency.MERGE;
    Choice inWindow = pickInOneWindow(runs.subList(0, end), clock, urgency);
    if (inWindow.count() > 0) {
      return inWindow;
    }
    List<Long> residues = bytes(runs.subList(end, runs.size()));
    Stretch due =
        residues.size() > RESIDUES_MAX
            ? new Stretch(0, residues.size())
            : residueTiers.due(residues, residueTiers.highest(residues));
    if (!due.isEmpty()) {
      return merge(end, due, Urgency.SPACE);
    }
    return runs.size() > WINDOWED_RUNS_MAX
        ? merge(0, Tiers.smallest(bytes(runs), runsPerTier), Urgency.TOO_MANY_RUNS)
        : NOTHING;
  }

  private Choice pickInOneWindow(List<Candidate> runs, Clock clock, Urgency urgency) {
    for (Stretch window : windows(runs)) {
      List<Long> sizes = bytes(runs.subList(window.from(), window.to()));
      Stretch stretch =
          window(runs, window.to() - 1) < openWindow(clock)
              ? unfinished(sizes)
              : tiers.due(sizes, urgency == Urgency.TOO_MANY_RUNS ? WINDOW_TIER_FULL - 1 : 0);
      if (stretch.count() > 1) {
        return merge(window.from(), stretch, urgency);
      }
    }
    return NOTHING;
  }

  /**
   * The oldest neighbours of a closed window that are not full yet. If nearly all of them were
   * merged before, the oldest stays as it is: else nearly every row would be written a third time,
   * before the heads that an expired window leaves are counted.
   */
  private Stretch unfinished(List<Long> sizes) {
    int to = sizes.size();
    while (to > 0) {
      int from = to;
      long all = 0;
      long merged = 0;
      while (from > 0 && tiers.tier(sizes.get(from - 1)) < WINDOW_TIER_FULL) {
        from--;
        all += sizes.get(from);
        merged += tiers.tier(sizes.get(from)) > 0 ? sizes.get(from) : 0;
      }
      boolean oldestStays =
          from < to && tiers.tier(sizes.get(to - 1)) > 0 && merged > all - all / MERGED_ONCE_SHARE;
      Stretch stretch = new Stretch(from, oldestStays ? to - 1 : to);
      if (stretch.count() > 1) {
        return stretch;
      }
      to = Math.min(from, to - 1);
    }
    return Stretch.NONE;
  }

  private long openWindow(Clock clock) {
    return Math.floorDiv(clock.timeMillis(), scheme.windowMillis());
  }

  /** The runs of each window, the oldest window first. */
  private List<Stretch> windows(List<Candidate> runs) {
    List<Stretch> windows = new ArrayList<>();
    int to = runs.size();
    while (to > 0) {
      int from = to - 1;
      long window = window(runs, from);
      while (from > 0 && window(runs, from - 1) <= window) {
        from--;
      }
      windows.add(new Stretch(from, to));
      to = from;
    }
    return windows;
  }

  /** The window of a run by its newest row, which is none for heads. */
  private long window(List<Candidate> runs, int at) {
    return runs.get(at).isResidue()
        ? Long.MIN_VALUE
        : Math.floorDiv(runs.get(at).newestMillis(), scheme.windowMillis());
  }

  private Choice pickBySize(List<Candidate> runs, Clock clock) {
    Choice expired = dropExpired(runs, clock);
    if (expired.count() > 0) {
      return expired;
    }
    Urgency urgency = runs.size() > RUNS_SOFT_MAX ? Urgency.TOO_MANY_RUNS : Urgency.MERGE;
    List<Long> bytes = bytes(runs);
    for (Stretch stretch : List.of(fold(bytes), tiers.due(bytes, tiers.highest(bytes)))) {
      if (stretch.count() > 1) {
        return merge(0, stretch, urgency);
      }
    }
    if (runs.size() > RUNS_SOFT_MAX) {
      return merge(0, Tiers.smallest(bytes, Math.min(runsPerTier, runs.size())), urgency);
    }
    for (int i = 0; i < runs.size(); i++) {
      if (runs.get(i).reclaimable()) {
        return new Choice(i, i + 1, Work.RECLAIM, Urgency.SPACE);
      }
    }
    int last = runs.size() - 1;
    return last >= 0 && runs.get(last).coolable()
        ? new Choice(last, last + 1, Work.COOL, Urgency.COLD)
        : NOTHING;
  }

  /** The gathered runs and the last one, if they are as large as it. */
  private Stretch fold(List<Long> bytes) {
    int last = bytes.size() - 1;
    int from = 0;
    while (from < last && tiers.tier(bytes.get(from)) == 0) {
      from++;
    }
    long gathered = 0;
    for (int i = from; i < last; i++) {
      gathered += bytes.get(i);
    }
    return from < last && gathered >= bytes.get(last) ? new Stretch(from, last + 1) : Stretch.NONE;
  }

  /**
   * Picks among runs that are newer than those of a plan under way: only what must not wait for it,
   * gathering small runs.
   */
  public Optional<Choice> pickBeside(List<Candidate> newer, Clock clock) {
    Choice choice =
        switch (scheme.kind()) {
          case SHORT_TTL -> pickInOneWindow(newer, clock, Urgency.MERGE);
          case LONG_LIVED -> merge(0, tiers.due(bytes(newer), 0), Urgency.MERGE);
        };
    return Optional.ofNullable(choice.count() == 0 ? null : choice);
  }
}
