package io.tideline.tools.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What Linux tells of a process at one moment.
 *
 * @param threads threads of the operating system
 * @param residentBytes memory in use, of heap and all else
 * @param cpuMillis CPU time since the process began, in steps of 10 ms
 * @param threadCpuMillis the same by thread name, numbers at the end of a name left out; a thread
 *     that has ended no longer counts
 */
public record ProcessSample(
    int threads, long residentBytes, long cpuMillis, Map<String, Long> threadCpuMillis) {

  /** The unit of /proc/PID/stat, {@code USER_HZ}: the same on every Linux that runs a JVM. */
  private static final int MILLIS_PER_TICK = 10;

  private static final int KIBIBYTE = 1_024;

  // Fields of /proc/PID/stat behind the name in parentheses, from 0.
  private static final int USER_TICKS = 11;
  private static final int SYSTEM_TICKS = 12;

  /**
   * @param processes /proc
   * @throws IOException if there is no such process
   */
  public static ProcessSample of(Path processes, long pid) throws IOException {
    Path directory = processes.resolve(Long.toString(pid));
    int threads = 0;
    long residentBytes = 0;
    for (String line : Files.readAllLines(directory.resolve("status"))) {
      if (line.startsWith("Threads:")) {
        threads = Math.toIntExact(number(line, "Threads:"));
      } else if (line.startsWith("VmRSS:")) {
        residentBytes = number(line, "VmRSS:") * KIBIBYTE;
      }
    }
    return new ProcessSample(
        threads, residentBytes, cpuMillis(stat(directory)), threadCpuMillis(directory));
  }

  private static long number(String line, String name) {
    return Long.parseLong(line.substring(name.length()).replace("kB", "").strip());
  }

  private static Map<String, Long> threadCpuMillis(Path directory) throws IOException {
    Map<String, Long> byName = new TreeMap<>();
    try (Stream<Path> tasks = Files.list(directory.resolve("task"))) {
      for (Path task : (Iterable<Path>) tasks::iterator) {
        try {
          String stat = stat(task);
          String name = stat.substring(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
          byName.merge(name.replaceAll("[-#_ ]*[0-9]+$", ""), cpuMillis(stat), Long::sum);
        } catch (NoSuchFileException ended) {
          // Between listing and reading.
          continue;
        }
      }
    }
    return byName;
  }

  private static String stat(Path directory) throws IOException {
    return Files.readString(directory.resolve("stat"));
  }

  /** The name may hold anything, also spaces and parentheses: fields count from its end. */
  private static long cpuMillis(String stat) {
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    return (Long.parseLong(fields[USER_TICKS]) + Long.parseLong(fields[SYSTEM_TICKS]))
        * MILLIS_PER_TICK;
  }

  /** CPU time by thread name since an earlier sample, most first. */
  public Map<String, Long> threadCpuMillisSince(ProcessSample earlier) {
    Map<String, Long> since = new HashMap<>();
    threadCpuMillis.forEach(
        (name, millis) -> {
          long used = millis - earlier.threadCpuMillis.getOrDefault(name, 0L);
          if (used > 0) {
            since.put(name, used);
          }
        });
    return since;
  }
}
