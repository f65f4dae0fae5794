package io.tideline.tools.bench.cluster;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * What processes have used since they were started, as the system and their metrics tell.
 *
 * @param cpuNanos CPU time of all their threads
 * @param writtenBytes bytes of file pages made dirty, which the kernel writes to disk
 * @param syncs forces of log segments
 */
record ProcessUse(long cpuNanos, long writtenBytes, long syncs) {

  static final ProcessUse NONE = new ProcessUse(0, 0, 0);

  private static final String SYNCS = "tideline_log_syncs ";
  private static final Duration SCRAPE_MAX = Duration.ofSeconds(10);

  /** Of another process on this machine, without what only its metrics tell. */
  static ProcessUse of(long pid) throws IOException {
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
    return new ProcessUse(cpu, written, 0);
  }

  /** Of a node. */
  static ProcessUse ofNode(long pid, String httpEndpoint) throws IOException, InterruptedException {
    ProcessUse use = of(pid);
    try (HttpClient http = HttpClient.newHttpClient()) {
      String metrics =
          http.send(
                  HttpRequest.newBuilder(URI.create("http://" + httpEndpoint + "/metrics"))
                      .timeout(SCRAPE_MAX)
                      .build(),
                  HttpResponse.BodyHandlers.ofString())
              .body();
      long syncs =
          metrics
              .lines()
              .filter(line -> line.startsWith(SYNCS))
              .mapToLong(line -> (long) Double.parseDouble(line.substring(SYNCS.length())))
              .findFirst()
              .orElseThrow(() -> new IOException("no metric " + SYNCS + "at " + httpEndpoint));
      return new ProcessUse(use.cpuNanos, use.writtenBytes, syncs);
    }
  }

  ProcessUse plus(ProcessUse other) {
    return new ProcessUse(
        cpuNanos + other.cpuNanos, writtenBytes + other.writtenBytes, syncs + other.syncs);
  }

  ProcessUse minus(ProcessUse earlier) {
    return new ProcessUse(
        cpuNanos - earlier.cpuNanos, writtenBytes - earlier.writtenBytes, syncs - earlier.syncs);
  }
}
