package io.tideline.lsm.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The memory of all memtables of a process: equal slabs under one budget. Slabs are taken from the
 * system when first needed and reused from then on, so the pool's resident size is its high-water
 * mark.
 *
 * <p>Threading: safe for many threads; a slab belongs to who took it until it is given back.
 *
 * <p>Lifetime: {@link #close} after every slab has come back.
 */
public final class MemoryPool implements AutoCloseable {

  /**
   * 1 MiB: large enough that a full memtable has few, small enough that an idle one wastes little.
   */
  public static final int SLAB_BYTES = 1 << 20;

  private final Arena arena = Arena.ofShared();
  private final int slabsMax;
  private final ReentrantLock lock = new ReentrantLock();

  /** Signalled when slabs come back. */
  private final Condition released = lock.newCondition();

  /** Guarded by {@link #lock}. */
  private final ArrayDeque<MemorySegment> free = new ArrayDeque<>();

  /** Guarded by {@link #lock}: how often slabs came back. */
  private long releases;

  /** Guarded by {@link #lock}: slabs taken from the system so far. */
  private int created;

  /** Slabs handed out. Changed under {@link #lock}, read by gauges without. */
  private final AtomicInteger used = new AtomicInteger();

  /**
   * @param bytes budget; rounded down to whole slabs, at least two of them
   */
  public MemoryPool(long bytes) {
    long slabs = bytes / SLAB_BYTES;
    if (slabs < 2 || slabs > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "memory pool of " + bytes + " bytes is outside " + 2 * SLAB_BYTES + "..2 PiB");
    }
    slabsMax = (int) slabs;
  }

  /** Takes {@code count} slabs into {@code to}, or none at all if they are not there. */
  public boolean tryTake(int count, List<MemorySegment> to) {
    lock.lock();
    try {
      if (used.get() + count > slabsMax) {
        return false;
      }
      for (int i = 0; i < count; i++) {
        MemorySegment slab = free.poll();
        if (slab == null) {
          slab = arena.allocate(SLAB_BYTES, Long.BYTES);
          created++;
        }
        to.add(slab);
      }
      used.addAndGet(count);
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Waits until slabs come back or the time is over; the caller tries again in either case. */
  public void awaitRelease(long timeoutMillis) throws InterruptedException {
    lock.lock();
    try {
      long seen = releases;
      long nanos = TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
      while (releases == seen && nanos > 0) {
        nanos = released.awaitNanos(nanos);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Gives slabs back. */
  public void giveBack(List<MemorySegment> slabs) {
    lock.lock();
    try {
      if (slabs.size() > used.get()) {
        throw new AssertionError(
            "pool: " + slabs.size() + " slabs came back, " + used + " were out");
      }
      free.addAll(slabs);
      used.addAndGet(-slabs.size());
      releases++;
      released.signalAll();
    } finally {
      lock.unlock();
    }
  }

  public long usedBytes() {
    return (long) used.get() * SLAB_BYTES;
  }

  public long capacityBytes() {
    return (long) slabsMax * SLAB_BYTES;
  }

  /** Bytes taken from the system so far. */
  public long residentBytes() {
    lock.lock();
    try {
      return (long) created * SLAB_BYTES;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    if (used.get() != 0) {
      throw new IllegalStateException(
          "memory pool closed with " + used + " slabs in use: an engine or a view is still open");
    }
    arena.close();
  }
}
