package io.tideline.server.service;

import static io.tideline.server.node.TestNode.message;
import static io.tideline.server.node.TestNode.timeline;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.tideline.proto.v1.AppendRequest;
import io.tideline.proto.v1.AppendResponse;
import io.tideline.proto.v1.BatchAppendItem;
import io.tideline.proto.v1.BatchAppendRequest;
import io.tideline.proto.v1.BatchAppendResponse;
import io.tideline.proto.v1.Comparison;
import io.tideline.proto.v1.ComparisonOperator;
import io.tideline.proto.v1.CoverageStatus;
import io.tideline.proto.v1.Entry;
import io.tideline.proto.v1.EntryKind;
import io.tideline.proto.v1.ErrorReason;
import io.tideline.proto.v1.Filter;
import io.tideline.proto.v1.GetRequest;
import io.tideline.proto.v1.HeadsRequest;
import io.tideline.proto.v1.HeadsResponse;
import io.tideline.proto.v1.LatestRequest;
import io.tideline.proto.v1.LatestResponse;
import io.tideline.proto.v1.Projection;
import io.tideline.proto.v1.PutRequest;
import io.tideline.proto.v1.ReadConsistency;
import io.tideline.proto.v1.ReadOptions;
import io.tideline.proto.v1.RouteHint;
import io.tideline.proto.v1.ScanDirection;
import io.tideline.proto.v1.ScanRequest;
import io.tideline.proto.v1.ScanResponse;
import io.tideline.proto.v1.SequenceMode;
import io.tideline.proto.v1.SessionToken;
import io.tideline.proto.v1.SyncPosition;
import io.tideline.proto.v1.SyncRequest;
import io.tideline.proto.v1.SyncResponse;
import io.tideline.proto.v1.TrimRequest;
import io.tideline.proto.v1.Value;
import io.tideline.server.node.TestNode;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Timelines through real gRPC on a real node. Each test has timelines of its own. */
final class EndToEndTest {

  @TempDir private static Path directory;

  private static TestNode node;

