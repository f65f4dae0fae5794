package io.tideline.lsm.inspect;

import io.tideline.lsm.CompactionScheme;
import io.tideline.lsm.compaction.CompactionPicker;
import io.tideline.lsm.compaction.CompactionPicker.Candidate;
import io.tideline.lsm.compaction.CompactionPicker.Choice;
import io.tideline.lsm.compaction.CompactionPicker.Clock;
import io.tideline.lsm.compaction.CompactionPicker.Work;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a compaction scheme costs: the engine's own picker on made-up runs that are only appended
 * to, one flush after the other. Says nothing of compression or of disks, so it shows partitions
 * far larger than a test could write.
 *
 * <p>Threading: confined.
 */
public final class CompactionModel {

  /** Bytes of one flush; only ratios matter. */
  private static final long FLUSH_BYTES = 64L << 20;

  /**
   * Heads that an expired run leaves, as a share of it: a head of 70 bytes for five rows of 200.
   */
  private static final double RESIDUE_SHARE = 0.07;

  /**
   * What it cost.
   *
   * @param writeAmplification bytes written by flushes and compactions for each byte flushed
   * @param averageRuns runs after each flush and its compactions, on average
   * @param runsMax the largest number of runs
   */
  public record Result(int flushes, double writeAmplification, double averageRuns, int runsMax) {}

  private final CompactionPicker picker;
  private final long ttlMillis;

  /** Newest first. */
  private final List<Candidate> runs = new ArrayList<>();

  private long written;

  private CompactionModel(CompactionScheme scheme, int runsPerTier, long ttlMillis) {
    picker = new CompactionPicker(scheme, runsPerTier, FLUSH_BYTES);
    this.ttlMillis = ttlMillis;
  }

  /**
   * Flushes a number of times.
   *
   * @param flushMillis time between two flushes, milliseconds
   * @param ttlMillis how long rows live, milliseconds; 0 for ever
   */
  public static Result simulate(
      CompactionScheme scheme, int runsPerTier, int flushes, long flushMillis, long ttlMillis) {
    CompactionModel model = new CompactionModel(scheme, runsPerTier, ttlMillis);
    long runsSum = 0;
    int runsMax = 0;
    for (int i = 1; i <= flushes; i++) {
      model.flush(i * flushMillis);
      runsSum += model.runs.size();
      runsMax = Math.max(runsMax, model.runs.size());
    }
    return new Result(
        flushes,
        (double) model.written / (flushes * FLUSH_BYTES),
        (double) runsSum / flushes,
        runsMax);
  }

  private void flush(long now) {
    runs.addFirst(new Candidate(FLUSH_BYTES, now, false, false));
    written += FLUSH_BYTES;
    Clock clock = new Clock(now, ttlMillis == 0 ? 0 : now - ttlMillis);
    for (Optional<Choice> choice = picker.pick(runs, clock);
        choice.isPresent();
        choice = picker.pick(runs, clock)) {
      compact(choice.get());
    }
  }

  private void compact(Choice choice) {
    List<Candidate> inputs = runs.subList(choice.from(), choice.to());
    long bytes = inputs.stream().mapToLong(Candidate::bytes).sum();
    long newest = inputs.stream().mapToLong(Candidate::newestMillis).max().orElseThrow();
    boolean rowsGo = choice.work() == Work.DROP_ROWS;
    // Heads of the same timelines become one: merged residues do not grow.
    boolean residues = newest == Long.MIN_VALUE;
    long left =
        residues
            ? inputs.stream().mapToLong(Candidate::bytes).max().orElseThrow()
            : rowsGo ? (long) (bytes * RESIDUE_SHARE) : bytes;
    written += left;
    inputs.clear();
    runs.add(choice.from(), new Candidate(left, rowsGo ? Long.MIN_VALUE : newest, false, false));
  }
}
