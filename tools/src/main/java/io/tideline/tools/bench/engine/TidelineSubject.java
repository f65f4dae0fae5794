package io.tideline.tools.bench.engine;

import io.tideline.lsm.Direction;
import io.tideline.lsm.Engine;
import io.tideline.lsm.EngineOptions;
import io.tideline.lsm.EngineResources;
import io.tideline.lsm.EngineState;
import io.tideline.lsm.EngineStats;
import io.tideline.lsm.LogPosition;
import io.tideline.lsm.Pressure;
import io.tideline.lsm.ReadView;
import io.tideline.lsm.RowCursor;
import io.tideline.lsm.TimelineHead;
import io.tideline.lsm.WriteBatch;
import io.tideline.lsm.fs.RealFileSystem;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;

/** Our engine, used as a replica uses it: pressure asked, flushes when advised, a view per read. */
final class TidelineSubject implements Subject {
  /** One term: nobody is elected here. */
  private static final long TERM = 1;

  /**
   * Longest pause before a batch under pressure: a node's entries are as large as some ten of these
   * batches, and its pauses ten to twenty milliseconds.
   */
  private static final long DELAYED_NANOS_MAX = 1_000_000;

  /** How long a refused batch waits before it asks again. */
  private static final long REFUSED_NANOS = 200_000;

  /** The largest value there is plus room; values are copied out into it. */
  private static final int VALUE_BYTES_MAX = 64 << 10;

  private static final int KIND = 0;

  private final EngineResources resources;
  private final Engine engine;
  private final WriteBatch batch = new WriteBatch();
  private byte[] value = new byte[VALUE_BYTES_MAX];
  private long index;
  private CompletableFuture<EngineState> flush = CompletableFuture.completedFuture(null);

  private TidelineSubject(EngineResources resources, Engine engine) {
    this.resources = resources;
    this.engine = engine;
    index = engine.appliedState().position().index();
  }

  static TidelineSubject open(Path directory, RoundSpec spec) throws IOException {
    EngineResources resources =
        EngineResources.create(
            new RealFileSystem(),
            spec.memtableBytes() * RoundSpec.MEMTABLES_MAX,
            spec.blockCacheBytes(),
            1);
    try {
      EngineOptions options =
          EngineOptions.DEFAULTS
              .withMemtableBytes(spec.memtableBytes())
              .withBlockBytes(RoundSpec.BLOCK_BYTES)
              .withScheme(spec.shape().scheme())
              .withCompression(
                  spec.zstd() ? EngineOptions.Compression.ZSTD : EngineOptions.Compression.LZ4);
      return new TidelineSubject(resources, Engine.open(directory, options, resources));
    } catch (Throwable failure) {
      resources.close();
      throw failure;
    }
  }

  @Override
  public void apply(RowBatch rows) throws IOException {
    admit();
    index++;
    batch.clear(new LogPosition(index, TERM)).time(rows.timeMillis);
    if (rows.expireBeforeMillis > 0) {
      batch.expireBefore(rows.expireBeforeMillis);
    }
    for (int i = 0; i < rows.count; i++) {
      batch.append(rows.timelines[i], rows.sequenceIds[i], rows.timeMillis, KIND, rows.values[i]);
    }
    engine.apply(batch);
    flushIfAdvised();
  }

  /** Slows down and waits as a node does: for memory that flushes give back, mostly. */
  private void admit() {
    Pressure pressure = engine.pressure();
    if (pressure.level() == Pressure.Level.DELAY) {
      LockSupport.parkNanos(Math.round(DELAYED_NANOS_MAX * Math.min(1.0, pressure.fill())));
    }
    while (engine.pressure().level() == Pressure.Level.REFUSE) {
      flushIfAdvised();
      LockSupport.parkNanos(REFUSED_NANOS);
    }
  }

  private void flushIfAdvised() {
    if (engine.flushAdvised() && flush.isDone()) {
      flush = engine.flush();
    }
  }

  @Override
  public void drain() throws IOException, InterruptedException {
    try {
      engine.flush().get();
    } catch (ExecutionException failed) {
      throw new IOException("the flush failed", failed.getCause());
    }
    engine.awaitQuiescence();
  }

  @Override
  public Written written() {
    EngineStats stats = engine.stats();
    return new Written(stats.bytesFlushed(), stats.bytesCompacted());
  }

  /** By the names that {@link EngineResources} gives its threads. */
  @Override
  public Map<String, Long> backgroundCpuNanos() {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    Map<String, Long> nanos = new TreeMap<>();
    for (ThreadInfo thread : threads.getThreadInfo(threads.getAllThreadIds())) {
      if (thread == null) {
        continue; // It ended after its id was listed.
      }
      for (String work : List.of("flush", "compaction")) {
        if (thread.getThreadName().startsWith("tideline-" + work + "-")) {
          nanos.merge(work, threads.getThreadCpuTime(thread.getThreadId()), Long::sum);
        }
      }
    }
    return nanos;
  }

  @Override
  public long liveTableBytes() {
    return engine.stats().tableBytes();
  }

  @Override
  public void beginReads() {
    // Each read takes its own view.
  }

  @Override
  public long scanForward(byte[] timeline, long fromId, int limit) throws IOException {
    return scan(timeline, fromId, Long.MAX_VALUE, Direction.FORWARD, limit);
  }

  @Override
  public long scanBackward(byte[] timeline, long fromId, int limit) throws IOException {
    return scan(timeline, Long.MIN_VALUE, fromId + 1, Direction.BACKWARD, limit);
  }

  private long scan(byte[] timeline, long low, long high, Direction direction, int limit)
      throws IOException {
    long sum = 0;
    try (ReadView view = engine.view();
        RowCursor rows = view.scan(timeline, low, high, direction)) {
      for (int read = 0; read < limit && rows.next(); read++) {
        sum += rows.sequenceId();
        copyValue(rows);
      }
    }
    return sum;
  }

  private int copyValue(RowCursor rows) {
    int size = rows.valueSize();
    if (size > value.length) {
      value = new byte[size];
    }
    rows.copyValue(value, 0);
    return size;
  }

  @Override
  public int get(byte[] timeline, long id) throws IOException {
    try (ReadView view = engine.view();
        RowCursor rows = view.scan(timeline, id, id + 1, Direction.FORWARD)) {
      return rows.next() ? copyValue(rows) : -1;
    }
  }

  @Override
  public boolean hasNewer(byte[] timeline, long lastSeenId) throws IOException {
    try (ReadView view = engine.view()) {
      Optional<TimelineHead> head = view.head(timeline);
      return head.isPresent() && head.get().lastSequenceId() > lastSeenId;
    }
  }

  @Override
  public long runs() {
    return engine.stats().runs();
  }

  @Override
  public void close() throws IOException {
    try (resources) {
      engine.close();
    }
  }
}
