package io.tideline.tools.bench.engine;

import io.tideline.tools.bench.engine.ProcessMeter.Reading;
import java.io.IOException;
import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;

/**
 * One turn of one system: appends to quiescence, then reads, then opening again; each phase
 * measured on its own. What is read is checked, so that nobody is fast by being wrong.
 *
 * <p>Figures are named {@code phase.figure_unit}; {@code docs/benchmarks.md} defines them.
 */
final class Round {
  /** How much of a round's CPU time the JIT took, 0 to about 1. */
  static final String COMPILING_SHARE = "round.compiling_share";

  /** Rows of a tail scan: what a device pulls at once. */
  static final int TAIL_ROWS = 20;

  /** Rows of a deep backward scan: a page of old history, several blocks. */
  static final int DEEP_ROWS = 100;

  /**
   * Rows left in the memtable for the reads, as a share of all: a store in use always has some.
   * Half a memtable at most.
   */
  private static final int UNFLUSHED_DIVISOR = 16;

  /** Both systems name their tables so. */
  private static final String TABLE_SUFFIX = ".sst";

  private static final long DELETION_POLL_NANOS = 2_000_000;

  /** Deleting takes milliseconds; after this long it will never happen. */
  private static final long DELETION_NANOS_MAX = 30_000_000_000L;

  private static final long LATENCY_NANOS_MAX = 600_000_000_000L;
  private static final int LATENCY_DIGITS = 3;
  private static final int PROGRESS_BATCHES = 256;
  private static final double NANOS_PER_MICRO = 1_000;
  private static final double NANOS_PER_MILLI = 1e6;
  private static final double NANOS_PER_SECOND = 1e9;

  private static final CompilationMXBean COMPILER = ManagementFactory.getCompilationMXBean();

  private final RoundSpec spec;
  private final Subject.Factory factory;
  private final RowPlan plan;
  private final Values values;
  private final BiConsumer<String, Double> progress;
  private final ProcessMeter meter = new ProcessMeter();
  private final Map<String, Double> figures = new LinkedHashMap<>();

  /**
   * @param plan rows of this round; may be fewer than the specification says, to warm up
   * @param progress told the phase and how much of it is done, 0 to 1
   */
  Round(
      RoundSpec spec,
      Subject.Factory factory,
      RowPlan plan,
      Values values,
      BiConsumer<String, Double> progress) {
    this.spec = spec;
    this.factory = factory;
    this.plan = plan;
    this.values = values;
    this.progress = progress;
  }

  /**
   * Runs in a directory that does not exist yet, and leaves the files there.
   *
   * @throws IOException if the system fails, or answers wrongly
   */
  Map<String, Double> run(Path directory) throws IOException, InterruptedException {
    Files.createDirectories(directory);
    Reading before = meter.read();
    long compilingBefore = COMPILER.getTotalCompilationTime();
    try (Subject subject = factory.open(directory)) {
      RowBatch batch = new RowBatch(plan, values, spec.shape());
      int flushed = plan.rows() - unflushedRows();
      append(subject, batch, flushed, directory);
      for (int from = flushed; from < plan.rows(); from += RowBatch.ROWS) {
        batch.fill(from, Math.min(plan.rows(), from + RowBatch.ROWS));
        subject.apply(batch);
      }
      new ReadPhases(spec, subject, plan, meter, progress).run(figures);
    }
    reopen(directory);
    double compilingMillis = COMPILER.getTotalCompilationTime() - compilingBefore;
    double allMillis = meter.read().minus(before).cpuNanos() / NANOS_PER_MILLI;
    figures.put(COMPILING_SHARE, compilingMillis / Math.max(1, allMillis));
    return figures;
  }

  private int unflushedRows() {
    long rowBytes = (long) TimelineKeys.ROW_KEY_BYTES + Math.max(spec.valueBytes(), 1);
    long halfMemtable = spec.memtableBytes() / 2 / rowBytes;
    return (int) Math.min(plan.rows() / UNFLUSHED_DIVISOR, halfMemtable);
  }

