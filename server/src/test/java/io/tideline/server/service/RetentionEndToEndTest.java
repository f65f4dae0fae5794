package io.tideline.server.service;

import static io.tideline.server.node.TestNode.timeline;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tideline.proto.v1.AlterStoreRequest;
import io.tideline.proto.v1.AlterStoreResponse;
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
import io.tideline.server.node.TestCluster;
import io.tideline.server.node.TestNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What timelines keep, through real gRPC on real nodes. */
final class RetentionEndToEndTest {

  @TempDir private Path directory;

  @Test
  void whoReadsBelowWhatIsKeptIsTold() throws Exception {
    try (TestNode node = TestNode.start(directory)) {
      node.createStore("inbox", entries(SequenceMode.SEQUENCE_MODE_DENSE, 3));
      append(node, 3);
      assertThat(scan(node).getCoverage().getStatus())
          .isEqualTo(CoverageStatus.COVERAGE_STATUS_COMPLETE);
      append(node, 2);
      assertKept(node, 3, 4, 5);
      SyncResult behind = sync(node, 1);
      assertThat(behind.getCoverage().getStatus())
          .isEqualTo(CoverageStatus.COVERAGE_STATUS_TRIMMED);
      assertThat(behind.getCoverage().getFirstRetainedSequenceId()).isEqualTo(3);
      assertThat(behind.getCoverage().getNextSequenceId()).isEqualTo(6);
      assertThat(sync(node, 2).getCoverage().getStatus())
          .isEqualTo(CoverageStatus.COVERAGE_STATUS_COMPLETE);
      Refusals.assertRefused(
          ErrorReason.ERROR_REASON_NOT_RETAINED,
          () -> {
            var unused =
                node.timelines()
                    .get(
                        GetRequest.newBuilder()
                            .setStore("inbox")
                            .setTimeline(timeline("u"))
                            .setSequenceId(2)
                            .build());
          });
    }
  }

  @Test
  void limitsAreAlteredWhileTheStoreIsInUseAndOutliveARestart() throws Exception {
    try (TestNode node = TestNode.start(directory)) {
      node.createStore("inbox", SequenceMode.SEQUENCE_MODE_DENSE);
      append(node, 6);
      assertThat(alter(node, 4).getStore().getOptions().getRetentionMaxEntries()).isEqualTo(4);
      assertThat(scan(node).getEntriesCount()).isEqualTo(6);
      append(node, 1);
      assertKept(node, 4, 5, 6, 7);
      var _ = alter(node, 6);
      append(node, 1);
      assertKept(node, 4, 5, 6, 7, 8);
      var _ = alter(node, 2);
      append(node, 1);
      assertKept(node, 8, 9);
      var _ = node.admin().flushPartitions(FlushPartitionsRequest.getDefaultInstance());
    }
    try (TestNode node = TestNode.start(directory)) {
      assertKept(node, 8, 9);
      append(node, 1);
      assertKept(node, 9, 10);
      var _ = alter(node, 0);
      append(node, 2);
      assertKept(node, 9, 10, 11, 12);
    }
  }

  @Test
  void aStoreWhoseIdsAreNotDenseRefusesMoreThanItCanCount() throws Exception {
    try (TestNode node = TestNode.start(directory)) {
      node.createStore("inbox", entries(SequenceMode.SEQUENCE_MODE_MONOTONIC, 1_000_000));
      Refusals.assertRefused(
          ErrorReason.ERROR_REASON_OUT_OF_RANGE,
          () -> {
            var unused = alter(node, 1_000_001);
          });
    }
  }

  @Test
  void allReplicasKeepTheSame() throws Exception {
    try (TestCluster cluster = TestCluster.start(directory, 3)) {
      cluster.node(0).createStore("inbox", entries(SequenceMode.SEQUENCE_MODE_DENSE, 3));
      append(cluster.node(1), 5);
      for (TestNode node : cluster.nodes()) {
        assertKept(node, 3, 4, 5);
      }
      var _ = alter(cluster.node(2), 2);
      // Whoever leads gets to know of it by itself.
      await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(
              () -> {
                append(cluster.node(0), 1);
                assertThat(scan(cluster.node(1)).getEntriesCount()).isEqualTo(2);
              });
      List<Long> kept = ids(scan(cluster.node(0)));
      cluster.stop(2);
      var _ = cluster.beginStart(2).get(60, TimeUnit.SECONDS);
      for (TestNode node : cluster.nodes()) {
        assertThat(ids(scan(node))).isEqualTo(kept);
      }
    }
  }

  private static StoreOptions entries(SequenceMode mode, long max) {
    return StoreOptions.newBuilder().setSequenceMode(mode).setRetentionMaxEntries(max).build();
  }

  private static AlterStoreResponse alter(TestNode node, long maxEntries) {
    return node.stores()
        .alterStore(
            AlterStoreRequest.newBuilder()
                .setName("inbox")
                .setOptions(StoreOptions.newBuilder().setRetentionMaxEntries(maxEntries))
                .addUpdateFields("retention_max_entries")
                .build());
  }

  private static void append(TestNode node, int count) {
    for (int i = 0; i < count; i++) {
      node.append("inbox", "u", "m");
    }
  }

  private static void assertKept(TestNode node, long... ids) {
    ScanResponse scan = scan(node);
    assertThat(ids(scan)).containsExactly(LongStream.of(ids).boxed().toArray(Long[]::new));
    assertThat(scan.getCoverage().getStatus()).isEqualTo(CoverageStatus.COVERAGE_STATUS_TRIMMED);
    assertThat(scan.getCoverage().getFirstRetainedSequenceId()).isEqualTo(ids[0]);
  }

  private static List<Long> ids(ScanResponse scan) {
    return scan.getEntriesList().stream().map(Entry::getSequenceId).toList();
  }

  private static ScanResponse scan(TestNode node) {
    return node.timelines()
        .scan(
            ScanRequest.newBuilder()
                .setStore("inbox")
                .setTimeline(timeline("u"))
                .setFromSequenceId(1)
                .build());
  }

  private static SyncResult sync(TestNode node, long after) {
    return node.timelines()
        .sync(
            SyncRequest.newBuilder()
                .setStore("inbox")
                .addPositions(
                    SyncPosition.newBuilder().setTimeline(timeline("u")).setAfterSequenceId(after))
                .build())
        .getResults(0);
  }
}
