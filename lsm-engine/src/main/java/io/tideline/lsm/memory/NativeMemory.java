package io.tideline.lsm.memory;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code malloc} and {@code free} with a count of what is out. Used for decompressed blocks, which
 * come and go by the thousand a second: closing a shared {@link java.lang.foreign.Arena} for each
 * would cost a handshake with every thread of the process.
 *
 * <p>Large pieces that are read and written all over ({@link #allocateLarge}) are in pages of 2 MiB
 * where Linux has them: a memtable of 64 MiB is 16,000 ordinary pages, far more than a processor
 * keeps the addresses of, and looking up an address costs as much as the access itself.
 *
 * <p>Threading: safe for many threads. A segment must not be touched after {@link #free}: owners
 * count references.
 */
@SuppressWarnings("restricted") // C functions; --enable-native-access is set by the launcher.
public final class NativeMemory {

  private static final Logger log = LoggerFactory.getLogger(NativeMemory.class);

  /** Size of a transparent huge page of x86-64 and, with pages of 4 KiB, of ARM64. */
  private static final long HUGE_PAGE_BYTES = 2L << 20;

  /** Advice to {@code madvise}, by Linux's number; see madvise(2). */
  private static final int MADV_HUGEPAGE = 14;

  private static final MethodHandle MALLOC;
  private static final MethodHandle ALIGNED_ALLOC;
  private static final MethodHandle FREE;

  /** Null where there is nothing like it. */
  private static final @Nullable MethodHandle MADVISE;

  static {
    Linker linker = Linker.nativeLinker();
    SymbolLookup symbols = linker.defaultLookup();
    MALLOC =
        linker.downcallHandle(
            symbols.find("malloc").orElseThrow(),
            FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));
    ALIGNED_ALLOC =
        linker.downcallHandle(
            symbols.find("aligned_alloc").orElseThrow(),
            FunctionDescriptor.of(
                ValueLayout.ADDRESS, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
    FREE =
        linker.downcallHandle(
            symbols.find("free").orElseThrow(), FunctionDescriptor.ofVoid(ValueLayout.ADDRESS));
    MADVISE =
        System.getProperty("os.name").equals("Linux")
            ? linker.downcallHandle(
                symbols.find("madvise").orElseThrow(),
                FunctionDescriptor.of(
                    ValueLayout.JAVA_INT,
                    ValueLayout.ADDRESS,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_INT))
            : null;
  }

  private final AtomicLong usedBytes = new AtomicLong();

  /** Allocates uninitialised memory. */
  public MemorySegment allocate(long bytes) {
    MemorySegment segment;
    try {
      segment = (MemorySegment) MALLOC.invokeExact(bytes);
    } catch (Throwable e) {
      throw new AssertionError("malloc failed to run", e);
    }
    return taken(segment, bytes);
  }

  /**
   * Allocates uninitialised memory for long, in huge pages if the system grants them on request
   * ({@code /sys/kernel/mm/transparent_hugepage/enabled} is {@code madvise} or {@code always}).
   * Either way it becomes resident, a page at a time, when it is first written.
   */
  public MemorySegment allocateLarge(long bytes) {
    long whole = (bytes + HUGE_PAGE_BYTES - 1) & -HUGE_PAGE_BYTES;
    MemorySegment segment;
    try {
      segment = (MemorySegment) ALIGNED_ALLOC.invokeExact(HUGE_PAGE_BYTES, whole);
      if (MADVISE != null && segment.address() != 0) {
        int refused = (int) MADVISE.invokeExact(segment, whole, MADV_HUGEPAGE);
        if (refused != 0) {
          log.info("no huge pages for {} MiB: the system has none; all works as well", whole >> 20);
        }
      }
    } catch (Throwable e) {
      throw new AssertionError("aligned_alloc or madvise failed to run", e);
    }
    return taken(segment, bytes);
  }

  private MemorySegment taken(MemorySegment segment, long bytes) {
    if (segment.address() == 0) {
      throw new OutOfMemoryError("malloc of " + bytes + " bytes failed");
    }
    usedBytes.addAndGet(bytes);
    return segment.reinterpret(bytes);
  }

  /** Returns memory; {@code segment} must be exactly what an allocation gave. */
  public void free(MemorySegment segment) {
    usedBytes.addAndGet(-segment.byteSize());
    assert poison(segment);
    try {
      FREE.invokeExact(segment);
    } catch (Throwable e) {
      throw new AssertionError("free failed to run", e);
    }
  }

  /** Makes what is read too late look wrong; where assertions are on. */
  private static boolean poison(MemorySegment segment) {
    segment.fill(MemoryPool.POISON);
    return true;
  }

  /** Bytes allocated and not freed. */
  public long usedBytes() {
    return usedBytes.get();
  }
}
