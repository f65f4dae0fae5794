package io.tideline.lsm.bench;

import io.tideline.lsm.Engine;
import io.tideline.lsm.EngineOptions;
import io.tideline.lsm.EngineResources;
import io.tideline.lsm.LogPosition;
import io.tideline.lsm.ReadView;
import io.tideline.lsm.WriteBatch;
import io.tideline.lsm.fs.RealFileSystem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
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

/** What does "has this timeline anything new?" cost, view included, after a flush? */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class HeadLookupBenchmark {
  private static final long POOL_BYTES = 256L << 20;
  private static final long CACHE_BYTES = 512L << 20;
  private static final byte[] VALUE = new byte[200];

  private final SplittableRandom random = new SplittableRandom(1);
  private Path directory;
  private EngineResources resources;
  private Engine engine;

  @Setup
  public void write() throws IOException, InterruptedException, ExecutionException {
    directory = Files.createTempDirectory("tideline-jmh-");
    resources = EngineResources.create(new RealFileSystem(), POOL_BYTES, CACHE_BYTES, 1);
    engine = Engine.open(directory, EngineOptions.DEFAULTS, resources);
    WriteBatch batch = new WriteBatch();
    for (int i = 0; i < BenchTables.TIMELINES; i++) {
      batch.clear(new LogPosition(i + 1, 1)).time(1);
      engine.apply(batch.append(BenchTables.timeline(i), 1, 1, 0, VALUE));
    }
    engine.flush().get();
    engine.awaitQuiescence();
  }

  @TearDown
  public void close() throws IOException {
    engine.close();
    resources.close();
    BenchTables.deleteTree(directory);
  }

  @Benchmark
  public long head() throws IOException {
    try (ReadView view = engine.view()) {
      return view.head(BenchTables.timeline(random.nextInt(BenchTables.TIMELINES)))
          .orElseThrow()
          .lastSequenceId();
    }
  }
}
