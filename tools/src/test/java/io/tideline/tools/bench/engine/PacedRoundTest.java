package io.tideline.tools.bench.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PacedRoundTest {
  private static final double RATE = 20_000;

  /** Long beside what a batch takes, also on a machine that is busy. */
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(400);

  @TempDir private Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"tideline", "rocksdb/skiplist+tiered"})
  void batchesAreAppliedWhenTheyAreDueWhileTablesAreFlushed(String system) throws Exception {
    RoundSpec spec = spec().withSystem(system);

    Map<String, Double> figures = run(spec, BenchChild.factory(smallMemtables(spec)));

    assertThat(figures.get("paced.rows")).isEqualTo(spec.rows());
    assertThat(figures.get("paced.rows_per_second")).isEqualTo(RATE);
    // The last batch is due one batch before the end; nothing is applied earlier.
    assertThat(figures.get("paced.achieved_rows_per_second")).isBetween(1.0, RATE * 1.01);
    assertThat(figures.get("paced.batch_p50_us")).isPositive();
    assertThat(figures.get("paced.batch_p999_us"))
        .isGreaterThanOrEqualTo(figures.get("paced.batch_p99_us"));
    assertThat(figures.get("paced.runs")).isPositive();
  }

  @Test
  void aPauseCountsForEveryBatchItDelays() throws Exception {
    RoundSpec spec = spec();
    Subject.Factory pausing =
        home -> new Pausing(TidelineSubject.open(home, smallMemtables(spec)), 10, PAUSE_NANOS);

    Map<String, Double> figures = run(spec, pausing);

    double pauseMicros = PAUSE_NANOS / 1_000.0;
    assertThat(figures.get("paced.stalls")).isGreaterThanOrEqualTo(1);
    assertThat(figures.get("paced.batch_max_us")).isGreaterThan(pauseMicros * 0.99);
    // 400 ms at 20,000 rows a second delay 62 of the 157 batches, by 200 ms in the mean.
    assertThat(figures.get("paced.batch_p99_us")).isGreaterThan(pauseMicros * 0.9);
  }

  @Test
  void thereMustBeARate() {
    RoundSpec spec = spec();
    RowPlan plan = RowPlan.of(new int[] {0});
    Values values = new TextValues(spec.valueBytes(), spec.seed());

    assertThatThrownBy(
            () ->
                new PacedRound(
                    spec, BenchChild.factory(spec), plan, values, 0, (phase, done) -> {}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("rowsPerSecond 0.0");
  }

  /** A quarter of its memtables is what the smallest pool of an engine has room for. */
  private static RoundSpec spec() {
    return TestSpecs.tiny(Workload.COLD).withMemtableBytes(2 << 20);
  }

  private static RoundSpec smallMemtables(RoundSpec spec) {
    return spec.withMemtableBytes(spec.memtableBytes() / PacedRound.MEMTABLE_DIVISOR);
  }

  private Map<String, Double> run(RoundSpec spec, Subject.Factory factory) throws Exception {
    RowPlan plan = RowPlan.draw(spec.workload(), spec.rows(), spec.timelines(), spec.seed());
    Values values = new TextValues(spec.valueBytes(), spec.seed());
    return new PacedRound(spec, factory, plan, values, RATE, (phase, done) -> {})
        .run(directory.resolve("round"));
  }

  /** Stands still in one batch. */
  private static final class Pausing extends ForwardingSubject {
    private final long batchNumber;
    private final long nanos;

    Pausing(Subject real, long batchNumber, long nanos) {
      super(real);
      this.batchNumber = batchNumber;
      this.nanos = nanos;
    }

    @Override
    public void apply(RowBatch batch) throws IOException {
      if (batch.number == batchNumber) {
        long end = System.nanoTime() + nanos;
        for (long left = nanos; left > 0; left = end - System.nanoTime()) {
          LockSupport.parkNanos(left);
        }
      }
      super.apply(batch);
    }
  }
}