  @BeforeAll
  static void start() throws Exception {
    node = TestNode.start(directory.resolve("data"));
    node.createStore("dense", SequenceMode.SEQUENCE_MODE_DENSE, "g", "p");
    node.createStore("monotonic", SequenceMode.SEQUENCE_MODE_MONOTONIC);
    node.createStore("manual", SequenceMode.SEQUENCE_MODE_MANUAL);
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  @Test
  void appendsAreNumberedFromOneAndReadBackWhole() {
    AppendResponse first = append("a1", "hello");
    AppendResponse second = append("a1", "你好");
    assertThat(first.getSequenceId()).isEqualTo(1);
    assertThat(first.getPreviousSequenceId()).isZero();
    assertThat(second.getSequenceId()).isEqualTo(2);
    assertThat(second.getPreviousSequenceId()).isEqualTo(1);

    ScanResponse page = scan("a1").build(node);
    assertThat(page.getEntriesList())
        .containsExactly(
            entry(1, first.getAppendTimeMs(), "hello"), entry(2, second.getAppendTimeMs(), "你好"));
    assertThat(page.getCoverage().getStatus()).isEqualTo(CoverageStatus.COVERAGE_STATUS_COMPLETE);
    assertThat(page.getCoverage().getNextSequenceId()).isEqualTo(3);
    assertThat(page.getCoverage().getFirstRetainedSequenceId()).isEqualTo(1);
  }

  @Test
  void messageKeyMakesARetryADuplicate() {
    AppendRequest request = request("a2", "once").toBuilder().setMessageKey("k1").build();
    AppendResponse first = node.timelines().append(request);
    AppendResponse again = node.timelines().append(request);
    assertThat(again.getDuplicate()).isTrue();
    assertThat(again.getSequenceId()).isEqualTo(first.getSequenceId());
    assertThat(again.getAppendTimeMs()).isEqualTo(first.getAppendTimeMs());
    assertThat(scan("a2").build(node).getEntriesCount()).isEqualTo(1);
    Refusals.assertRefused(
        ErrorReason.ERROR_REASON_MESSAGE_KEY_REUSED,
        () -> node.timelines().append(request.toBuilder().setMessage(message("other")).build()));
  }

  @Test
  void expectedLastIdGuardsAnAppend() {
    append("a3", "one");
    Refusals.assertRefused(
        ErrorReason.ERROR_REASON_CONDITION_FAILED,
        () ->
            node.timelines()
                .append(request("a3", "two").toBuilder().setExpectedLastSequenceId(0).build()));
    AppendResponse second =
        node.timelines()
            .append(request("a3", "two").toBuilder().setExpectedLastSequenceId(1).build());
    assertThat(second.getSequenceId()).isEqualTo(2);
  }

  @Test
  void batchSpansPartitionsAndAnswersEachItemInItsPlace() {
    BatchAppendRequest.Builder batch = BatchAppendRequest.newBuilder().setStore("dense");
    for (String conversation : List.of("b1", "z1", "h1", "b1", "z1")) {
      batch.addItems(
          BatchAppendItem.newBuilder()
              .setTimeline(timeline(conversation))
              .setMessage(message("m")));
    }
    batch.addItems(
        BatchAppendItem.newBuilder()
            .setTimeline(timeline("h1"))
            .setMessage(message("m"))
            .setExpectedLastSequenceId(77));
    BatchAppendResponse reply = node.timelines().batchAppend(batch.build());
    assertThat(reply.getResultsList().subList(0, 5))
        .extracting(result -> result.getOk().getSequenceId())
        .containsExactly(1L, 1L, 1L, 2L, 2L);
    assertThat(reply.getResults(5).getError().getDetail().getReason())
        .isEqualTo(ErrorReason.ERROR_REASON_CONDITION_FAILED);
    assertThat(reply.getResults(5).getError().getDetail().getField())
        .isEqualTo("items[5].expected_last_sequence_id");
  }

  @Test
  void pagesForwardAndBackwardMeetWithoutGapOrOverlap() {
    for (int i = 1; i <= 25; i++) {
      append("a4", "m" + i);
    }
    ScanResponse first = scan("a4").limit(10).build(node);
    assertThat(first.getCoverage().getStatus()).isEqualTo(CoverageStatus.COVERAGE_STATUS_MORE);
    assertThat(first.getCoverage().getNextSequenceId()).isEqualTo(11);
    ScanResponse rest = scan("a4").from(11).limit(20).build(node);
    assertThat(rest.getEntriesList()).extracting(Entry::getSequenceId).hasSize(15).endsWith(25L);
    assertThat(rest.getCoverage().getHasMore()).isFalse();

    ScanResponse newest = scan("a4").backward().limit(10).build(node);
    assertThat(newest.getEntriesList())
        .extracting(Entry::getSequenceId)
        .startsWith(25L)
        .endsWith(16L);
    assertThat(newest.getCoverage().getNextSequenceId()).isEqualTo(15);
    ScanResponse older =
        scan("a4").backward().to(newest.getCoverage().getNextSequenceId() + 1).build(node);
    assertThat(older.getEntriesList())
        .extracting(Entry::getSequenceId)
        .startsWith(15L)
        .endsWith(1L);
    assertThat(older.getCoverage().getStatus()).isEqualTo(CoverageStatus.COVERAGE_STATUS_COMPLETE);
    assertThat(older.getCoverage().getNextSequenceId()).isZero();
  }

  @Test
  void byteLimitReturnsAtLeastOneEntry() {
    append("a5", "x".repeat(1_000));
    append("a5", "y".repeat(1_000));
    ScanResponse page = scan("a5").limitBytes(1).build(node);
    assertThat(page.getEntriesCount()).isEqualTo(1);
    assertThat(page.getCoverage().getStatus()).isEqualTo(CoverageStatus.COVERAGE_STATUS_MORE);
  }

  @Test
  void filterProjectionAndTimeSelectOnTheServer() {
    for (int i = 1; i <= 10; i++) {
      var unused =
          node.timelines()
              .append(
                  request("a6", "m" + i).toBuilder()
                      .setMessage(
                          message("m" + i).toBuilder()
                              .putFields("n", Value.newBuilder().setInt64Value(i).build()))
                      .build());
    }
    Filter large =
        Filter.newBuilder()
            .setComparison(
                Comparison.newBuilder()
                    .setFieldName("n")
                    .setOperator(ComparisonOperator.COMPARISON_OPERATOR_GREATER)
                    .setValue(Value.newBuilder().setInt64Value(7)))
            .build();
    ScanResponse page =
        node.timelines()
            .scan(
                ScanRequest.newBuilder()
                    .setStore("dense")
                    .setTimeline(timeline("a6"))
                    .setFilter(large)
                    .setProjection(Projection.newBuilder().addFieldNames("n"))
                    .build());
    assertThat(page.getEntriesList()).extracting(Entry::getSequenceId).containsExactly(8L, 9L, 10L);
    assertThat(page.getEntries(0).getMessage().getFieldsMap()).containsOnlyKeys("n");

    long lastTime = page.getEntries(2).getAppendTimeMs();
    ScanResponse future =
        node.timelines()
            .scan(
                ScanRequest.newBuilder()
                    .setStore("dense")
                    .setTimeline(timeline("a6"))
                    .setFromTimeMs(lastTime + 1)
                    .build());
    assertThat(future.getEntriesCount()).isZero();
    assertThat(future.getCoverage().getNextSequenceId()).isEqualTo(11);
    ScanResponse all =
        node.timelines()
            .scan(
                ScanRequest.newBuilder()
                    .setStore("dense")
                    .setTimeline(timeline("a6"))
                    .setFromTimeMs(0)
                    .build());
    assertThat(all.getEntriesCount()).isEqualTo(10);
    assertThat(all.getCoverage().getStatus()).isEqualTo(CoverageStatus.COVERAGE_STATUS_COMPLETE);
  }

  @Test
  void trimmedPositionsSaySoAndNumberingGoesOn() {
    for (int i = 0; i < 5; i++) {
      append("a7", "m");
    }
    var trimmed = node.timelines().trim(trim("a7", 3));
    assertThat(trimmed.getFirstRetainedSequenceId()).isEqualTo(4);
    ScanResponse page = scan("a7").from(1).build(node);
    assertThat(page.getCoverage().getStatus()).isEqualTo(CoverageStatus.COVERAGE_STATUS_TRIMMED);
    assertThat(page.getCoverage().getFirstRetainedSequenceId()).isEqualTo(4);
    assertThat(page.getEntriesList()).extracting(Entry::getSequenceId).containsExactly(4L, 5L);
    assertThat(scan("a7").from(4).build(node).getCoverage().getStatus())
        .isEqualTo(CoverageStatus.COVERAGE_STATUS_COMPLETE);

    var unused = node.timelines().trim(trim("a7", 5));
    ScanResponse empty = scan("a7").from(2).build(node);
    assertThat(empty.getEntriesCount()).isZero();
    assertThat(empty.getCoverage().getStatus()).isEqualTo(CoverageStatus.COVERAGE_STATUS_TRIMMED);
    assertThat(empty.getCoverage().getFirstRetainedSequenceId()).isEqualTo(6);
    assertThat(empty.getCoverage().getNextSequenceId()).isEqualTo(6);
    assertThat(append("a7", "m").getSequenceId()).isEqualTo(6);

    Refusals.assertRefused(
        ErrorReason.ERROR_REASON_OUT_OF_RANGE, () -> node.timelines().trim(trim("a7", 7)));
    Refusals.assertRefused(
        ErrorReason.ERROR_REASON_TIMELINE_NOT_FOUND,
        () -> node.timelines().trim(trim("a7-absent", 1)));
    Refusals.assertRefused(ErrorReason.ERROR_REASON_NOT_RETAINED, () -> get("dense", "a7", 2));
    Refusals.assertRefused(ErrorReason.ERROR_REASON_ENTRY_NOT_FOUND, () -> get("dense", "a7", 9));
    assertThat(get("dense", "a7", 6).getSequenceId()).isEqualTo(6);
  }

  @Test
  void manualIdsAreTheCallers() {
    assertThat(put("m1", 100, false).getLastSequenceId()).isEqualTo(100);
    assertThat(put("m1", -5, false).getLastSequenceId()).isEqualTo(100);
    Refusals.assertRefused(
        ErrorReason.ERROR_REASON_SEQUENCE_ID_EXISTS, () -> put("m1", 100, false));
    assertThat(put("m1", 100, true).getReplaced()).isTrue();
    ScanResponse page =
        node.timelines()
            .scan(ScanRequest.newBuilder().setStore("manual").setTimeline(timeline("m1")).build());
    assertThat(page.getEntriesList()).extracting(Entry::getSequenceId).containsExactly(-5L, 100L);
    assertThat(get("manual", "m1", -5).getMessage()).isEqualTo(message("p"));
    Refusals.assertRefused(
        ErrorReason.ERROR_REASON_SEQUENCE_MODE,
        () -> node.timelines().append(request("m1", "x").toBuilder().setStore("manual").build()));
    Refusals.assertRefused(
        ErrorReason.ERROR_REASON_SEQUENCE_MODE,
        () ->
            node.timelines()
                .put(
                    PutRequest.newBuilder()
                        .setStore("dense")
                        .setTimeline(timeline("m1"))
                        .setSequenceId(1)
                        .setMessage(message("x"))
                        .build()));
  }

  @Test
  void monotonicIdsRiseStrictlyAndAreNotCalledTrimmed() {
    long last = 0;
    for (int i = 0; i < 5; i++) {
      AppendResponse appended =
          node.timelines().append(request("a8", "m").toBuilder().setStore("monotonic").build());
      assertThat(appended.getSequenceId()).isGreaterThan(last);
      last = appended.getSequenceId();
    }
    ScanResponse page =
        node.timelines()
            .scan(
                ScanRequest.newBuilder()
                    .setStore("monotonic")
                    .setTimeline(timeline("a8"))
                    .setFromSequenceId(0)
                    .build());
    assertThat(page.getEntriesCount()).isEqualTo(5);
    assertThat(page.getCoverage().getStatus()).isEqualTo(CoverageStatus.COVERAGE_STATUS_COMPLETE);
  }

  @Test
  void headsAndLatestAnswerManyTimelinesOfManyPartitions() {
    append("c1", "one");
    append("h2", "two");
    append("h2", "three");
    append("z2", "four");
    HeadsResponse heads =
        node.timelines()
            .heads(
                HeadsRequest.newBuilder()
                    .setStore("dense")
                    .addTimelines(timeline("z2"))
                    .addTimelines(timeline("c-absent"))
                    .addTimelines(timeline("h2"))
                    .addTimelines(timeline("c1"))
                    .build());
    assertThat(heads.getResultsList())
        .extracting(result -> result.getHead().getLastSequenceId())
        .containsExactly(1L, 0L, 2L, 1L);
    assertThat(heads.getResults(1).getHead().getExists()).isFalse();
    assertThat(heads.getResults(2).getHead().getAppendedCount()).isEqualTo(2);

    LatestResponse latest =
        node.timelines()
            .latest(
                LatestRequest.newBuilder()
                    .setStore("dense")
                    .addTimelines(timeline("h2"))
                    .addTimelines(timeline("c-absent"))
                    .addTimelines(timeline("z2"))
                    .build());
    assertThat(latest.getResults(0).getEntry().getMessage()).isEqualTo(message("three"));
    assertThat(latest.getResults(1).hasEntry()).isFalse();
    assertThat(latest.getResults(1).getCoverage().getTimelineExists()).isFalse();
    assertThat(latest.getResults(2).getEntry().getMessage()).isEqualTo(message("four"));
  }

  @Test
  void syncGivesTheFreshestFirstWithinItsBudget() {
    append("d1", "old");
    append("h3", "newer");
    append("h3", "newest");
    SyncRequest.Builder request =
        SyncRequest.newBuilder()
            .setStore("dense")
            .addPositions(SyncPosition.newBuilder().setTimeline(timeline("d1")))
            .addPositions(SyncPosition.newBuilder().setTimeline(timeline("h3")))
            .addPositions(SyncPosition.newBuilder().setTimeline(timeline("d-absent")));
    SyncResponse all = node.timelines().sync(request.build());
    assertThat(all.getResults(0).getEntriesList()).hasSize(1);
    assertThat(all.getResults(1).getEntriesList())
        .extracting(Entry::getSequenceId)
        .containsExactly(1L, 2L);
    assertThat(all.getResults(2).getCoverage().getStatus())
        .isEqualTo(CoverageStatus.COVERAGE_STATUS_COMPLETE);

    SyncResponse tight = node.timelines().sync(request.setLimit(2).build());
    assertThat(tight.getResults(1).getEntriesList()).hasSize(2);
    assertThat(tight.getResults(0).getEntriesList()).isEmpty();
    assertThat(tight.getResults(0).getCoverage().getStatus())
        .isEqualTo(CoverageStatus.COVERAGE_STATUS_MORE);
    assertThat(tight.getResults(0).getCoverage().getNextSequenceId()).isEqualTo(1);

    SyncResponse nothingNew =
        node.timelines()
            .sync(
                SyncRequest.newBuilder()
                    .setStore("dense")
                    .addPositions(
                        SyncPosition.newBuilder().setTimeline(timeline("h3")).setAfterSequenceId(2))
                    .build());
    assertThat(nothingNew.getResults(0).getCoverage().getStatus())
        .isEqualTo(CoverageStatus.COVERAGE_STATUS_COMPLETE);
    assertThat(nothingNew.getResults(0).getEntriesList()).isEmpty();
  }

  @Test
  void sessionTokensAreAcceptedBack() {
    AppendResponse appended = append("a9", "m");
    assertThat(appended.getSessionToken().isEmpty()).isFalse();
    ScanResponse page =
        node.timelines()
            .scan(
                ScanRequest.newBuilder()
                    .setStore("dense")
                    .setTimeline(timeline("a9"))
                    .setRead(
                        ReadOptions.newBuilder()
                            .setConsistency(ReadConsistency.READ_CONSISTENCY_SESSION)
                            .setSessionToken(appended.getSessionToken()))
                    .build());
    assertThat(page.getEntriesCount()).isEqualTo(1);
    assertThat(page.getSessionToken()).isEqualTo(appended.getSessionToken());
  }

  @Test
  void aSessionThatHasSeenMoreThanThePartitionHasIsRefusedAndItsTokenIsCarriedOn() {
    SessionToken seen =
        parse(append("a12", "m").getSessionToken()).toBuilder().addSeen(9_999).addSeen(7).build();
    HeadsRequest.Builder heads =
        HeadsRequest.newBuilder().setStore("dense").addTimelines(timeline("a12"));
    HeadsResponse answered =
        node.timelines().heads(heads.setRead(session(seen.toByteString())).build());
    assertThat(parse(answered.getSessionToken()).getSeenList()).isEqualTo(seen.getSeenList());
    ByteString ahead =
        seen.toByteString()
            .concat(
                SessionToken.newBuilder()
                    .addSeen(seen.getSeen(0))
                    .addSeen(seen.getSeen(1) + 1_000)
                    .build()
                    .toByteString());
    HeadsResponse refused = node.timelines().heads(heads.setRead(session(ahead)).build());
    assertThat(refused.getResults(0).getError().getDetail().getReason())
        .isEqualTo(ErrorReason.ERROR_REASON_PARTITION_UNAVAILABLE);
    assertThat(parse(refused.getSessionToken()).getSeen(1)).isEqualTo(seen.getSeen(1) + 1_000);
  }

  private static ReadOptions session(ByteString token) {
    return ReadOptions.newBuilder()
        .setConsistency(ReadConsistency.READ_CONSISTENCY_SESSION)
        .setSessionToken(token)
        .build();
  }

  private static SessionToken parse(ByteString token) {
    try {
      return SessionToken.parseFrom(token);
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void staleRouteIsRefusedWithThePresentPartition() {
    var detail =
        Refusals.assertRefused(
            ErrorReason.ERROR_REASON_STALE_EPOCH,
            () ->
                node.timelines()
                    .append(
                        request("a10", "m").toBuilder()
                            .setRoute(RouteHint.newBuilder().setPartitionId(9_999))
                            .build()));
    assertThat(detail.getPartition().getStore()).isEqualTo("dense");
    var response =
        node.timelines()
            .append(
                request("a10", "m").toBuilder()
                    .setRoute(
                        RouteHint.newBuilder()
                            .setPartitionId(detail.getPartition().getPartitionId())
                            .setRangeVersion(detail.getPartition().getRangeVersion()))
                    .build());
    assertThat(response.getSequenceId()).isEqualTo(1);
  }

  private static AppendRequest request(String conversation, String text) {
    return AppendRequest.newBuilder()
        .setStore("dense")
        .setTimeline(timeline(conversation))
        .setMessage(message(text))
        .build();
  }

  private static AppendResponse append(String conversation, String text) {
    return node.timelines().append(request(conversation, text));
  }

  private static io.tideline.proto.v1.PutResponse put(
      String conversation, long id, boolean overwrite) {
    return node.timelines()
        .put(
            PutRequest.newBuilder()
                .setStore("manual")
                .setTimeline(timeline(conversation))
                .setSequenceId(id)
                .setMessage(message("p"))
                .setOverwrite(overwrite)
                .build());
  }

  private static TrimRequest trim(String conversation, long through) {
    return TrimRequest.newBuilder()
        .setStore("dense")
        .setTimeline(timeline(conversation))
        .setThroughSequenceId(through)
        .build();
  }

  private static Entry get(String store, String conversation, long id) {
    return node.timelines()
        .get(
            GetRequest.newBuilder()
                .setStore(store)
                .setTimeline(timeline(conversation))
                .setSequenceId(id)
                .build())
        .getEntry();
  }

  private static Entry entry(long id, long timeMillis, String text) {
    return Entry.newBuilder()
        .setSequenceId(id)
        .setAppendTimeMs(timeMillis)
        .setKind(EntryKind.ENTRY_KIND_MESSAGE)
        .setMessage(message(text))
        .build();
  }

  private static Scan scan(String conversation) {
    return new Scan(ScanRequest.newBuilder().setStore("dense").setTimeline(timeline(conversation)));
  }

  /** A scan of the DENSE store, spelled short. */
  private record Scan(ScanRequest.Builder request) {
    Scan from(long id) {
      return new Scan(request.setFromSequenceId(id));
    }

    Scan to(long id) {
      return new Scan(request.setToSequenceId(id));
    }

    Scan limit(int entries) {
      return new Scan(request.setLimit(entries));
    }

    Scan limitBytes(int bytes) {
      return new Scan(request.setLimitBytes(bytes));
    }

    Scan backward() {
      return new Scan(request.setDirection(ScanDirection.SCAN_DIRECTION_BACKWARD));
    }

    ScanResponse build(TestNode on) {
      return on.timelines().scan(request.build());
    }
  }
}
