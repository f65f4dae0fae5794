package io.tideline.server.transfer;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * How fast an empty replica gets a partition: copied, verified, synced, installed and opened, with
 * both nodes in this process. {@code -Dtideline.transfer.mib=1024} for a figure worth quoting; the
 * limit of bytes a second is off.
 */
@Tag("slow")
class TransferRateTest {

  private static final int MIB = Integer.getInteger("tideline.transfer.mib", 64);

  @TempDir Path directory;

  @Test
  void rateOfAWholePartition() throws Exception {
    TransferLimits limits = TransferLimits.DEFAULTS.withBytesPerSecond(0);
    try (TransferFixture fixture = new TransferFixture(directory, limits, 32 << 20)) {
      while (fixture.engine.stats().tableBytes() < (long) MIB << 20) {
        fixture.writeRun(30_000);
      }
      fixture.engine.awaitQuiescence();
      com.sun.management.OperatingSystemMXBean system =
          (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
      Path root = directory.resolve("receiver");
      for (int round = 1; round <= 3; round++) {
        Path engine = root.resolve("7-" + round);
        try (SnapshotOffer offer = fixture.sender.offer(TransferFixture.PARTITION, fixture.engine);
            SnapshotTransfers receiver =
                new SnapshotTransfers(
                    fixture.files,
                    root.resolve("t"),
                    "localhost:1",
                    fixture.address::equals,
                    limits)) {
          long cpu = system.getProcessCpuTime();
          long begin = System.nanoTime();
          FetchResult result =
              receiver.fetch(TransferFixture.PARTITION, offer.uri(), engine).join();
          long fetched = System.nanoTime();
          assertThat(result).isInstanceOf(FetchResult.Arrived.class);
          ((FetchResult.Arrived) result).snapshot().install();
          fixture.open(engine, fixture.resources).close();
          long end = System.nanoTime();
          double mb = receiver.receivedBytes() / 1e6;
          System.out.printf(
              "round %d: %.0f MB, %.1f MB/s over all, %.1f MB/s copied, install and open %d ms, CPU"
                  + " of both sides %.2f ms per MB%n",
              round,
              mb,
              mb / ((end - begin) / 1e9),
              mb / ((fetched - begin) / 1e9),
              TimeUnit.NANOSECONDS.toMillis(end - fetched),
              (system.getProcessCpuTime() - cpu) / 1e6 / mb);
          assertThat(receiver.receivedBytes()).isGreaterThan((long) MIB << 19);
        }
        Trees.delete(fixture.files, engine);
      }
    }
  }
}
