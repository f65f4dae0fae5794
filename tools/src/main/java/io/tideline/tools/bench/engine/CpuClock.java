package io.tideline.tools.bench.engine;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.management.ManagementFactory;

/**
 * CPU time of all threads of this process. Asks the system's {@code clock_gettime}, which counts
 * nanoseconds; the JDK's own bean counts in ticks of ten milliseconds.
 *
 * <p>Threading: confined to one thread.
 */
final class CpuClock {
  private static final int LINUX_PROCESS_CPUTIME_ID = 2;
  private static final int MAC_PROCESS_CPUTIME_ID = 12;
  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  private final MethodHandle clockGettime;
  private final int clockId;

  /** {@code struct timespec}: seconds, nanoseconds, both of 64 bits. */
  private final MemorySegment time = Arena.ofAuto().allocate(ValueLayout.JAVA_LONG, 2);

  @SuppressWarnings("restricted") // The command line is started with native access enabled.
  CpuClock() {
    Linker linker = Linker.nativeLinker();
    clockGettime =
        linker.downcallHandle(
            linker.defaultLookup().findOrThrow("clock_gettime"),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS));
    clockId =
        System.getProperty("os.name").startsWith("Mac")
            ? MAC_PROCESS_CPUTIME_ID
            : LINUX_PROCESS_CPUTIME_ID;
  }

  /** CPU time of the process since it began, nanoseconds. */
  long processNanos() {
    int result;
    try {
      result = (int) clockGettime.invokeExact(clockId, time);
    } catch (Throwable impossible) {
      throw new AssertionError("clock_gettime throws nothing", impossible);
    }
    if (result != 0) {
      throw new IllegalStateException("this system has no clock for the CPU time of a process");
    }
    return time.getAtIndex(ValueLayout.JAVA_LONG, 0) * NANOS_PER_SECOND
        + time.getAtIndex(ValueLayout.JAVA_LONG, 1);
  }

  /** CPU time of the calling thread, nanoseconds. */
  long threadNanos() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }
}
