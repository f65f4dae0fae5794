package io.tideline.lsm.bench;

import io.tideline.lsm.table.TableReader;
import java.io.IOException;
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

/** What does it cost to ask a table's filter for a timeline that is there, and one that is not? */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class FilterProbeBenchmark {
  /** Enough that probes do not stay in the processor's first cache; a power of two. */
  private static final int HASHES = 1 << 14;

  private final long[] present = new long[HASHES];
  private final long[] absent = new long[HASHES];
  private int at;
  private BenchTables tables;
  private TableReader table;

  @Setup
  public void write() throws IOException {
    tables = new BenchTables(1);
    table = tables.tables().getFirst();
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < HASHES; i++) {
      int number = random.nextInt(BenchTables.TIMELINES);
      present[i] = BenchTables.hash(BenchTables.key(number));
      absent[i] = BenchTables.hash(BenchTables.key(BenchTables.TIMELINES + number));
    }
  }

  @TearDown
  public void close() throws IOException {
    tables.close();
  }

  @Benchmark
  public boolean present() {
    return table.mayContain(present[at++ & (HASHES - 1)]);
  }

  @Benchmark
  public boolean absent() {
    return table.mayContain(absent[at++ & (HASHES - 1)]);
  }
}
