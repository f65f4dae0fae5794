package io.tideline.tools.bench.engine;

import io.tideline.tools.bench.engine.ProcessMeter.Reading;
import java.io.IOException;
import java.util.Map;
import java.util.function.BiConsumer;
import org.HdrHistogram.Histogram;

/**
 * The reads of a round. Each phase runs once unmeasured, which fills the caches, and once measured
 * over the same rows. Rows to read are drawn beforehand, each row as likely as any.
 */
final class ReadPhases {
  private final RoundSpec spec;
  private final Subject subject;
  private final RowPlan plan;
  private final ProcessMeter meter;
  private final BiConsumer<String, Double> progress;
  private final byte[] timeline = new byte[TimelineKeys.BYTES];

  /** Reads one row or range; the argument is a row of the plan. */
  private interface Read {
    void of(int row) throws IOException;
  }

  ReadPhases(
      RoundSpec spec,
      Subject subject,
      RowPlan plan,
      ProcessMeter meter,
      BiConsumer<String, Double> progress) {
    this.spec = spec;
    this.subject = subject;
    this.plan = plan;
    this.meter = meter;
    this.progress = progress;
  }

  void run(Map<String, Double> figures) throws IOException {
    int[] rows = plan.drawRows(spec.reads(), spec.seed() + 1);
    int[] polled = plan.drawRows(spec.reads() * RoundSpec.POLLS_PER_READ, spec.seed() + 2);
    phase("tail_scan", rows, true, this::tailScan, figures);
    if (RocksConfig.ofSystem(spec.system()).map(RocksConfig::scansBackward).orElse(true)) {
      phase("deep_scan", rows, true, this::deepScan, figures);
    }
    phase("get", rows, true, this::get, figures);
    phase("poll", polled, false, this::poll, figures);
    figures.put("reads.rss_bytes", (double) meter.residentBytes());
  }

  private void phase(String name, int[] rows, boolean timed, Read read, Map<String, Double> figures)
      throws IOException {
    subject.beginReads();
    progress.accept(name, 0.0);
    for (int row : rows) {
      read.of(row);
    }
    progress.accept(name, 0.5);
    Histogram latencies = Round.latencies();
    Reading before = meter.read();
    if (timed) {
      for (int row : rows) {
        long start = System.nanoTime();
        read.of(row);
        latencies.recordValue(System.nanoTime() - start);
      }
    } else {
      for (int row : rows) {
        read.of(row);
      }
    }
    Round.putPerOperation(name, meter.read().minus(before), rows.length, figures);
    if (timed) {
      Round.putLatencies(name + ".", latencies, figures);
    }
  }

  private void tailScan(int row) throws IOException {
    long head = plan.head(keyOf(row));
    long from = Math.max(1, head - Round.TAIL_ROWS + 1);
    checkSum("tail scan", row, subject.scanForward(timeline, from, Round.TAIL_ROWS), from, head);
  }

  private void deepScan(int row) throws IOException {
    keyOf(row);
    long from = plan.sequenceId(row);
    checkSum(
        "deep scan",
        row,
        subject.scanBackward(timeline, from, Round.DEEP_ROWS),
        Math.max(1, from - Round.DEEP_ROWS + 1),
        from);
  }

  private void get(int row) throws IOException {
    keyOf(row);
    int size = subject.get(timeline, plan.sequenceId(row));
    if (size < 0 && spec.shape() == StoreShape.LONG_LIVED) {
      throw wrong("get", row, "the row", "nothing");
    }
  }

  private void poll(int row) throws IOException {
    if (subject.hasNewer(timeline, plan.head(keyOf(row)))) {
      throw wrong("poll", row, "nothing new", "something");
    }
  }

  /** Puts the key of a row's timeline into {@link #timeline}; returns the timeline's number. */
  private int keyOf(int row) {
    int number = plan.timeline(row);
    TimelineKeys.write(number, timeline);
    return number;
  }

  /** Ids are dense, so their sum tells whether all of them, and no others, were read. */
  private void checkSum(String what, int row, long sum, long firstId, long lastId)
      throws IOException {
    long expected = (firstId + lastId) * (lastId - firstId + 1) / 2;
    boolean right = spec.shape() == StoreShape.LONG_LIVED ? sum == expected : sum <= expected;
    if (!right) {
      throw wrong(what, row, "ids " + firstId + ".." + lastId, "ids whose sum is " + sum);
    }
  }

  private IOException wrong(String what, int row, String expected, String found) {
    return new IOException(
        spec.system()
            + " answers wrongly: "
            + what
            + " at row "
            + row
            + " expected "
            + expected
            + ", found "
            + found);
  }
}
