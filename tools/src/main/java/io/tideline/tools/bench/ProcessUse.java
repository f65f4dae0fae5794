package io.tideline.tools.bench;

import io.tideline.tools.node.LocalCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * What processes have used since they were started, as the system and their metrics tell.
 *
 * @param cpuNanos CPU time of all their threads
 * @param writtenBytes bytes of file pages made dirty, which the kernel writes to disk
 * @param syncs forces of log segments
 * @param logBytes bytes written to log segments
 */
public record ProcessUse(long cpuNanos, long writtenBytes, long syncs, long logBytes) {

  public static final ProcessUse NONE = new ProcessUse(0, 0, 0, 0);

  private static final String SYNCS = "tideline_log_syncs";
  private static final String LOG_BYTES = "tideline_log_written_bytes";

  /** Of another process on this machine, without what only its metrics tell. */
  public static ProcessUse of(long pid) throws IOException {
    long cpu =
        ProcessHandle.of(pid)
            .flatMap(process -> process.info().totalCpuDuration())
            .map(Duration::toNanos)
            .orElse(0L);
    long written = 0;
    Path io = Path.of("/proc", Long.toString(pid), "io");
    if (Files.isReadable(io)) {
      for (String line : Files.readAllLines(io)) {
        if (line.startsWith("write_bytes:")) {
          written = Long.parseLong(line.substring("write_bytes:".length()).strip());
        }
      }
    }
    return new ProcessUse(cpu, written, 0, 0);
  }

  /** Of a node. */
  public static ProcessUse ofNode(long pid, String httpEndpoint)
      throws IOException, InterruptedException {
    ProcessUse use = of(pid);
    NodeFigures figures = NodeFigures.of(httpEndpoint);
    return new ProcessUse(
        use.cpuNanos, use.writtenBytes, figures.sum(SYNCS), figures.sum(LOG_BYTES));
  }

  /** Of all nodes of a cluster together. */
  public static ProcessUse of(LocalCluster cluster) throws IOException, InterruptedException {
    ProcessUse sum = NONE;
    for (int i = 0; i < cluster.size(); i++) {
      sum = sum.plus(ofNode(cluster.pid(i), cluster.httpEndpoint(i)));
    }
    return sum;
  }

  /** CPU time of this process, nanoseconds. */
  public static long ownCpuNanos() {
    return ProcessHandle.current().info().totalCpuDuration().map(Duration::toNanos).orElse(0L);
  }

  public ProcessUse plus(ProcessUse other) {
    return new ProcessUse(
        cpuNanos + other.cpuNanos,
        writtenBytes + other.writtenBytes,
        syncs + other.syncs,
        logBytes + other.logBytes);
  }

  public ProcessUse minus(ProcessUse earlier) {
    return new ProcessUse(
        cpuNanos - earlier.cpuNanos,
        writtenBytes - earlier.writtenBytes,
        syncs - earlier.syncs,
        logBytes - earlier.logBytes);
  }
}
