package io.tideline.lsm.memory;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * A bump allocator over pool slabs with one linear address space: the {@code i}-th slab holds
 * addresses {@code [i * SLAB_BYTES, (i + 1) * SLAB_BYTES)}. Addresses are 8-byte aligned, so {@code
 * address >>> 3} fits an int: a <em>reference</em>, 0 meaning none.
 *
 * <p>Threading: one writer; readers may follow any reference that reached them through an acquire
 * read paired with {@link #releaseInt}.
 *
 * <p>Lifetime: memory lives until {@link #close}; nothing is freed singly.
 */
public final class SlabArena implements AutoCloseable {

  private static final int SLAB_SHIFT = MemoryPool.SLAB_SHIFT;
  private static final long SLAB_MASK = MemoryPool.SLAB_BYTES - 1;
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
  private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
  private static final VarHandle INT_HANDLE = ValueLayout.JAVA_INT.varHandle();
  private static final VarHandle LONG_HANDLE = ValueLayout.JAVA_LONG.varHandle();

  private final MemoryPool pool;
  private final MemorySegment memory;

  /**
   * Numbers of the slabs: {@link #slabCount} in use, then {@link #reservedCount} spare ones.
   *
   * <p>Plain field: a reader that learned of an address by an acquire read also sees the array that
   * names its slab, which the writer stored before the release.
   */
  private int[] slabs = new int[4];

  private int slabCount;
  private int reservedCount;

  /** Next free address; the first 8 bytes stay unused so that reference 0 means none. */
  private long top = Long.BYTES;

  public SlabArena(MemoryPool pool) {
    this.pool = pool;
    memory = pool.memory();
  }

  /**
   * Makes sure that allocations of {@code bytes} in all, each padded to 8 bytes, succeed.
   *
   * @param unbroken bytes of the largest allocation that must not cross a slab border
   * @return false if the pool cannot give that much now; nothing has changed then
   */
  public boolean reserve(long bytes, int unbroken) {
    // Each border crossed may waste up to one unbroken allocation.
    long needed = bytes + (bytes >>> SLAB_SHIFT) * unbroken + 2L * unbroken;
    long available =
        ((long) (slabCount + reservedCount) << SLAB_SHIFT) - Math.min(top, endOfSlabs());
    long missing = needed - available;
    if (missing <= 0) {
      return true;
    }
    int count = Math.toIntExact((missing + SLAB_MASK) >>> SLAB_SHIFT);
    int held = slabCount + reservedCount;
    if (held + count > slabs.length) {
      slabs = Arrays.copyOf(slabs, Math.max(held + count, held * 2));
    }
    if (!pool.tryTake(count, slabs, held)) {
      return false;
    }
    reservedCount += count;
    return true;
  }

  private long endOfSlabs() {
    return (long) slabCount << SLAB_SHIFT;
  }

  /** Allocates memory that does not cross a slab border. Must have been reserved. */
  public long allocate(int bytes) {
    return allocateSpanning(bytes, bytes);
  }

  /**
   * Allocates memory whose first {@code unbroken} bytes do not cross a slab border; the rest may,
   * and is then reached only with the copying methods or by addresses inside one 8-byte word.
   */
  public long allocateSpanning(long bytes, int unbroken) {
    if ((top & SLAB_MASK) + unbroken > MemoryPool.SLAB_BYTES) {
      top = (top | SLAB_MASK) + 1;
    }
    long address = top;
    top += (bytes + 7) & ~7L;
    while (top > endOfSlabs()) {
      addSlab();
    }
    return address;
  }

  private void addSlab() {
    if (reservedCount == 0) {
      throw new AssertionError("arena: allocation was not reserved, top=" + top);
    }
    reservedCount--;
    slabCount++;
  }

  /** Next free address: everything allocated so far is below. */
  public long top() {
    return top;
  }

  /** Bytes taken from the pool. */
  public long reservedBytes() {
    return (long) (slabCount + reservedCount) << SLAB_SHIFT;
  }

  public static int reference(long address) {
    return (int) (address >>> 3);
  }

  public static long address(int reference) {
    return (reference & 0xFFFF_FFFFL) << 3;
  }

  /** The memory of the whole pool, for bulk work at {@link #offset}. */
  public MemorySegment memory() {
    return memory;
  }

  /** Where in {@link #memory} an address is; addresses of one slab stay neighbours. */
  public long offset(long address) {
    return ((long) slabs[(int) (address >>> SLAB_SHIFT)] << SLAB_SHIFT) | (address & SLAB_MASK);
  }

  /** Bytes from an address to the end of its slab. */
  public static int leftInSlab(long address) {
    return (int) (MemoryPool.SLAB_BYTES - (address & SLAB_MASK));
  }

  public int getInt(long address) {
    return memory.get(INT, offset(address));
  }

  public void putInt(long address, int value) {
    memory.set(INT, offset(address), value);
  }

  public long getLong(long address) {
    return memory.get(LONG, offset(address));
  }

  public void putLong(long address, long value) {
    memory.set(LONG, offset(address), value);
  }

  public int getUnsignedShort(long address) {
    return memory.get(SHORT, offset(address)) & 0xFFFF;
  }

  public void putShort(long address, int value) {
    memory.set(SHORT, offset(address), (short) value);
  }

  /** The byte at an address, 0 to 255. */
  public int getByte(long address) {
    return memory.get(BYTE, offset(address)) & 0xFF;
  }

  public void putByte(long address, int value) {
    memory.set(BYTE, offset(address), (byte) value);
  }

  public int acquireInt(long address) {
    return (int) INT_HANDLE.getAcquire(memory, offset(address));
  }

  public void releaseInt(long address, int value) {
    INT_HANDLE.setRelease(memory, offset(address), value);
  }

  public long acquireLong(long address) {
    return (long) LONG_HANDLE.getAcquire(memory, offset(address));
  }

  public void releaseLong(long address, long value) {
    LONG_HANDLE.setRelease(memory, offset(address), value);
  }

  /** Sets {@code bytes} bytes from {@code address} on to zero. */
  public void zero(long address, long bytes) {
    long at = address;
    long left = bytes;
    while (left > 0) {
      long step = Math.min(left, leftInSlab(at));
      memory.asSlice(offset(at), step).fill((byte) 0);
      at += step;
      left -= step;
    }
  }

  /** Copies {@code length} bytes of {@code src} to {@code address}, across slab borders. */
  public void copyIn(byte[] src, int from, long address, int length) {
    int step = Math.min(length, leftInSlab(address));
    if (step > 0) {
      MemorySegment.copy(src, from, memory, BYTE, offset(address), step);
    }
    for (int done = step; done < length; done += step) {
      step = Math.min(length - done, leftInSlab(address + done));
      MemorySegment.copy(src, from + done, memory, BYTE, offset(address + done), step);
    }
  }

  /** Copies {@code length} bytes from {@code address} to {@code dst}, across slab borders. */
  public void copyOut(long address, byte[] dst, int to, int length) {
    int step = Math.min(length, leftInSlab(address));
    if (step > 0) {
      MemorySegment.copy(memory, BYTE, offset(address), dst, to, step);
    }
    for (int done = step; done < length; done += step) {
      step = Math.min(length - done, leftInSlab(address + done));
      MemorySegment.copy(memory, BYTE, offset(address + done), dst, to + done, step);
    }
  }

  /** Returns slabs that were reserved and not used. */
  public void giveBackReserve() {
    pool.giveBack(slabs, slabCount, slabCount + reservedCount);
    reservedCount = 0;
  }

  @Override
  public void close() {
    int count = slabCount + reservedCount;
    slabCount = 0;
    reservedCount = 0;
    pool.giveBack(slabs, 0, count);
  }
}
