package io.tideline.tools.bench.engine;

import io.tideline.tools.bench.engine.ProcessMeter.Reading;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;
import org.HdrHistogram.Histogram;

/**
 * One turn of one system under a load that does not wait for it: each batch has a time at which it
 * is due, and its latency counts from then, so a pause is charged to every batch that it delays.
 * Flushes and compactions go on meanwhile.
 *
 * <p>Figures are named {@code paced.figure_unit}; {@code docs/benchmarks.md} defines them.
 */
final class PacedRound {
  /**
   * Memtables are so many times smaller than in other rounds: the rows of a round then make enough
   * runs for compactions to go on most of the time, which is when pauses are looked for.
   */
  static final int MEMTABLE_DIVISOR = 4;

  /** A round ends after so long, whatever rows are left: a low rate must not take hours. */
  static final long SECONDS_MAX = 60;

  /** The applying thread must not stand still for longer: it is what a device may notice. */
  static final long STALL_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  /** Parked threads wake late by about the kernel's timer slack; the rest is waited for awake. */
  private static final long SPIN_NANOS = 100_000;

  private static final int PROGRESS_BATCHES = 64;
  private static final double NANOS_PER_SECOND = 1e9;

  private final RoundSpec spec;
  private final Subject.Factory factory;
  private final RowPlan plan;
  private final Values values;
  private final double rowsPerSecond;
  private final BiConsumer<String, Double> progress;
  private final ProcessMeter meter = new ProcessMeter();

  /**
   * @param factory opens a system with memtables that are {@link #MEMTABLE_DIVISOR} times smaller
   * @param plan rows of this round at most
   * @param progress told the phase and how much of it is done, 0 to 1
   */
  PacedRound(
      RoundSpec spec,
      Subject.Factory factory,
      RowPlan plan,
      Values values,
      double rowsPerSecond,
      BiConsumer<String, Double> progress) {
    if (!(rowsPerSecond > 0)) {
      throw new IllegalArgumentException("rowsPerSecond " + rowsPerSecond + " is not positive");
    }
    this.spec = spec;
    this.factory = factory;
    this.plan = plan;
    this.values = values;
    this.rowsPerSecond = rowsPerSecond;
    this.progress = progress;
  }

  /**
   * Runs in a directory that does not exist yet, and leaves the files there.
   *
   * @throws IOException if the system fails
   */
  Map<String, Double> run(Path directory) throws IOException {
    Files.createDirectories(directory);
    int rows = (int) Math.min(plan.rows(), Math.ceil(rowsPerSecond * SECONDS_MAX));
    try (Subject subject = factory.open(directory)) {
      return apply(subject, rows);
    }
  }

  private Map<String, Double> apply(Subject subject, int rows) throws IOException {
    RowBatch batch = new RowBatch(plan, values, spec.shape());
    Histogram latencies = Round.latencies();
    Histogram services = Round.latencies();
    long stalls = 0;
    Reading before = meter.read();
    long begin = System.nanoTime();
    for (int from = 0; from < rows; from += RowBatch.ROWS) {
      batch.fill(from, Math.min(rows, from + RowBatch.ROWS));
      long due = begin + dueNanos(from, rowsPerSecond);
      awaitNanos(due);
      long start = System.nanoTime();
      subject.apply(batch);
      long end = System.nanoTime();
      latencies.recordValue(end - due);
      services.recordValue(end - start);
      stalls += end - start > STALL_NANOS ? 1 : 0;
      if (batch.number % PROGRESS_BATCHES == 0) {
        progress.accept("paced", (double) from / rows);
      }
    }
    Reading used = meter.read().minus(before);
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put("paced.rows_per_second", rowsPerSecond);
    figures.put("paced.rows", (double) rows);
    figures.put("paced.achieved_rows_per_second", rows * NANOS_PER_SECOND / used.wallNanos());
    Round.putLatencies("paced.batch_", latencies, figures);
    Round.putLatencies("paced.service_", services, figures);
    figures.put("paced.stalls", (double) stalls);
    Subject.Written written = subject.written();
    figures.put("paced.write_amplification", written.amplification());
    figures.put("paced.runs", (double) subject.runs());
    return figures;
  }

  /** When the batch whose first row is {@code row} is due, nanoseconds after the beginning. */
  static long dueNanos(int row, double rowsPerSecond) {
    return (long) (row / rowsPerSecond * NANOS_PER_SECOND);
  }

  private static void awaitNanos(long due) {
    long left = due - System.nanoTime();
    while (left > SPIN_NANOS) {
      LockSupport.parkNanos(left - SPIN_NANOS);
      left = due - System.nanoTime();
    }
    while (due - System.nanoTime() > 0) {
      Thread.onSpinWait();
    }
  }
}
