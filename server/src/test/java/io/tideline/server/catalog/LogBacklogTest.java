package io.tideline.server.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tideline.lsm.fs.RealFileSystem;
import io.tideline.server.command.AppendResult;
import io.tideline.server.replica.PartitionStatus;
import io.tideline.server.replica.Refusal;
import io.tideline.server.replica.WriteOutcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Partitions that are quiet give up the log that others fill, long before it is at its limit. */
final class LogBacklogTest {

  /** Log that one partition may hold back; the log's own limit is far above what is written. */
  private static final long FLUSH_LOG_BYTES = 2 << 20;

  private static final int VALUE_BYTES = 64 << 10;

  /** Eight times what a partition may hold back. */
  private static final int BUSY_APPENDS = (int) (8 * FLUSH_LOG_BYTES / VALUE_BYTES);

  /** Two advised flushes, one sample's worth of writes late, and whole segments of 1 MiB. */
  private static final long LOG_BYTES_MAX = 4 * FLUSH_LOG_BYTES;

  @TempDir private Path directory;

  @Test
  void aQuietPartitionIsFlushedAndItsLogSegmentsGo() throws Exception {
    HostSettings defaults = HostFixture.settings(directory);
    HostSettings settings =
        defaults.withEngineOptions(defaults.engineOptions().withFlushLogBytes(FLUSH_LOG_BYTES));
    try (HostFixture node = open(settings)) {
      node.create("chat", HostFixture.DENSE, "m");
      assertThat(node.append("chat", "a", "", "once").sequenceId()).isEqualTo(1);
      writeMuch(node);
      awaitShortLog(node);
      assertThat(segments()).doesNotContain("0000000000000001.log");
      PartitionStatus quiet = node.replica("chat", "a").status();
      assertThat(quiet.durable().position()).isEqualTo(quiet.applied().position());
      assertThat(quiet.stats().flushes()).isPositive();
    }

    // Now the quiet partition's log has an entry without rows, that of its new term.
    try (HostFixture node = open(settings)) {
      assertThat(node.replica("chat", "a").status().replayedEntries()).isZero();
      assertThat(node.host.replayedEntries() * VALUE_BYTES).isLessThan(LOG_BYTES_MAX);
      List<String> atStart = segments();
      writeMuch(node);
      awaitShortLog(node);
      assertThat(segments()).doesNotContainAnyElementsOf(atStart);
      assertThat(node.read("chat", "a")).containsExactly("1=once");
      assertThat(node.append("chat", "a", "", "again").sequenceId()).isEqualTo(2);
      assertThat(node.fatal).isEmpty();
    }
  }

  private static HostFixture open(HostSettings settings) throws Exception {
    return new HostFixture(new RealFileSystem(), settings, 1_000_000);
  }

  private static void writeMuch(HostFixture node) throws Exception {
    String value = "v".repeat(VALUE_BYTES);
    for (int i = 0; i < BUSY_APPENDS; i++) {
      appendOnceThereIsRoom(node, value);
    }
  }

  /** A writer that is faster than the disk is refused now and then; it is to try again. */
  private static void appendOnceThereIsRoom(HostFixture node, String value) {
    await()
        .atMost(Duration.ofSeconds(30))
        .pollDelay(Duration.ZERO)
        .until(
            () -> {
              WriteOutcome<AppendResult> outcome =
                  node.submit("chat", "z", "", value).get(30, TimeUnit.SECONDS);
              if (outcome instanceof WriteOutcome.Refused<AppendResult> refused) {
                assertThat(refused.refusal().reason()).isEqualTo(Refusal.Reason.LOG_BACKLOG);
                return false;
              }
              assertThat(outcome).isInstanceOf(WriteOutcome.Applied.class);
              return true;
            });
  }

  private static void awaitShortLog(HostFixture node) {
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () -> assertThat(node.host.logStats().logBytes()).isLessThanOrEqualTo(LOG_BYTES_MAX));
    assertThat(node.host.logStats().rewrittenEntries()).isZero();
  }

  private List<String> segments() throws IOException {
    try (Stream<Path> files = Files.list(directory.resolve("log"))) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".log"))
          .sorted(Comparator.naturalOrder())
          .toList();
    }
  }
}
