package io.tideline.tools.doctor;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What the machine and this JVM say of themselves.
 *
 * @param memoryBytes memory of the machine, as far as the JVM may see it
 * @param containerBytes limit of the container, {@link Long#MAX_VALUE} for none
 * @param openFilesMax files this process may open, negative if unknown
 * @param javaFeature feature release of this Java
 * @param javaDescription version and vendor
 * @param jvmOptions options of this JVM
 */
record Machine(
    long memoryBytes,
    long containerBytes,
    long openFilesMax,
    int javaFeature,
    String javaDescription,
    List<String> jvmOptions) {

  private static final List<Path> CGROUP_LIMITS =
      List.of(
          Path.of("/sys/fs/cgroup/memory.max"),
          Path.of("/sys/fs/cgroup/memory/memory.limit_in_bytes"));

  static Machine ofProcess() {
    OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    return new Machine(
        system.getTotalMemorySize(),
        containerBytes(CGROUP_LIMITS),
        system instanceof UnixOperatingSystemMXBean unix ? unix.getMaxFileDescriptorCount() : -1,
        Runtime.version().feature(),
        Runtime.version() + " (" + System.getProperty("java.vendor") + ")",
        ManagementFactory.getRuntimeMXBean().getInputArguments());
  }

  /** The first limit that is a number; cgroup v2 writes {@code max} for none. */
  static long containerBytes(List<Path> limits) {
    for (Path limit : limits) {
      try {
        String text = Files.readString(limit).strip();
        if (text.matches("\\d{1,18}")) {
          return Long.parseLong(text);
        }
      } catch (IOException absent) {
        // Another version of cgroups, or none: the next file may be there.
        continue;
      }
    }
    return Long.MAX_VALUE;
  }
}
