package io.tideline.server.service;

import static io.tideline.server.node.TestNode.message;
import static io.tideline.server.node.TestNode.timeline;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tideline.proto.v1.AppendRequest;
import io.tideline.proto.v1.AppendResponse;
import io.tideline.proto.v1.CoverageStatus;
import io.tideline.proto.v1.Entry;
import io.tideline.proto.v1.ErrorReason;
import io.tideline.proto.v1.FlushPartitionsRequest;
import io.tideline.proto.v1.GetRequest;
import io.tideline.proto.v1.ScanRequest;
import io.tideline.proto.v1.ScanResponse;
import io.tideline.proto.v1.SequenceMode;
import io.tideline.proto.v1.StoreOptions;
import io.tideline.proto.v1.SyncPosition;
import io.tideline.proto.v1.SyncRequest;
import io.tideline.proto.v1.SyncResult;
import io.tideline.server.node.TestNode;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Expiry through real gRPC, with the node's clock in the test's hand. */
final class ExpiryEndToEndTest {

  private static final long TTL_MILLIS = 3_600_000;

  @TempDir private Path directory;

  @Test
  void expiredPositionsAreTrimmedAndNumberingGoesOn() throws Exception {
    AtomicLong now = new AtomicLong(Instant.parse("2026-01-01T00:00:00Z").toEpochMilli());
    InstantSource clock = () -> Instant.ofEpochMilli(now.get());
    Path data = directory.resolve("data");
    try (TestNode node = TestNode.start(TestNode.config(data), clock)) {
      node.createStore(
          "inbox",
          StoreOptions.newBuilder()
              .setSequenceMode(SequenceMode.SEQUENCE_MODE_DENSE)
              .setTtlMs(TTL_MILLIS)
              .build());
      append(node, "u1");
      append(node, "u1");
      now.addAndGet(TTL_MILLIS / 2);
      append(node, "u1");
      assertThat(scan(node, 1).getCoverage().getStatus())
          .isEqualTo(CoverageStatus.COVERAGE_STATUS_COMPLETE);

      // The first two are over age now, the third is not.
      now.addAndGet(TTL_MILLIS / 2 + 120_000);
      await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(
              () ->
                  assertThat(scan(node, 1).getEntriesList())
                      .extracting(Entry::getSequenceId)
                      .containsExactly(3L));
      assertThat(scan(node, 1).getCoverage().getStatus())
          .isEqualTo(CoverageStatus.COVERAGE_STATUS_TRIMMED);
      assertThat(scan(node, 1).getCoverage().getFirstRetainedSequenceId()).isEqualTo(3);
      Refusals.assertRefused(
          ErrorReason.ERROR_REASON_NOT_RETAINED,
          () -> {
            var unused =
                node.timelines()
                    .get(
                        GetRequest.newBuilder()
                            .setStore("inbox")
                            .setTimeline(timeline("u1"))
                            .setSequenceId(2)
                            .build());
          });

      // Everything is over age.
      now.addAndGet(TTL_MILLIS * 2);
      await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(() -> assertThat(scan(node, 1).getEntriesList()).isEmpty());
      SyncResult sync = sync(node, 2);
      assertThat(sync.getCoverage().getStatus()).isEqualTo(CoverageStatus.COVERAGE_STATUS_TRIMMED);
      assertThat(sync.getCoverage().getFirstRetainedSequenceId()).isEqualTo(4);
      assertThat(sync.getCoverage().getNextSequenceId()).isEqualTo(4);
      assertThat(sync(node, 3).getCoverage().getStatus())
          .isEqualTo(CoverageStatus.COVERAGE_STATUS_COMPLETE);
      var unused = node.admin().flushPartitions(FlushPartitionsRequest.getDefaultInstance());
    }
    try (TestNode node = TestNode.start(TestNode.config(data), clock)) {
      assertThat(append(node, "u1").getSequenceId()).isEqualTo(4);
      assertThat(scan(node, 1).getCoverage().getFirstRetainedSequenceId()).isEqualTo(4);
    }
  }

  private static AppendResponse append(TestNode node, String user) {
    return node.timelines()
        .append(
            AppendRequest.newBuilder()
                .setStore("inbox")
                .setTimeline(timeline(user))
                .setMessage(message("m"))
                .build());
  }

  private static ScanResponse scan(TestNode node, long from) {
    return node.timelines()
        .scan(
            ScanRequest.newBuilder()
                .setStore("inbox")
                .setTimeline(timeline("u1"))
                .setFromSequenceId(from)
                .build());
  }

  private static SyncResult sync(TestNode node, long after) {
    return node.timelines()
        .sync(
            SyncRequest.newBuilder()
                .setStore("inbox")
                .addPositions(
                    SyncPosition.newBuilder().setTimeline(timeline("u1")).setAfterSequenceId(after))
                .build())
        .getResults(0);
  }
}
