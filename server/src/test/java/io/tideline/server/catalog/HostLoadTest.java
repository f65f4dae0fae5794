package io.tideline.server.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.lsm.fs.RealFileSystem;
import io.tideline.lsm.testing.Seeds;
import io.tideline.server.command.AppendResult;
import io.tideline.server.replica.PartitionStatus;
import io.tideline.server.replica.WriteOutcome;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Many writers, and many partitions. */
final class HostLoadTest {

  private static final int TIMELINES = 5;

  @TempDir Path directory;

  /** Every message is sent up to three times, as a client does that lost the answers. */
  @Test
  void concurrentWritersWithRetriesLeaveNoHoleAndNoDuplicate() throws Exception {
    long seed = Seeds.seedOr(3);
    int threads = 8;
    int perThread = Seeds.isFullScale() ? 5_000 : 400;
    Set<String> sent = ConcurrentHashMap.newKeySet();
    try (HostFixture node =
            new HostFixture(new RealFileSystem(), HostFixture.settings(directory), 1_000_000);
        ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      node.create("chat", HostFixture.DENSE, "t2");
      List<Future<?>> writers = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        int thread = t;
        writers.add(
            pool.submit(() -> write(node, new Random(seed + thread), thread, perThread, sent)));
      }
      for (Future<?> writer : writers) {
        writer.get(120, TimeUnit.SECONDS);
      }
      int total = 0;
      for (int t = 0; t < TIMELINES; t++) {
        List<String> rows = node.read("chat", "t" + t);
        Set<String> values = new HashSet<>();
        for (int i = 0; i < rows.size(); i++) {
          String[] idAndValue = rows.get(i).split("=");
          assertThat(idAndValue[0]).as(Seeds.describe(seed)).isEqualTo("" + (i + 1));
          assertThat(values.add(idAndValue[1])).as("%s twice", rows.get(i)).isTrue();
          assertThat(sent).contains(idAndValue[1]);
        }
        total += rows.size();
      }
      assertThat(total).as(Seeds.describe(seed)).isEqualTo(sent.size());
      assertThat(node.host.inFlightBytes()).isZero();
      assertThat(node.fatal).isEmpty();
    }
  }

  private static void write(
      HostFixture node, Random random, int thread, int count, Set<String> sent) {
    for (int i = 0; i < count; i++) {
      String timeline = "t" + random.nextInt(TIMELINES);
      String value = timeline + "/" + thread + "/" + i;
      sent.add(value);
      Set<Long> ids = new HashSet<>();
      for (int attempt = 0; attempt <= random.nextInt(3); attempt++) {
        WriteOutcome<AppendResult> outcome = node.submit("chat", timeline, value, value).join();
        assertThat(outcome).isInstanceOf(WriteOutcome.Applied.class);
        AppendResult result = ((WriteOutcome.Applied<AppendResult>) outcome).result();
        assertThat(((AppendResult.Appended) result).duplicate()).isEqualTo(attempt > 0);
        ids.add(((AppendResult.Appended) result).sequenceId());
      }
      assertThat(ids).hasSize(1);
    }
  }

  @Test
  void thirtyPartitionsStartQuicklyAndCostLittleWhileIdle() throws Exception {
    int partitions = 30;
    HostSettings settings = HostFixture.settings(directory);
    String[] splitPoints = new String[partitions - 1];
    for (int i = 0; i < splitPoints.length; i++) {
      splitPoints[i] = "t%03d".formatted(i + 1);
    }
    try (HostFixture node = new HostFixture(new RealFileSystem(), settings, 1_000_000)) {
      node.create("chat", HostFixture.DENSE, splitPoints);
      for (int i = 0; i < partitions; i++) {
        assertThat(node.append("chat", "t%03d".formatted(i), "", "x").sequenceId()).isEqualTo(1);
      }
    }
    long begin = System.nanoTime();
    try (HostFixture node = new HostFixture(new RealFileSystem(), settings, 1_000_000)) {
      Duration start = Duration.ofNanos(System.nanoTime() - begin);
      assertThat(node.host.catalog().partitions())
          .hasSize(partitions + 1)
          .allMatch(p -> p.status().role() == PartitionStatus.Role.LEADER);
      for (int i = 0; i < partitions; i++) {
        assertThat(node.read("chat", "t%03d".formatted(i))).containsExactly("1=x");
      }
      int threads = ManagementFactory.getThreadMXBean().getThreadCount();
      double idleCpu = idleCpuShare(Duration.ofSeconds(2));
      System.out.printf(
          "30 partitions: start %d ms, %d threads, %.1f %% of a core idle%n",
          start.toMillis(), threads, idleCpu * 100);
      assertThat(start).isLessThan(Duration.ofSeconds(20));
      assertThat(threads).isLessThan(400);
      assertThat(idleCpu).isLessThan(0.8);
    }
  }

  /** CPU time of this process over a stretch of wall time in which nobody asks for anything. */
  private static double idleCpuShare(Duration stretch) throws InterruptedException {
    var os =
        (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long cpuBefore = os.getProcessCpuTime();
    long wallBefore = System.nanoTime();
    Object nobody = new Object();
    synchronized (nobody) {
      while (System.nanoTime() - wallBefore < stretch.toNanos()) {
        nobody.wait(stretch.toMillis());
      }
    }
    return (double) (os.getProcessCpuTime() - cpuBefore) / (System.nanoTime() - wallBefore);
  }
}
