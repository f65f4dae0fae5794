package io.tideline.lsm.memory;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The memory of all memtables of a process: equal slabs of one segment under one budget. The
 * segment is address space only; a slab becomes resident when it is first written, with its
 * neighbours of the same page, and is reused from then on, so the pool's resident size is its
 * high-water mark.
 *
 * <p>Slabs are numbered; number {@code n} holds bytes {@code [n * SLAB_BYTES, (n + 1) *
 * SLAB_BYTES)} of {@link #memory}.
 *
 * <p>Threading: safe for many threads; a slab belongs to who took it until it is given back.
 *
 * <p>Lifetime: {@link #close} after every slab has come back.
 */
public final class MemoryPool implements AutoCloseable {

  /** Binary logarithm of {@link #SLAB_BYTES}. */
  public static final int SLAB_SHIFT = 14;

  /**
   * 16 KiB: small enough that a thousand memtables of a few rows cost 16 MiB, large enough that the
   * table of a full memtable's slabs stays in the processor's nearest cache.
   */
  public static final int SLAB_BYTES = 1 << SLAB_SHIFT;

  /** Smallest budget in bytes: room for a few batches of a few engines. */
  public static final long BYTES_MIN = 2L << 20;

  /** What freed slabs are filled with where assertions are enabled, to catch late readers. */
  static final byte POISON = (byte) 0xDB;

  private final NativeMemory system = new NativeMemory();
  private final MemorySegment memory;
  private final int slabsMax;
  private final ReentrantLock lock = new ReentrantLock();

  /** Signalled when slabs come back. */
  private final Condition released = lock.newCondition();

  /** Guarded by {@link #lock}: numbers of slabs that came back, the first {@link #freeCount}. */
  private int[] free = new int[64];

  /** Guarded by {@link #lock}. */
  private int freeCount;

  /** Guarded by {@link #lock}: how often slabs came back. */
  private long releases;

  /** Guarded by {@link #lock}: slabs ever handed out; those from here on were never written. */
  private int created;

  /** Slabs handed out. Changed under {@link #lock}, read by gauges without. */
  private final AtomicInteger used = new AtomicInteger();

  /**
   * @param bytes budget; rounded down to whole slabs, at least {@link #BYTES_MIN}
   */
  public MemoryPool(long bytes) {
    long slabs = bytes >>> SLAB_SHIFT;
    if (bytes < BYTES_MIN || slabs > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "memory pool of " + bytes + " bytes is outside " + BYTES_MIN + "..32 TiB");
    }
    slabsMax = (int) slabs;
    memory = system.allocateLarge(slabs << SLAB_SHIFT);
  }

  /** All slabs. */
  MemorySegment memory() {
    return memory;
  }

  /** Takes {@code count} slabs into {@code to} from {@code at} on, or none at all. */
  boolean tryTake(int count, int[] to, int at) {
    lock.lock();
    try {
      if (used.get() + count > slabsMax) {
        return false;
      }
      for (int i = at; i < at + count; i++) {
        to[i] = freeCount > 0 ? free[--freeCount] : created++;
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

  /** Gives back the slabs in {@code [from, to)} of {@code slabs}. */
  void giveBack(int[] slabs, int from, int to) {
    int count = to - from;
    assert poison(slabs, from, to);
    lock.lock();
    try {
      if (count > used.get()) {
        throw new AssertionError("pool: " + count + " slabs came back, " + used + " were out");
      }
      if (freeCount + count > free.length) {
        free = Arrays.copyOf(free, Math.max(freeCount + count, free.length * 2));
      }
      // Backwards, so that slabs taken together again have the order they had.
      for (int i = to - 1; i >= from; i--) {
        free[freeCount++] = slabs[i];
      }
      used.addAndGet(-count);
      releases++;
      released.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private boolean poison(int[] slabs, int from, int to) {
    for (int i = from; i < to; i++) {
      memory.asSlice((long) slabs[i] << SLAB_SHIFT, SLAB_BYTES).fill(POISON);
    }
    return true;
  }

  public long usedBytes() {
    return (long) used.get() << SLAB_SHIFT;
  }

  public long capacityBytes() {
    return (long) slabsMax << SLAB_SHIFT;
  }

  /** Bytes that were ever handed out: what is resident at most. */
  public long residentBytes() {
    lock.lock();
    try {
      return (long) created << SLAB_SHIFT;
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
    system.free(memory);
  }
}
