package io.tideline.lsm.cache;

import io.tideline.lsm.memory.NativeMemory;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A decoded block in native memory with a count of those who hold it: readers, and the cache while
 * it keeps it. The memory is freed with the last hold. Made with one hold, the maker's.
 */
public final class PinnedBlock {

  private static final byte POISON = (byte) 0xDB;

  private final NativeMemory memory;
  private final MemorySegment data;
  private final AtomicInteger holds = new AtomicInteger(1);

  public PinnedBlock(NativeMemory memory, long size) {
    this.memory = memory;
    data = memory.allocate(size);
  }

  /** The bytes; valid while the caller holds the block. */
  public MemorySegment data() {
    return data;
  }

  /** Takes a hold unless the block is already gone. */
  public boolean tryRetain() {
    int now = holds.get();
    while (now > 0) {
      if (holds.compareAndSet(now, now + 1)) {
        return true;
      }
      now = holds.get();
    }
    return false;
  }

  /** Gives a hold back. */
  public void release() {
    int left = holds.decrementAndGet();
    if (left == 0) {
      assert poison();
      memory.free(data);
    } else if (left < 0) {
      throw new AssertionError("block released too often");
    }
  }

  /** Where assertions are enabled, makes what a late reader finds surely wrong. */
  private boolean poison() {
    data.fill(POISON);
    return true;
  }
}
