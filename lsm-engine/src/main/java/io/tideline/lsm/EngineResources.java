package io.tideline.lsm;

import io.tideline.lsm.cache.BlockCache;
import io.tideline.lsm.fs.FileSystem;
import io.tideline.lsm.memory.MemoryPool;
import io.tideline.lsm.view.HeadCache;
import java.io.Closeable;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/**
 * What all engines of a process share: the disk, the memory for memtables, the block cache and the
 * threads that flush and compact. Made once at start; closed after the last engine.
 *
 * <p>Threading: safe for many threads.
 */
public final class EngineResources implements Closeable {

  /** Two: one engine's slow disk should not hold up every other flush. */
  private static final int FLUSH_THREADS = 2;

  /**
   * Default limit: what a disk of a small server writes beside everything else, and more than one
   * core compresses.
   */
  public static final long COMPACTION_BYTES_PER_SECOND = 256L << 20;

  /**
   * Default limit: 16 MiB/s is a hundredth of a disk of today, and a terabyte is read once in
   * eighteen hours.
   */
  public static final long BACKGROUND_READ_BYTES_PER_SECOND = 16L << 20;

  /** How often a compaction that lets flushes go first looks again. */
  private static final long YIELD_MILLIS = 10;

  /** A compaction goes on after this many looks: otherwise runs would pile up. */
  private static final int YIELDS_MAX = 50;

  /** How often free space is looked at, and what waited for it is tried again. */
  private static final long TICK_MILLIS = 1_000;

  /** A week: latent sector errors are found while the other replicas' copies are likely sound. */
  private static final long SCRUB_PERIOD_MILLIS = TimeUnit.DAYS.toMillis(7);

  private final FileSystem fileSystem;
  private final MemoryPool memtablePool;
  private final BlockCache blockCache;
  private final HeadCache headCache = new HeadCache();
  private final EngineClock clock = new EngineClock();
  private final ExecutorService scrubThread =
      Executors.newSingleThreadExecutor(named("tideline-scrub-"));
  private volatile long scrubPeriodMillis = SCRUB_PERIOD_MILLIS;
  private final ExecutorService flushThreads;
  private final CompactionThreads compactionThreads;
  private final ByteRateLimiter compactionRate =
      new ByteRateLimiter(clock::nanos, COMPACTION_BYTES_PER_SECOND);

  /** Of reads that nobody waits for: scrubbing and range hashes. */
  private final ByteRateLimiter backgroundReadRate =
      new ByteRateLimiter(clock::nanos, BACKGROUND_READ_BYTES_PER_SECOND);

  /** Flushes being written now. */
  private final AtomicInteger flushing = new AtomicInteger();

  private final ScheduledExecutorService ticker;
  private final long tickMillis;
  private final ScheduledFuture<?> tick;
  private final List<Engine> engines = new CopyOnWriteArrayList<>();

  private EngineResources(
      FileSystem fileSystem,
      MemoryPool memtablePool,
      BlockCache blockCache,
      int compactionThreads,
      long tickMillis) {
    this.fileSystem = fileSystem;
    this.memtablePool = memtablePool;
    this.blockCache = blockCache;
    this.tickMillis = tickMillis;
    flushThreads = Executors.newFixedThreadPool(FLUSH_THREADS, named("tideline-flush-"));
    this.compactionThreads =
        new CompactionThreads(compactionThreads, named("tideline-compaction-"));
    ticker = Executors.newSingleThreadScheduledExecutor(named("tideline-engine-tick-"));
    tick =
        ticker.scheduleWithFixedDelay(
            () -> engines.forEach(Engine::tick), tickMillis, tickMillis, TimeUnit.MILLISECONDS);
  }

