package io.tideline.tools.bench.engine;

import io.tideline.tools.bench.engine.ProcessMeter.Reading;
import java.io.IOException;
import java.util.Arrays;
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

  /** Does the read of this number; all it needs to know is in {@link Drawn}. */
  private interface Read {
    void of(Drawn drawn, int number) throws IOException;
  }

  /**
   * Rows to read, drawn beforehand and laid out in the order of reading, so that the harness does
   * not miss the CPU's caches where it measures.
   */
  private record Drawn(int[] timelines, int[] sequenceIds, int[] heads) {
    static Drawn of(RowPlan plan, int count, long seed) {
      int[] rows = plan.drawRows(count, seed);
      return new Drawn(
          Arrays.stream(rows).map(plan::timeline).toArray(),
          Arrays.stream(rows).map(plan::sequenceId).toArray(),
          Arrays.stream(rows).map(row -> plan.head(plan.timeline(row))).toArray());
    }

    int count() {
      return timelines.length;
    }
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
    Drawn rows = Drawn.of(plan, spec.reads(), spec.seed() + 1);
    Drawn polled = Drawn.of(plan, spec.reads() * RoundSpec.POLLS_PER_READ, spec.seed() + 2);
    phase("tail_scan", rows, true, this::tailScan, figures);
    if (RocksConfig.ofSystem(spec.system()).map(RocksConfig::scansBackward).orElse(true)) {
      phase("deep_scan", rows, true, this::deepScan, figures);
    }
    phase("get", rows, true, this::get, figures);
    phase("poll", polled, false, this::poll, figures);
    figures.put("reads.rss_bytes", (double) meter.residentBytes());
  }

  private void phase(String name, Drawn rows, boolean timed, Read read, Map<String, Double> figures)
      throws IOException {
    subject.beginReads();
    progress.accept(name, 0.0);
    for (int i = 0; i < rows.count(); i++) {
      read.of(rows, i);
    }
    progress.accept(name, 0.5);
    Histogram latencies = Round.latencies();
    Reading before = meter.read();
    if (timed) {
      for (int i = 0; i < rows.count(); i++) {
        long start = System.nanoTime();
        read.of(rows, i);
        latencies.recordValue(System.nanoTime() - start);
      }
    } else {
      for (int i = 0; i < rows.count(); i++) {
        read.of(rows, i);
      }
    }
    Round.putPerOperation(name, meter.read().minus(before), rows.count(), figures);
    if (timed) {
      Round.putLatencies(name + ".", latencies, figures);
    }
  }

  private void tailScan(Drawn drawn, int number) throws IOException {
    TimelineKeys.write(drawn.timelines[number], timeline);
    long head = drawn.heads[number];
    long from = Math.max(1, head - Round.TAIL_ROWS + 1);
    checkSum("tail scan", number, subject.scanForward(timeline, from, Round.TAIL_ROWS), from, head);
  }

  private void deepScan(Drawn drawn, int number) throws IOException {
    TimelineKeys.write(drawn.timelines[number], timeline);
    long from = drawn.sequenceIds[number];
    checkSum(
        "deep scan",
        number,
        subject.scanBackward(timeline, from, Round.DEEP_ROWS),
        Math.max(1, from - Round.DEEP_ROWS + 1),
        from);
  }

  private void get(Drawn drawn, int number) throws IOException {
    TimelineKeys.write(drawn.timelines[number], timeline);
    int size = subject.get(timeline, drawn.sequenceIds[number]);
    if (size < 0 && spec.shape() == StoreShape.LONG_LIVED) {
      throw wrong("get", number, "the row", "nothing");
    }
  }

  private void poll(Drawn drawn, int number) throws IOException {
    TimelineKeys.write(drawn.timelines[number], timeline);
    if (subject.hasNewer(timeline, drawn.heads[number])) {
      throw wrong("poll", number, "nothing new", "something");
    }
  }

  /** Ids are dense, so their sum tells whether all of them, and no others, were read. */
  private void checkSum(String what, int number, long sum, long firstId, long lastId)
      throws IOException {
    long expected = (firstId + lastId) * (lastId - firstId + 1) / 2;
    boolean right = spec.shape() == StoreShape.LONG_LIVED ? sum == expected : sum <= expected;
    if (!right) {
      throw wrong(what, number, "ids " + firstId + ".." + lastId, "ids whose sum is " + sum);
    }
  }

  private IOException wrong(String what, int number, String expected, String found) {
    return new IOException(
        spec.system()
            + " answers wrongly: "
            + what
            + " number "
            + number
            + " expected "
            + expected
            + ", found "
            + found);
  }
}
