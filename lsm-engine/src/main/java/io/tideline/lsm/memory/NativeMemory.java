package io.tideline.lsm.memory;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.atomic.AtomicLong;

/**
 * {@code malloc} and {@code free} with a count of what is out. Used for decompressed blocks, which
 * come and go by the thousand a second: closing a shared {@link java.lang.foreign.Arena} for each
 * would cost a handshake with every thread of the process.
 *
 * <p>Threading: safe for many threads. A segment must not be touched after {@link #free}: owners
 * count references.
 */
@SuppressWarnings("restricted") // Two C functions; --enable-native-access is set by the launcher.
public final class NativeMemory {

  private static final MethodHandle MALLOC;
  private static final MethodHandle FREE;

  static {
    Linker linker = Linker.nativeLinker();
    SymbolLookup symbols = linker.defaultLookup();
    MALLOC =
        linker.downcallHandle(
            symbols.find("malloc").orElseThrow(),
            FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));
    FREE =
        linker.downcallHandle(
            symbols.find("free").orElseThrow(), FunctionDescriptor.ofVoid(ValueLayout.ADDRESS));
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
    if (segment.address() == 0) {
      throw new OutOfMemoryError("malloc of " + bytes + " bytes failed");
    }
    usedBytes.addAndGet(bytes);
    return segment.reinterpret(bytes);
  }

  /** Returns memory; {@code segment} must be exactly what {@link #allocate} gave. */
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
