package io.tideline.it;

import static io.tideline.it.harness.Wire.refusalOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tideline.it.harness.NodeConfig;
import io.tideline.it.harness.Nodes;
import io.tideline.it.harness.ServerProcess;
import io.tideline.it.harness.Wire;
import io.tideline.proto.v1.AppendResponse;
import io.tideline.proto.v1.BatchAppendItem;
import io.tideline.proto.v1.BatchAppendRequest;
import io.tideline.proto.v1.Coverage;
import io.tideline.proto.v1.CoverageStatus;
import io.tideline.proto.v1.Entry;
import io.tideline.proto.v1.ErrorReason;
import io.tideline.proto.v1.FlushPartitionsRequest;
import io.tideline.proto.v1.GetRequest;
import io.tideline.proto.v1.LatestRequest;
import io.tideline.proto.v1.LatestResult;
import io.tideline.proto.v1.ListPartitionsRequest;
import io.tideline.proto.v1.PartitionStatus;
import io.tideline.proto.v1.ScanDirection;
import io.tideline.proto.v1.ScanRequest;
import io.tideline.proto.v1.ScanResponse;
import io.tideline.proto.v1.StoreOptions;
import io.tideline.proto.v1.SyncPosition;
import io.tideline.proto.v1.SyncRequest;
import io.tideline.proto.v1.SyncResult;
import io.tideline.proto.v1.TimelineHead;
import io.tideline.proto.v1.TimelineId;
import java.time.Duration;
import java.util.Locale;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Entries expire, numbers do not: what a reader from an old position is told, and what comes next.
 */
class TtlIT {

  private static final TimelineId TIMELINE = Wire.id("alice");
  private static final int TTL_MILLIS = 3_000;

  /** The TTL, and what a busy machine may add. */
  private static final Duration PATIENCE = Duration.ofSeconds(40);

  @RegisterExtension static final Nodes NODES = new Nodes();

  private static ServerProcess node;
  private static Wire wire;

  /** Each test has its own. */
  private String store;

  @BeforeAll
  static void startNode() {
    node = NODES.start(NodeConfig.shortLived());
    wire = node.wire();
  }

  @BeforeEach
  void createStore(TestInfo test) {
    store = test.getTestMethod().orElseThrow().getName().toLowerCase(Locale.ROOT);
    wire.createStore(store, StoreOptions.newBuilder().setTtlMs(TTL_MILLIS).build());
  }

  @Test
  void numberingGoesOnAfterEveryEntryExpired() {
    appendThree(TIMELINE);
    awaitAllExpired(TIMELINE);

    AppendResponse next = wire.append(store, TIMELINE, Wire.text("fresh"));
    ScanResponse fromTheFirst = scanFrom(TIMELINE, 1);

    assertThat(next.getPreviousSequenceId()).isEqualTo(3);
    assertThat(next.getSequenceId()).isEqualTo(4);
    assertThat(fromTheFirst.getEntriesList()).extracting(Entry::getSequenceId).containsExactly(4L);
    assertThat(fromTheFirst.getCoverage())
        .isEqualTo(
            Coverage.newBuilder()
                .setStatus(CoverageStatus.COVERAGE_STATUS_TRIMMED)
                .setLastSequenceId(4)
                .setFirstRetainedSequenceId(4)
                .setNextSequenceId(5)
                .setTimelineExists(true)
                .build());
  }

  @Test
  void everyReadTellsThatItsPositionExpired() {
    appendThree(TIMELINE);
    awaitAllExpired(TIMELINE);

    TimelineHead head = wire.head(store, TIMELINE);
    ScanResponse backward =
        wire.timelines()
            .scan(
                scan(TIMELINE)
                    .setDirection(ScanDirection.SCAN_DIRECTION_BACKWARD)
                    .setToSequenceId(4)
                    .build());
    SyncResult sync =
        wire.timelines()
            .sync(
                SyncRequest.newBuilder()
                    .setStore(store)
                    .addPositions(
                        SyncPosition.newBuilder().setTimeline(TIMELINE).setAfterSequenceId(1))
                    .build())
            .getResults(0);
    LatestResult latest =
        wire.timelines()
            .latest(LatestRequest.newBuilder().setStore(store).addTimelines(TIMELINE).build())
            .getResults(0);

    assertThat(head.getExists()).isTrue();
    assertThat(head.getLastSequenceId()).isEqualTo(3);
    assertThat(head.getFirstRetainedSequenceId()).isEqualTo(4);
    assertThat(head.getAppendedCount()).isEqualTo(3);
    assertThat(backward.getEntriesList()).isEmpty();
    assertThat(backward.getCoverage().getStatus())
        .isEqualTo(CoverageStatus.COVERAGE_STATUS_TRIMMED);
    assertThat(sync.getEntriesList()).isEmpty();
    assertThat(sync.getCoverage().getStatus()).isEqualTo(CoverageStatus.COVERAGE_STATUS_TRIMMED);
    assertThat(sync.getCoverage().getFirstRetainedSequenceId()).isEqualTo(4);
    assertThat(latest.hasEntry()).isFalse();
    assertThat(latest.getCoverage().getFirstRetainedSequenceId()).isEqualTo(4);
    assertThat(
            refusalOf(
                    () ->
                        wire.timelines()
                            .get(
                                GetRequest.newBuilder()
                                    .setStore(store)
                                    .setTimeline(TIMELINE)
                                    .setSequenceId(2)
                                    .build()))
                .reason())
        .isEqualTo(ErrorReason.ERROR_REASON_NOT_RETAINED);
  }

