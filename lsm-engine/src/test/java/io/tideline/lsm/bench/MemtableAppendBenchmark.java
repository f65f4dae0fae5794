package io.tideline.lsm.bench;

import io.tideline.lsm.LogPosition;
import io.tideline.lsm.WriteBatch;
import io.tideline.lsm.memory.MemoryPool;
import io.tideline.lsm.memtable.Memtable;
import io.tideline.lsm.row.Heads;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What does a row of a batch cost in a memtable, spread over many timelines? */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class MemtableAppendBenchmark {
  /** Rows of a batch: about what one log entry of a busy partition carries. */
  private static final int ROWS = 128;

  private static final int TIMELINES = 100_000;
  private static final long MEMTABLE_BYTES = 64L << 20;
  private static final byte[] VALUE = new byte[200];

  private final SplittableRandom random = new SplittableRandom(1);
  private final byte[][] timelines = new byte[TIMELINES][];
  private final WriteBatch batch = new WriteBatch();
  private MemoryPool pool;
  private Memtable memtable;
  private long id;

  @Setup
  public void open() {
    for (int i = 0; i < TIMELINES; i++) {
      timelines[i] = BenchTables.timeline(i);
    }
    pool = new MemoryPool(2 * MEMTABLE_BYTES);
    memtable = new Memtable(pool, 1, 1);
  }

  @TearDown
  public void close() {
    memtable.release();
    pool.close();
  }

  /** A full memtable is given back and a new one begun, as in any store. */
  @Benchmark
  @OperationsPerInvocation(ROWS)
  public long append() {
    if (memtable.bytes() > MEMTABLE_BYTES) {
      memtable.release();
      memtable = new Memtable(pool, 1, 1);
    }
    batch.clear(new LogPosition(1, 1));
    for (int i = 0; i < ROWS; i++) {
      batch.append(timelines[random.nextInt(TIMELINES)], ++id, 1, 0, VALUE);
    }
    if (!memtable.reserve(batch)) {
      throw new AssertionError("the pool has room for two memtables");
    }
    memtable.apply(batch, change -> Heads.NONE);
    return id;
  }
}