  private static ThreadFactory named(String prefix) {
    AtomicInteger number = new AtomicInteger();
    return task -> {
      Thread thread = new Thread(task, prefix + number.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }

  /**
   * Reserves the memory and starts the threads.
   *
   * @param fileSystem the disk
   * @param memtablePoolBytes off-heap bytes for the memtables of all engines together, at least 2
   *     MiB
   * @param blockCacheBytes off-heap bytes for decompressed blocks of all engines together, and for
   *     the indexes and filters of their tables
   * @param compactionThreads threads for compaction, at least 1; flushes have their own
   */
  public static EngineResources create(
      FileSystem fileSystem, long memtablePoolBytes, long blockCacheBytes, int compactionThreads) {
    return create(fileSystem, memtablePoolBytes, blockCacheBytes, compactionThreads, TICK_MILLIS);
  }

  /** With another tick than the usual, for tests of what waits for it. */
  static EngineResources create(
      FileSystem fileSystem,
      long memtablePoolBytes,
      long blockCacheBytes,
      int compactionThreads,
      long tickMillis) {
    if (blockCacheBytes < 0) {
      throw new IllegalArgumentException("blockCacheBytes " + blockCacheBytes + " is negative");
    }
    if (compactionThreads < 1) {
      throw new IllegalArgumentException("compactionThreads " + compactionThreads + " is below 1");
    }
    return new EngineResources(
        fileSystem,
        new MemoryPool(memtablePoolBytes),
        new BlockCache(blockCacheBytes),
        compactionThreads,
        tickMillis);
  }

  public FileSystem fileSystem() {
    return fileSystem;
  }

  /** Off-heap bytes in memtables now. */
  public long memtableBytesUsed() {
    return memtablePool.usedBytes();
  }

  /** Off-heap bytes in cached and pinned blocks now. */
  public long blockCacheBytesUsed() {
    return blockCache.usedBytes();
  }

  /** Off-heap bytes in the indexes and filters of open tables now, within the cache's budget. */
  public long tableBytesUsed() {
    return blockCache.tableBytes();
  }

  /** Blocks that were in the cache when asked for, since the start. */
  public long blockCacheHits() {
    return blockCache.hits();
  }

  /** Blocks that had to be read from a file, since the start. */
  public long blockCacheMisses() {
    return blockCache.misses();
  }

  /** Heap bytes in remembered heads now. */
  public long headCacheBytesUsed() {
    return headCache.usedBytes();
  }

  /** Heads that were remembered when asked for, since the start. */
  public long headCacheHits() {
    return headCache.hits();
  }

  /** Heads that had to be read from tables, since the start. */
  public long headCacheMisses() {
    return headCache.misses();
  }

  /**
   * Limits the bytes a second that all compactions together write. Takes effect at once. Flushes
   * are never limited.
   *
   * @param rate bytes a second, 0 for no limit; {@link #COMPACTION_BYTES_PER_SECOND} at first
   */
  public void setCompactionBytesPerSecond(long rate) {
    compactionRate.setBytesPerSecond(rate);
  }

  /** The limit in force, 0 if there is none. */
  public long compactionBytesPerSecond() {
    return compactionRate.bytesPerSecond();
  }

  /** Milliseconds that compactions have waited for the limit. */
  public long compactionWaitMillis() {
    return TimeUnit.NANOSECONDS.toMillis(compactionRate.waitedNanos());
  }

  long tickMillis() {
    return tickMillis;
  }

  /** Says that a flush starts (1) or ends (-1). */
  void countFlushing(int change) {
    flushing.addAndGet(change);
  }

  /**
   * Holds a compaction that has written bytes back as long as it must: by the limit, and while
   * flushes are under way and writers short of the memory these will free.
   */
  void paceCompaction(long bytes, BooleanSupplier cancelled) {
    compactionRate.take(bytes, cancelled);
    for (int i = 0; i < YIELDS_MAX && mustYield() && !cancelled.getAsBoolean(); i++) {
      try {
        memtablePool.awaitRelease(YIELD_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new CancellationException("interrupted while a flush went first");
      }
    }
  }

  private boolean mustYield() {
    return flushing.get() > 0
        && memtablePool.usedBytes() >= PressureGauge.POOL_DELAY * memtablePool.capacityBytes();
  }

  MemoryPool memtablePool() {
    return memtablePool;
  }

  BlockCache blockCache() {
    return blockCache;
  }

  /**
   * Limits what scrubbing and range hashes of all engines together read. Takes effect at once.
   *
   * @param rate bytes a second, 0 for no limit; {@link #BACKGROUND_READ_BYTES_PER_SECOND} at first
   */
  public void setBackgroundReadBytesPerSecond(long rate) {
    backgroundReadRate.setBytesPerSecond(rate);
  }

  /** The limit in force, 0 if there is none. */
  public long backgroundReadBytesPerSecond() {
    return backgroundReadRate.bytesPerSecond();
  }

  /**
   * Sets how long after the end of a pass over an engine's files the next begins. Takes effect
   * within seconds.
   *
   * @param millis 0 to scrub only when asked to; default a week
   */
  public void setScrubPeriodMillis(long millis) {
    if (millis < 0) {
      throw new IllegalArgumentException("scrub period " + millis + " ms is negative");
    }
    scrubPeriodMillis = millis;
  }

  /** The period in force, 0 if engines are scrubbed only when asked to. */
  public long scrubPeriodMillis() {
    return scrubPeriodMillis;
  }

  Executor scrubThread() {
    return scrubThread;
  }

  EngineClock clock() {
    return clock;
  }

  /** Holds a background read of so many bytes back as long as the limit says. */
  void paceBackgroundRead(long bytes, BooleanSupplier cancelled) {
    backgroundReadRate.take(bytes, cancelled);
  }

  HeadCache headCache() {
    return headCache;
  }

  Executor flushThreads() {
    return flushThreads;
  }

  CompactionThreads compactionThreads() {
    return compactionThreads;
  }

  void register(Engine engine) {
    engines.add(engine);
  }

  void unregister(Engine engine) {
    engines.remove(engine);
  }

  int engineCount() {
    return engines.size();
  }

  /** Asks the engine with the largest memtable that can be rotated now to flush it. */
  void freeMemory() {
    List<Engine> largestFirst =
        engines.stream().sorted(Comparator.comparingLong(Engine::activeBytes).reversed()).toList();
    for (Engine engine : largestFirst) {
      if (engine.tryRotate()) {
        return;
      }
    }
  }

  /** Stops the threads and releases the memory. Every engine must be closed before. */
  @Override
  public void close() {
    if (!engines.isEmpty()) {
      throw new IllegalStateException(engines.size() + " engines are still open");
    }
    tick.cancel(false);
    ticker.close();
    scrubThread.close();
    flushThreads.close();
    compactionThreads.close();
    blockCache.close();
    memtablePool.close();
  }
}
