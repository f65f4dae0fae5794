package io.tideline.lsm.bench;

import io.tideline.lsm.row.RowSource;
import io.tideline.lsm.table.TableRun;
import java.io.IOException;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What does it cost to find one row in a table whose blocks are cached: index, block, group? */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class BlockSeekBenchmark {
  private final SplittableRandom random = new SplittableRandom(1);
  private BenchTables tables;
  private TableRun run;

  @Setup
  public void write() throws IOException {
    tables = new BenchTables(1);
    run = new TableRun(List.of(tables.tables().getFirst()));
  }

  @TearDown
  public void close() throws IOException {
    tables.close();
  }

  @Benchmark
  public long seek() throws IOException {
    byte[] key = BenchTables.key(random.nextInt(BenchTables.TIMELINES));
    try (RowSource rows = run.rows(key)) {
      if (!rows.seekGE(1 + random.nextInt(BenchTables.ROWS_PER_TIMELINE))) {
        throw new AssertionError("a row that was written is not there");
      }
      return rows.sequenceId();
    }
  }
}
