package io.tideline.tools.bench.engine;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What this process has used so far: take one reading before and one after.
 *
 * <p>Threading: confined to the thread whose time it tells apart.
 */
final class ProcessMeter {
  private static final Path IO = Path.of("/proc/self/io");
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final long KIBIBYTE = 1_024;

  private final CpuClock clock = new CpuClock();
  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /**
   * A reading, or the difference of two.
   *
   * @param cpuNanos CPU time of all threads
   * @param threadNanos CPU time of the thread that reads
   * @param wallNanos time on the clock
   * @param garbageBytes bytes allocated on the heap by all threads
   * @param writtenBytes bytes of pages made dirty in files, which the kernel writes to disk; 0
   *     where the system does not tell
   */
  record Reading(
      long cpuNanos, long threadNanos, long wallNanos, long garbageBytes, long writtenBytes) {
    Reading minus(Reading earlier) {
      return new Reading(
          cpuNanos - earlier.cpuNanos,
          threadNanos - earlier.threadNanos,
          wallNanos - earlier.wallNanos,
          garbageBytes - earlier.garbageBytes,
          writtenBytes - earlier.writtenBytes);
    }
  }

  Reading read() throws IOException {
    return new Reading(
        clock.processNanos(),
        clock.threadNanos(),
        System.nanoTime(),
        threads.getTotalThreadAllocatedBytes(),
        field(IO, "write_bytes:"));
  }

  /** Resident memory now, bytes; 0 where the system does not tell. */
  long residentBytes() throws IOException {
    return field(STATUS, "VmRSS:") * KIBIBYTE;
  }

  private static long field(Path file, String name) throws IOException {
    if (!Files.isReadable(file)) {
      return 0;
    }
    for (String line : Files.readAllLines(file)) {
      if (line.startsWith(name)) {
        return Long.parseLong(line.substring(name.length()).replace("kB", "").strip());
      }
    }
    return 0;
  }
}
