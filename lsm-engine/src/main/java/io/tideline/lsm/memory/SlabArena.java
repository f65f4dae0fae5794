package io.tideline.lsm.memory;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A bump allocator over pool slabs with one linear address space: slab {@code i} holds addresses
 * {@code [i << 20, (i + 1) << 20)}. Addresses are 8-byte aligned, so {@code address >>> 3} fits an
 * int: a <em>reference</em>, 0 meaning none.
 *
 * <p>Threading: one writer; readers may follow any reference that reached them through an acquire
 * read paired with {@link #releaseInt}.
 *
 * <p>Lifetime: memory lives until {@link #close}; nothing is freed singly.
 */
public final class SlabArena implements AutoCloseable {

  private static final int SLAB_SHIFT = 20;
  private static final long SLAB_MASK = MemoryPool.SLAB_BYTES - 1;
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT;
  private static final VarHandle INT_HANDLE = INT.varHandle();
  private static final VarHandle LONG_HANDLE = LONG.varHandle();

  private final MemoryPool pool;

  /**
   * Plain field: a reader that learned of an address by an acquire read also sees the array that
   * contains its slab, which the writer stored before the release.
   */
  private MemorySegment[] slabs = new MemorySegment[0];

  private final List<MemorySegment> reserved = new ArrayList<>();
  private int slabCount;

  /** Next free address; the first 8 bytes stay unused so that reference 0 means none. */
  private long top = Long.BYTES;

  public SlabArena(MemoryPool pool) {
    this.pool = pool;
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
        ((long) (slabCount + reserved.size()) << SLAB_SHIFT) - Math.min(top, endOfSlabs());
    long missing = needed - available;
    if (missing <= 0) {
      return true;
    }
    return pool.tryTake((int) ((missing + SLAB_MASK) >>> SLAB_SHIFT), reserved);
  }

  private long endOfSlabs() {
    return slabCount == 0 ? 0 : (long) slabCount << SLAB_SHIFT;
  }

  /** Allocates memory that does not cross a slab border. Must have been reserved. */
  public long allocate(int bytes) {
    long offset = top & SLAB_MASK;
    if (offset + bytes > MemoryPool.SLAB_BYTES) {
      top = (top | SLAB_MASK) + 1;
    }
    return allocateSpanning(bytes, 0);
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
    if (reserved.isEmpty()) {
      throw new AssertionError("arena: allocation was not reserved, top=" + top);
    }
    if (slabCount == slabs.length) {
      slabs = Arrays.copyOf(slabs, Math.max(4, slabCount * 2));
    }
    slabs[slabCount++] = reserved.removeLast();
  }

  /** Next free address: everything allocated so far is below. */
  public long top() {
    return top;
  }

  /** Bytes taken from the pool. */
  public long reservedBytes() {
    return (long) (slabCount + reserved.size()) << SLAB_SHIFT;
  }

  public static int reference(long address) {
    return (int) (address >>> 3);
  }

  public static long address(int reference) {
    return (reference & 0xFFFF_FFFFL) << 3;
  }

  public int getInt(long address) {
    return slab(address).get(INT, address & SLAB_MASK);
  }

  public void putInt(long address, int value) {
    slab(address).set(INT, address & SLAB_MASK, value);
  }

  public long getLong(long address) {
    return slab(address).get(LONG, address & SLAB_MASK);
  }

  public void putLong(long address, long value) {
    slab(address).set(LONG, address & SLAB_MASK, value);
  }

  public int getUnsignedShort(long address) {
    return slab(address).get(SHORT, address & SLAB_MASK) & 0xFFFF;
  }

  public void putShort(long address, int value) {
    slab(address).set(SHORT, address & SLAB_MASK, (short) value);
  }

  public int acquireInt(long address) {
    return (int) INT_HANDLE.getAcquire(slab(address), address & SLAB_MASK);
  }

  public void releaseInt(long address, int value) {
    INT_HANDLE.setRelease(slab(address), address & SLAB_MASK, value);
  }

  public long acquireLong(long address) {
    return (long) LONG_HANDLE.getAcquire(slab(address), address & SLAB_MASK);
  }

  public void releaseLong(long address, long value) {
    LONG_HANDLE.setRelease(slab(address), address & SLAB_MASK, value);
  }

  /** Sets {@code bytes} bytes from {@code address} on to zero. */
  public void zero(long address, long bytes) {
    long at = address;
    long left = bytes;
    while (left > 0) {
      long step = Math.min(left, MemoryPool.SLAB_BYTES - (at & SLAB_MASK));
      slab(at).asSlice(at & SLAB_MASK, step).fill((byte) 0);
      at += step;
      left -= step;
    }
  }

  /** Copies {@code length} bytes of {@code src} to {@code address}, across slab borders. */
  public void copyIn(byte[] src, int offset, long address, int length) {
    long at = address;
    int from = offset;
    int left = length;
    while (left > 0) {
      int step = (int) Math.min(left, MemoryPool.SLAB_BYTES - (at & SLAB_MASK));
      MemorySegment.copy(src, from, slab(at), ValueLayout.JAVA_BYTE, at & SLAB_MASK, step);
      at += step;
      from += step;
      left -= step;
    }
  }

  /** Copies {@code length} bytes from {@code address} to {@code dst}, across slab borders. */
  public void copyOut(long address, byte[] dst, int offset, int length) {
    long at = address;
    int to = offset;
    int left = length;
    while (left > 0) {
      int step = (int) Math.min(left, MemoryPool.SLAB_BYTES - (at & SLAB_MASK));
      MemorySegment.copy(slab(at), ValueLayout.JAVA_BYTE, at & SLAB_MASK, dst, to, step);
      at += step;
      to += step;
      left -= step;
    }
  }

  /** The byte at an address, 0 to 255. */
  public int getByte(long address) {
    return slab(address).get(ValueLayout.JAVA_BYTE, address & SLAB_MASK) & 0xFF;
  }

  /** The slab that holds {@code address}, for bulk work inside one slab. */
  public MemorySegment slab(long address) {
    return slabs[(int) (address >>> SLAB_SHIFT)];
  }

  /** Offset of {@code address} in its slab. */
  public static long slabOffset(long address) {
    return address & SLAB_MASK;
  }

  /** Returns slabs that were reserved and not used. */
  public void giveBackReserve() {
    pool.giveBack(new ArrayList<>(reserved));
    reserved.clear();
  }

  @Override
  public void close() {
    List<MemorySegment> all = new ArrayList<>(reserved);
    for (int i = 0; i < slabCount; i++) {
      all.add(slabs[i]);
    }
    reserved.clear();
    slabCount = 0;
    slabs = new MemorySegment[0];
    pool.giveBack(all);
  }
}
