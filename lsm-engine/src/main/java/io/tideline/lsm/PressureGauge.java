package io.tideline.lsm;

import io.tideline.lsm.memory.MemoryPool;
import io.tideline.lsm.memtable.Memtable;
import java.io.IOException;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Measures how full an engine is. Free space is looked up once a second and kept, the rest is read
 * from gauges.
 *
 * <p>Threading: safe for many threads.
 */
final class PressureGauge {

  private static final Logger log = LoggerFactory.getLogger(PressureGauge.class);

  /** From here on writers slow down: what is in flight still fits. */
  static final double POOL_DELAY = 0.70;

  private static final double POOL_REFUSE = 0.90;

  /** The log may hold what two flushes are advised for: one being written, one gathering. */
  private static final long LOG_REFUSE_FLUSHES = 2;

  private static final double LOG_DELAY = 0.50;
  private static final double LOG_REFUSE = 0.90;

  /** Compaction keeps runs near the number of tiers; twice that means it has fallen behind. */
  private static final int RUNS_DELAY = 16;

  private static final int RUNS_REFUSE = 32;

  private final EngineResources resources;
  private final Path directory;
  private final Maintenance maintenance;

  /** Kept free for manifests, deletions and compactions that free space. */
  private final long diskReserveBytes;

  /** Log bytes that a flush should have made superfluous long ago. */
  private final long logBytesMax;

  private volatile long unflushedLogBytes;
  private volatile long usableBytes = Long.MAX_VALUE;

  PressureGauge(
      EngineResources resources, Path directory, Maintenance maintenance, EngineOptions options) {
    this.resources = resources;
    this.directory = directory;
    this.maintenance = maintenance;
    diskReserveBytes = options.diskReserveBytes();
    logBytesMax = LOG_REFUSE_FLUSHES * options.flushLogBytes();
  }

  /** Looks up the free space. */
  void refresh() {
    try {
      usableBytes = resources.fileSystem().usableBytes(directory);
    } catch (IOException e) {
      log.warn("{}: cannot tell the free space: {}", directory, e.toString());
    }
  }

  Pressure measure() {
    Pressure disk = disk();
    if (disk.level() == Pressure.Level.REFUSE) {
      return disk;
    }
    Pressure pool = graded(Pressure.Reason.MEMTABLE_POOL, poolFill(), POOL_DELAY, POOL_REFUSE);
    int runs = maintenance.waitingRuns();
    Pressure count =
        graded(
            Pressure.Reason.RUN_COUNT,
            (double) runs / RUNS_REFUSE,
            (double) RUNS_DELAY / RUNS_REFUSE,
            1.0);
    Pressure backlog =
        graded(
            Pressure.Reason.LOG_BACKLOG,
            (double) unflushedLogBytes / logBytesMax,
            LOG_DELAY,
            LOG_REFUSE);
    return worse(worse(worse(pool, count), backlog), disk);
  }

  private static Pressure worse(Pressure a, Pressure b) {
    return a.level().compareTo(b.level()) >= 0 ? a : b;
  }

  void unflushedLogBytes(long bytes) {
    unflushedLogBytes = bytes;
  }

  long unflushedLogBytes() {
    return unflushedLogBytes;
  }

  private static Pressure graded(Pressure.Reason reason, double fill, double delay, double refuse) {
    if (fill < delay) {
      return Pressure.NONE;
    }
    return new Pressure(fill < refuse ? Pressure.Level.DELAY : Pressure.Level.REFUSE, reason, fill);
  }

  private Pressure disk() {
    long usable = usableBytes;
    if (maintenance.isDiskFull() || usable < diskReserveBytes) {
      return new Pressure(Pressure.Level.REFUSE, Pressure.Reason.DISK_SPACE, 1.0);
    }
    long delayBelow = 2 * diskReserveBytes;
    if (usable < delayBelow) {
      double fill = (double) (delayBelow - usable) / diskReserveBytes;
      return new Pressure(Pressure.Level.DELAY, Pressure.Reason.DISK_SPACE, fill);
    }
    return Pressure.NONE;
  }

  private double poolFill() {
    MemoryPool pool = resources.memtablePool();
    return (double) pool.usedBytes() / pool.capacityBytes();
  }

  /** Whether the pool is filling up and this memtable holds at least its share of it. */
  boolean isMemoryShort(Memtable active) {
    return poolFill() >= POOL_DELAY
        && active.reservedBytes() * resources.engineCount() >= resources.memtablePool().usedBytes()
        && !active.isEmpty();
  }
}
