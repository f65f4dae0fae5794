package io.tideline.server.node;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the JVM and the machine say of themselves. */
final class Machine {

  private static final Logger log = LoggerFactory.getLogger(Machine.class);

  private static final String NETTY_LIMIT = "io.netty.maxDirectMemory";

  private Machine() {}

  /** The program's version, from the jar's manifest. */
  static String version() {
    String version = Machine.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }

  /** -Xmx, or the JVM's default for it. */
  static long heapLimitBytes() {
    return Runtime.getRuntime().maxMemory();
  }

  /** Memory of the machine, or of the container this process runs in. */
  static long memoryBytes() {
    return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
  }

  /**
   * Keeps Netty within its budget. Works only before Netty is first used, so it is the first thing
   * a node does; a limit given on the command line stays.
   */
  static void limitNetworkMemory(long bytes) {
    if (System.getProperty(NETTY_LIMIT) == null) {
      System.setProperty(NETTY_LIMIT, Long.toString(bytes));
    }
    long jvmLimit = directMemoryLimitBytes();
    if (jvmLimit < bytes) {
      log.warn(
          "the JVM allows {} bytes of direct buffers, less than the {} of memory.network_bytes:"
              + " raise -XX:MaxDirectMemorySize or lower memory.network_bytes",
          jvmLimit,
          bytes);
    }
  }

  /** -XX:MaxDirectMemorySize; 0 stands for the heap limit. */
  private static long directMemoryLimitBytes() {
    long given =
        Long.parseLong(
            ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
                .getVMOption("MaxDirectMemorySize")
                .getValue());
    return given == 0 ? heapLimitBytes() : given;
  }
}
