package io.tideline.lsm.bench;

import io.tideline.lsm.row.GroupSource;
import io.tideline.lsm.row.MergedGroups;
import io.tideline.lsm.row.RowSource;
import io.tideline.lsm.table.TableReader;
import io.tideline.lsm.table.TableRun;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What does a compaction pay to take the next timeline and all its rows from several runs? */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class MergeStepBenchmark {
  @Param({"2", "8"})
  private int runs;

  private BenchTables tables;
  private GroupSource merged;

  @Setup
  public void write() throws IOException {
    tables = new BenchTables(runs);
    open();
  }

  private void open() throws IOException {
    List<GroupSource> sources = new ArrayList<>();
    for (TableReader table : tables.tables()) {
      sources.add(new TableRun(List.of(table)).groups(true));
    }
    merged = new MergedGroups(sources);
    merged.seek(null);
  }

  @TearDown
  public void close() throws IOException {
    merged.close();
    tables.close();
  }

  /** One timeline; from the first again after the last. */
  @Benchmark
  public long step() throws IOException {
    long sum = 0;
    RowSource rows = merged.rows();
    for (boolean row = rows.isValid(); row; row = rows.next()) {
      sum += rows.sequenceId();
    }
    if (!merged.next()) {
      merged.close();
      open();
    }
    return sum;
  }
}