  @Test
  void aReaderAtTheEndIsNotToldOfATrim() {
    appendThree(TIMELINE);
    awaitAllExpired(TIMELINE);

    Coverage atTheEnd = scanFrom(TIMELINE, 4).getCoverage();

    assertThat(atTheEnd.getStatus()).isEqualTo(CoverageStatus.COVERAGE_STATUS_COMPLETE);
    assertThat(atTheEnd.getNextSequenceId()).isEqualTo(4);
  }

  @Test
  void numberingOutlivesFlushCompactionKillAndStop() {
    appendThree(TIMELINE);
    flush();
    awaitAllExpired(TIMELINE);
    awaitDroppedFromDisk();

    node.kill9();
    node.restart();
    AppendResponse afterKill = wire.append(store, TIMELINE, Wire.text("after the kill"));
    awaitAllExpired(TIMELINE);
    node.stop();
    node.restart();
    ScanResponse empty = scanFrom(TIMELINE, 2);
    AppendResponse afterStop = wire.append(store, TIMELINE, Wire.text("after the stop"));

    assertThat(afterKill.getSequenceId()).isEqualTo(4);
    assertThat(empty.getEntriesList()).isEmpty();
    assertThat(empty.getCoverage().getStatus()).isEqualTo(CoverageStatus.COVERAGE_STATUS_TRIMMED);
    assertThat(empty.getCoverage().getFirstRetainedSequenceId()).isEqualTo(5);
    assertThat(afterStop.getPreviousSequenceId()).isEqualTo(4);
    assertThat(afterStop.getSequenceId()).isEqualTo(5);
    assertThat(wire.head(store, TIMELINE).getAppendedCount()).isEqualTo(5);
  }

  /**
   * Fills tables with what soon expires and keeps compactions coming until it is gone from disk.
   */
  private void awaitDroppedFromDisk() {
    TimelineId bulk = Wire.id("bulk");
    for (int round = 0; round < 4; round++) {
      appendKibibytes(bulk, 1_000);
      flush();
    }
    long full = tableBytes();
    awaitAllExpired(bulk);
    await("expired entries leave the disk")
        .atMost(PATIENCE)
        .until(
            () -> {
              wire.append(store, Wire.id("ticker"), Wire.text("tick"));
              flush();
              return tableBytes() < full / 4;
            });
  }

  private void appendKibibytes(TimelineId timeline, int kibibytes) {
    BatchAppendRequest.Builder batch = BatchAppendRequest.newBuilder().setStore(store);
    for (int i = 0; i < kibibytes; i++) {
      // Digits of a hash: they do not compress to nothing.
      StringBuilder text = new StringBuilder();
      for (int j = 0; text.length() < 1_024; j++) {
        text.append(Long.toString((i * 1_000_003L + j) * 0x9e3779b97f4a7c15L, 36));
      }
      batch.addItems(
          BatchAppendItem.newBuilder()
              .setTimeline(timeline)
              .setMessage(Wire.text(text.toString())));
    }
    wire.timelines().batchAppend(batch.build());
  }

  private long tableBytes() {
    return wire
        .admin()
        .listPartitions(ListPartitionsRequest.newBuilder().setStore(store).build())
        .getPartitionsList()
        .stream()
        .mapToLong(PartitionStatus::getTableBytes)
        .sum();
  }

  private void flush() {
    wire.admin().flushPartitions(FlushPartitionsRequest.getDefaultInstance());
  }

  private void appendThree(TimelineId timeline) {
    for (int i = 1; i <= 3; i++) {
      wire.append(store, timeline, Wire.text("message " + i));
    }
    assertThat(scanFrom(timeline, 1).getEntriesCount()).isEqualTo(3);
  }

  private void awaitAllExpired(TimelineId timeline) {
    await("all of " + timeline + " has expired")
        .atMost(PATIENCE)
        .until(() -> scanFrom(timeline, 1).getEntriesCount() == 0);
  }

  private ScanResponse scanFrom(TimelineId timeline, long from) {
    return wire.timelines().scan(scan(timeline).setFromSequenceId(from).build());
  }

  private ScanRequest.Builder scan(TimelineId timeline) {
    return ScanRequest.newBuilder().setStore(store).setTimeline(timeline);
  }
}
