package io.tideline.lsm;

import io.tideline.lsm.compaction.CompactionPicker;
import io.tideline.lsm.compaction.CompactionPicker.Candidate;
import io.tideline.lsm.compaction.CompactionPicker.Choice;
import io.tideline.lsm.compaction.CompactionPicker.Clock;
import io.tideline.lsm.compaction.CompactionPicker.Urgency;
import io.tideline.lsm.compaction.CompactionPicker.Work;
import io.tideline.lsm.compaction.CompactionPlan;
import io.tideline.lsm.version.Run;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;

/**
 * Remembers the compaction plan under way and what goes before it: between two jobs of a large plan
 * small new runs are gathered, so that they do not pile up behind it.
 *
 * <p>Threading: guarded by the caller.
 */
final class CompactionPlanner {

  private final CompactionPicker picker;
  private final BiFunction<Run, EngineState, Candidate> describe;

  /** What goes first is first; at most two. */
  private final Deque<CompactionPlan> plans = new ArrayDeque<>();

  CompactionPlanner(EngineOptions options, BiFunction<Run, EngineState, Candidate> describe) {
    this.describe = describe;
    picker = new CompactionPicker(options.scheme(), options.runsPerTier(), options.memtableBytes());
  }

  /**
   * What to work on now.
   *
   * @param durable the durable state, whose times decide
   * @param nextFileId smallest file id not given out yet
   */
  Optional<CompactionPlan> next(List<Run> runs, EngineState durable, long nextFileId) {
    Clock clock = clock(durable);
    if (plans.isEmpty()) {
      picker
          .pick(candidates(runs, durable), clock)
          .ifPresent(choice -> plans.push(plan(runs, choice, nextFileId)));
    } else if (plans.size() == 1) {
      long newest = plans.getFirst().maxGeneration();
      List<Run> newer = runs.stream().filter(r -> r.meta().minGeneration() > newest).toList();
      picker
          .pickBeside(candidates(newer, durable), clock)
          .ifPresent(choice -> plans.push(plan(newer, choice, nextFileId)));
    }
    return Optional.ofNullable(plans.peek());
  }

  private static Clock clock(EngineState durable) {
    return new Clock(durable.timeMillis(), durable.expireBeforeMillis());
  }

  private List<Candidate> candidates(List<Run> runs, EngineState durable) {
    return runs.stream().map(run -> describe.apply(run, durable)).toList();
  }

  private static CompactionPlan plan(List<Run> runs, Choice choice, long nextFileId) {
    return new CompactionPlan(
        runs.get(choice.to() - 1).meta().minGeneration(),
        runs.get(choice.from()).meta().maxGeneration(),
        choice.work(),
        choice.urgency(),
        nextFileId);
  }

  /** Puts everything else off for a rewrite of all runs there are. */
  void wantAll(List<Run> runs, long nextFileId) {
    plans.clear();
    Choice all = new Choice(0, runs.size(), Work.ALL, Urgency.MERGE);
    plans.push(plan(runs, all, nextFileId));
  }

  /** Says that nothing is left to do of a plan. */
  void done(CompactionPlan plan) {
    plans.remove(plan);
  }

  /** See {@link CompactionPicker#waitingRuns}. */
  int waitingRuns(List<Run> runs, EngineState durable) {
    return picker.waitingRuns(candidates(runs, durable), clock(durable));
  }
}