  private void append(Subject subject, RowBatch batch, int rows, Path directory)
      throws IOException, InterruptedException {
    Histogram latencies = latencies();
    MillionMeter million = new MillionMeter(figures);
    long raw = 0;
    Reading before = meter.read();
    for (int from = 0; from < rows; from += RowBatch.ROWS) {
      raw += batch.fill(from, Math.min(rows, from + RowBatch.ROWS));
      long start = System.nanoTime();
      subject.apply(batch);
      latencies.recordValue(System.nanoTime() - start);
      million.applied(from + batch.count);
      if (batch.number % PROGRESS_BATCHES == 0) {
        progress.accept("append", (double) from / rows);
      }
    }
    Reading applied = meter.read().minus(before);
    progress.accept("drain", 1.0);
    subject.drain();
    Reading drained = meter.read().minus(before);

    subject
        .backgroundCpuNanos()
        .forEach(
            (work, nanos) ->
                figures.put("append." + work + "_cpu_us", nanos / NANOS_PER_MICRO / rows));
    awaitDeletions(subject, directory);
    figures.put("append.rows", (double) rows);
    figures.put("append.cpu_us", drained.cpuNanos() / NANOS_PER_MICRO / rows);
    figures.put("append.apply_cpu_us", applied.threadNanos() / NANOS_PER_MICRO / rows);
    figures.put("append.apply_wall_us", applied.wallNanos() / NANOS_PER_MICRO / rows);
    figures.put("append.wall_us", drained.wallNanos() / NANOS_PER_MICRO / rows);
    figures.put("append.garbage_bytes", (double) drained.garbageBytes() / rows);
    putLatencies("append.batch_", latencies, figures);
    Subject.Written written = subject.written();
    figures.put("append.write_amplification", written.amplification());
    figures.put("append.written_per_raw", (double) drained.writtenBytes() / raw);
    figures.put(
        "append.tables_written_per_raw",
        (double) (written.flushedBytes() + written.compactedBytes()) / raw);
    figures.put("append.disk_per_raw", (double) treeBytes(directory, "") / raw);
    figures.put("append.rss_bytes", (double) meter.residentBytes());
    figures.put("append.runs", (double) subject.runs());
  }

  /** Waits until the tables that compactions replaced are gone from the disk. */
  private static void awaitDeletions(Subject subject, Path directory) throws IOException {
    long deadline = System.nanoTime() + DELETION_NANOS_MAX;
    while (treeBytes(directory, TABLE_SUFFIX) > subject.liveTableBytes()) {
      if (System.nanoTime() - deadline > 0) {
        throw new IOException(
            treeBytes(directory, TABLE_SUFFIX)
                + " bytes of tables in "
                + directory
                + " although only "
                + subject.liveTableBytes()
                + " are live, long after the last compaction");
      }
      LockSupport.parkNanos(DELETION_POLL_NANOS);
    }
  }

  private void reopen(Path directory) throws IOException {
    progress.accept("open", 0.0);
    Reading before = meter.read();
    try (Subject subject = factory.open(directory)) {
      Reading opened = meter.read().minus(before);
      figures.put("open.wall_ms", opened.wallNanos() / NANOS_PER_MILLI);
      figures.put("open.cpu_ms", opened.cpuNanos() / NANOS_PER_MILLI);
      subject.beginReads();
    }
  }

  static Histogram latencies() {
    return new Histogram(LATENCY_NANOS_MAX, LATENCY_DIGITS);
  }

  static void putLatencies(String prefix, Histogram latencies, Map<String, Double> figures) {
    figures.put(prefix + "p50_us", latencies.getValueAtPercentile(50) / NANOS_PER_MICRO);
    figures.put(prefix + "p99_us", latencies.getValueAtPercentile(99) / NANOS_PER_MICRO);
    figures.put(prefix + "p999_us", latencies.getValueAtPercentile(99.9) / NANOS_PER_MICRO);
    figures.put(prefix + "max_us", latencies.getMaxValue() / NANOS_PER_MICRO);
  }

  static void putPerOperation(
      String name, Reading used, long operations, Map<String, Double> figures) {
    figures.put(name + ".cpu_us", used.cpuNanos() / NANOS_PER_MICRO / operations);
    figures.put(name + ".thread_cpu_us", used.threadNanos() / NANOS_PER_MICRO / operations);
    figures.put(name + ".wall_us", used.wallNanos() / NANOS_PER_MICRO / operations);
    figures.put(name + ".garbage_bytes", (double) used.garbageBytes() / operations);
    figures.put(
        name + ".per_cpu_second", operations * NANOS_PER_SECOND / Math.max(1, used.cpuNanos()));
  }

  /** Bytes of all files whose names end so, as their lengths say. */
  private static long treeBytes(Path directory, String suffix) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(file -> file.toString().endsWith(suffix))
          .mapToLong(file -> file.toFile().length())
          .sum();
    }
  }
}
