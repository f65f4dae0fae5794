package io.tideline.server.service;

import static io.tideline.server.node.TestNode.message;
import static io.tideline.server.node.TestNode.timeline;
import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.proto.v1.ChangeType;
import io.tideline.proto.v1.Comparison;
import io.tideline.proto.v1.ComparisonOperator;
import io.tideline.proto.v1.CoverageStatus;
import io.tideline.proto.v1.DeleteRequest;
import io.tideline.proto.v1.DeleteTimelineRequest;
import io.tideline.proto.v1.Entry;
import io.tideline.proto.v1.EntryKind;
import io.tideline.proto.v1.ErrorDetail;
import io.tideline.proto.v1.ErrorReason;
import io.tideline.proto.v1.Filter;
import io.tideline.proto.v1.FlushPartitionsRequest;
import io.tideline.proto.v1.GetMetaRequest;
import io.tideline.proto.v1.GetRequest;
import io.tideline.proto.v1.HeadsRequest;
import io.tideline.proto.v1.PutMetaRequest;
import io.tideline.proto.v1.PutRequest;
import io.tideline.proto.v1.RecallRequest;
import io.tideline.proto.v1.ScanRequest;
import io.tideline.proto.v1.ScanResponse;
import io.tideline.proto.v1.SequenceMode;
import io.tideline.proto.v1.SyncPosition;
import io.tideline.proto.v1.SyncRequest;
import io.tideline.proto.v1.TimelineHead;
import io.tideline.proto.v1.TrimRequest;
import io.tideline.proto.v1.UpdateRequest;
import io.tideline.proto.v1.UpdateResponse;
import io.tideline.proto.v1.Value;
import io.tideline.server.node.TestNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Update, Recall, Delete and DeleteTimeline through real gRPC on a real node. */
final class EditsEndToEndTest {

  @TempDir private static Path directory;

  private static TestNode node;

  @BeforeAll
  static void start() throws Exception {
    node = TestNode.start(directory.resolve("data"));
    node.createStore("im", SequenceMode.SEQUENCE_MODE_DENSE);
    node.createStore("mono", SequenceMode.SEQUENCE_MODE_MONOTONIC);
    node.createStore("manual", SequenceMode.SEQUENCE_MODE_MANUAL);
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  @Test
  void updateSetsAndRemovesFieldsAndEveryPositionLearnsOfIt() {
    node.append("im", "u1", "hello");
    node.append("im", "u1", "second");
    Entry before = get("u1", 1);
    UpdateResponse updated =
        node.timelines()
            .update(update("u1", 1).putSetFields("edited", text("yes")).setAnnounce(true).build());
    assertThat(updated.getRevision()).isEqualTo(1);
    assertThat(updated.getChangeSequenceId()).isEqualTo(3);
    Entry after = get("u1", 1);
    assertThat(after)
        .isEqualTo(
            before.toBuilder()
                .setRevision(1)
                .setMessage(before.getMessage().toBuilder().putFields("edited", text("yes")))
                .build());

    // A device that has both messages learns of the change, in order.
    List<Entry> news = sync("u1", 2);
    assertThat(news).hasSize(1);
    assertThat(news.getFirst().getSequenceId()).isEqualTo(3);
    assertThat(news.getFirst().getKind()).isEqualTo(EntryKind.ENTRY_KIND_CHANGE);
    assertThat(news.getFirst().getTargetSequenceId()).isEqualTo(1);
    assertThat(news.getFirst().getChangeType()).isEqualTo(ChangeType.CHANGE_TYPE_UPDATED);

    UpdateResponse second =
        node.timelines().update(update("u1", 1).addRemoveFields("text").build());
    assertThat(second.getRevision()).isEqualTo(2);
    assertThat(second.getChangeSequenceId()).isZero();
    assertThat(get("u1", 1).getMessage().getFieldsMap()).containsOnlyKeys("edited");
    assertThat(node.append("im", "u1", "next")).isEqualTo(4);
  }

  @Test
  void updateHoldsToItsConditions() {
    node.append("im", "u2", "hello");
    UpdateRequest expecting = update("u2", 1).putSetFields("n", text("1")).build();
    ErrorDetail wrong =
        Refusals.assertRefused(
            ErrorReason.ERROR_REASON_CONDITION_FAILED,
            () -> node.timelines().update(expecting.toBuilder().setExpectedRevision(5).build()));
    assertThat(wrong.getField()).isEqualTo("expected_revision");
    assertThat(wrong.getValue()).isEqualTo("0");
    assertThat(wrong.getLimit()).isEqualTo("5");
    assertThat(wrong.getTimeline()).isEqualTo(timeline("u2"));
    ErrorDetail unmet =
        Refusals.assertRefused(
            ErrorReason.ERROR_REASON_CONDITION_FAILED,
            () ->
                node.timelines()
                    .update(expecting.toBuilder().setCondition(textIs("other")).build()));
    assertThat(unmet.getField()).isEqualTo("condition");
    assertThat(
            node.timelines()
                .update(
                    expecting.toBuilder()
                        .setExpectedRevision(0)
                        .setCondition(textIs("hello"))
                        .build())
                .getRevision())
        .isEqualTo(1);
    ErrorDetail empty =
        Refusals.assertRefused(
            ErrorReason.ERROR_REASON_REQUIRED,
            () ->
                node.timelines()
                    .update(update("u2", 1).addRemoveFields("n").addRemoveFields("text").build()));
    assertThat(empty.getField()).isEqualTo("remove_fields");
    assertThat(get("u2", 1).getRevision()).isEqualTo(1);
  }

  @Test
  void anUpdateThatWouldMakeTheMessageTooLargeIsRefused() {
    String half = "x".repeat(600_000);
    node.append("im", "u3", half);
    Refusals.assertRefused(
        ErrorReason.ERROR_REASON_TOO_LARGE,
        () -> node.timelines().update(update("u3", 1).putSetFields("more", text(half)).build()));
    assertThat(get("u3", 1).getRevision()).isZero();
  }

  @Test
  void concurrentUpdatesAreAllThere() throws Exception {
    node.append("im", "u4", "hello");
    int clients = 8;
    int rounds = 5;
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> running = new ArrayList<>();
      for (int client = 0; client < clients; client++) {
        int c = client;
        running.add(
            threads.submit(
                () -> {
                  for (int round = 0; round < rounds; round++) {
                    var unused =
                        node.timelines()
                            .update(
                                update("u4", 1)
                                    .putSetFields("f" + c + "-" + round, text("v"))
                                    .build());
                  }
                }));
      }
      for (Future<?> one : running) {
        one.get();
      }
    }
    Entry entry = get("u4", 1);
    assertThat(entry.getRevision()).isEqualTo(clients * rounds);
    assertThat(entry.getMessage().getFieldsCount()).isEqualTo(1 + clients * rounds);
  }

  @Test
  void recallHidesTheContentFromEveryReadAndMayBeRepeated() {
    node.append("im", "r1", "secret");
    node.append("im", "r1", "other");
    RecallRequest recall =
        RecallRequest.newBuilder()
            .setStore("im")
            .setTimeline(timeline("r1"))
            .setSequenceId(1)
            .setAnnounce(true)
            .build();
    assertThat(node.timelines().recall(recall).getChangeSequenceId()).isEqualTo(3);
    assertThat(node.timelines().recall(recall).getChangeSequenceId()).isEqualTo(3);
    for (Entry entry : List.of(get("r1", 1), sync("r1", 0).getFirst(), scan("r1").getEntries(0))) {
      assertThat(entry.getSequenceId()).isEqualTo(1);
      assertThat(entry.getRecalled()).isTrue();
      assertThat(entry.getRevision()).isEqualTo(1);
      assertThat(entry.hasMessage()).isFalse();
      assertThat(entry.getAppendTimeMs()).isPositive();
    }
    assertThat(scan("r1").getEntriesList())
        .extracting(Entry::getSequenceId)
        .containsExactly(1L, 2L, 3L);
    assertThat(get("r1", 3).getChangeType()).isEqualTo(ChangeType.CHANGE_TYPE_RECALLED);
    ErrorDetail noContent =
        Refusals.assertRefused(
            ErrorReason.ERROR_REASON_CONDITION_FAILED,
            () -> node.timelines().update(update("r1", 1).putSetFields("a", text("b")).build()));
    assertThat(noContent.getValue()).isEqualTo("recalled");
    ErrorDetail notice =
        Refusals.assertRefused(
            ErrorReason.ERROR_REASON_CONDITION_FAILED,
            () -> node.timelines().recall(recall.toBuilder().setSequenceId(3).build()));
    assertThat(notice.getField()).isEqualTo("sequence_id");
    assertThat(notice.getValue()).isEqualTo("CHANGE");
    assertThat(notice.getLimit()).isEqualTo("MESSAGE");
  }

  @Test
  void deleteLeavesTheNumberUnusedAndMissesNothing() {
    for (int i = 1; i <= 4; i++) {
      node.append("im", "d1", "m" + i);
    }
    assertThat(node.timelines().delete(delete("im", "d1", 1)).getChangeSequenceId()).isZero();
    DeleteRequest announced = delete("im", "d1", 3).toBuilder().setAnnounce(true).build();
    assertThat(node.timelines().delete(announced).getChangeSequenceId()).isEqualTo(5);
    assertThat(node.timelines().delete(announced).getChangeSequenceId())
        .as("a repetition")
        .isEqualTo(5);
    ScanResponse page = scan("d1");
    assertThat(page.getEntriesList()).extracting(Entry::getSequenceId).containsExactly(2L, 4L, 5L);
    assertThat(page.getEntries(2).getChangeType()).isEqualTo(ChangeType.CHANGE_TYPE_DELETED);
    assertThat(page.getCoverage().getStatus())
        .as("deleted, not expired or trimmed")
        .isEqualTo(CoverageStatus.COVERAGE_STATUS_COMPLETE);
    assertThat(page.getCoverage().getFirstRetainedSequenceId()).isEqualTo(2);
    Refusals.assertRefused(ErrorReason.ERROR_REASON_ENTRY_NOT_FOUND, () -> get("d1", 1));
    Refusals.assertRefused(ErrorReason.ERROR_REASON_ENTRY_NOT_FOUND, () -> get("d1", 3));
    Refusals.assertRefused(
        ErrorReason.ERROR_REASON_ENTRY_NOT_FOUND,
        () -> node.timelines().delete(delete("im", "d1", 99)));
    assertThat(node.append("im", "d1", "next")).isEqualTo(6);
    // The last entry, too: its number is not given again.
    var unused = node.timelines().delete(delete("im", "d1", 6));
    assertThat(node.append("im", "d1", "after")).isEqualTo(7);
    assertThat(head("im", "d1").getAppendedCount()).isEqualTo(7);
  }

  @Test
  void trimmedEntriesAreRefusedByName() {
    node.append("im", "t1", "a");
    node.append("im", "t1", "b");
    var unused =
        node.timelines()
            .trim(
                TrimRequest.newBuilder()
                    .setStore("im")
                    .setTimeline(timeline("t1"))
                    .setThroughSequenceId(1)
                    .build());
    for (Runnable call :
        List.<Runnable>of(
            () -> node.timelines().update(update("t1", 1).putSetFields("a", text("b")).build()),
            () ->
                node.timelines()
                    .recall(
                        RecallRequest.newBuilder()
                            .setStore("im")
                            .setTimeline(timeline("t1"))
                            .setSequenceId(1)
                            .build()),
            () -> node.timelines().delete(delete("im", "t1", 1)))) {
      ErrorDetail detail = Refusals.assertRefused(ErrorReason.ERROR_REASON_NOT_RETAINED, call);
      assertThat(detail.getField()).isEqualTo("sequence_id");
      assertThat(detail.getValue()).isEqualTo("1");
    }
  }

  @Test
  void aDeletedTimelineShowsNothingAndItsNumberingGoesOn() {
    node.append("im", "x1", "secret");
    node.append("im", "x1", "other");
    var put =
        node.metas()
            .putMeta(
                PutMetaRequest.newBuilder()
                    .setStore("im")
                    .setTimeline(timeline("x1"))
                    .setFields(message("meta"))
                    .build());
    assertThat(put.getRevision()).isEqualTo(1);
    DeleteTimelineRequest request =
        DeleteTimelineRequest.newBuilder().setStore("im").setTimeline(timeline("x1")).build();
    assertThat(node.timelines().deleteTimeline(request).getLastSequenceId()).isEqualTo(2);
    ScanResponse page = scan("x1");
    assertThat(page.getEntriesList()).isEmpty();
    assertThat(page.getCoverage().getStatus())
        .as("a device that stands before its end is told")
        .isEqualTo(CoverageStatus.COVERAGE_STATUS_TRIMMED);
    Refusals.assertRefused(ErrorReason.ERROR_REASON_NOT_RETAINED, () -> get("x1", 1));
    Refusals.assertRefused(
        ErrorReason.ERROR_REASON_META_NOT_FOUND,
        () ->
            node.metas()
                .getMeta(
                    GetMetaRequest.newBuilder()
                        .setStore("im")
                        .setTimeline(timeline("x1"))
                        .build()));
    TimelineHead head = head("im", "x1");
    assertThat(head.getEpoch()).isEqualTo(1);
    assertThat(head.getLastSequenceId()).isEqualTo(2);
    assertThat(head.getFirstRetainedSequenceId()).isEqualTo(3);
    assertThat(node.append("im", "x1", "again")).isEqualTo(3);
    Refusals.assertRefused(
        ErrorReason.ERROR_REASON_TIMELINE_NOT_FOUND,
        () ->
            node.timelines()
                .deleteTimeline(request.toBuilder().setTimeline(timeline("never")).build()));
  }

  @Test
  void otherSequenceModes() {
    long id = node.append("mono", "a", "hello");
    node.append("mono", "a", "second");
    long change =
        node.timelines()
            .delete(delete("mono", "a", id).toBuilder().setAnnounce(true).build())
            .getChangeSequenceId();
    assertThat(change).isEqualTo(head("mono", "a").getLastSequenceId()).isGreaterThan(id);

    PutRequest put =
        PutRequest.newBuilder()
            .setStore("manual")
            .setTimeline(timeline("a"))
            .setSequenceId(-9)
            .setMessage(message("at -9"))
            .build();
    var unused = node.timelines().put(put);
    ErrorDetail detail =
        Refusals.assertRefused(
            ErrorReason.ERROR_REASON_SEQUENCE_MODE,
            () ->
                node.timelines()
                    .delete(delete("manual", "a", -9).toBuilder().setAnnounce(true).build()));
    assertThat(detail.getField()).isEqualTo("announce");
    var deleted = node.timelines().delete(delete("manual", "a", -9));
    assertThat(deleted.getChangeSequenceId()).isZero();
    assertThat(node.timelines().put(put).getReplaced()).isFalse();
  }

  @Test
  void editsSurviveFlushesAndARestart() throws Exception {
    Path data = directory.resolve("restarted");
    try (TestNode first = TestNode.start(data)) {
      first.createStore("im", SequenceMode.SEQUENCE_MODE_DENSE);
      for (String conversation : List.of("flushed", "logged")) {
        first.append("im", conversation, "one");
        first.append("im", conversation, "two");
        first.append("im", conversation, "three");
      }
      var flushed = first.admin().flushPartitions(FlushPartitionsRequest.getDefaultInstance());
      assertThat(flushed).isNotNull();
      editAll(first, "flushed");
      var again = first.admin().flushPartitions(FlushPartitionsRequest.getDefaultInstance());
      assertThat(again).isNotNull();
      editAll(first, "logged");
    }
    try (TestNode second = TestNode.start(data)) {
      for (String conversation : List.of("flushed", "logged")) {
        List<Entry> entries =
            second
                .timelines()
                .scan(
                    ScanRequest.newBuilder()
                        .setStore("im")
                        .setTimeline(timeline(conversation))
                        .build())
                .getEntriesList();
        assertThat(entries).extracting(Entry::getSequenceId).containsExactly(1L, 2L, 4L);
        assertThat(entries.get(0).getMessage().getFieldsOrThrow("text")).isEqualTo(text("edited"));
        assertThat(entries.get(1).getRecalled()).isTrue();
        assertThat(entries.get(2).getTargetSequenceId()).isEqualTo(2);
      }
    }
  }

  private static void editAll(TestNode node, String conversation) {
    var updated =
        node.timelines()
            .update(update(conversation, 1).putSetFields("text", text("edited")).build());
    assertThat(updated.getRevision()).isEqualTo(1);
    assertThat(
            node.timelines()
                .recall(
                    RecallRequest.newBuilder()
                        .setStore("im")
                        .setTimeline(timeline(conversation))
                        .setSequenceId(2)
                        .setAnnounce(true)
                        .build())
                .getChangeSequenceId())
        .isEqualTo(4);
    assertThat(node.timelines().delete(delete("im", conversation, 3)).getChangeSequenceId())
        .isZero();
  }

  private static UpdateRequest.Builder update(String conversation, long id) {
    return UpdateRequest.newBuilder()
        .setStore("im")
        .setTimeline(timeline(conversation))
        .setSequenceId(id);
  }

  private static DeleteRequest delete(String store, String conversation, long id) {
    return DeleteRequest.newBuilder()
        .setStore(store)
        .setTimeline(timeline(conversation))
        .setSequenceId(id)
        .build();
  }

  private static Entry get(String conversation, long id) {
    return node.timelines()
        .get(
            GetRequest.newBuilder()
                .setStore("im")
                .setTimeline(timeline(conversation))
                .setSequenceId(id)
                .build())
        .getEntry();
  }

  private static ScanResponse scan(String conversation) {
    return node.timelines()
        .scan(
            ScanRequest.newBuilder()
                .setStore("im")
                .setTimeline(timeline(conversation))
                .setFromSequenceId(1)
                .build());
  }

  private static List<Entry> sync(String conversation, long after) {
    return node.timelines()
        .sync(
            SyncRequest.newBuilder()
                .setStore("im")
                .addPositions(
                    SyncPosition.newBuilder()
                        .setTimeline(timeline(conversation))
                        .setAfterSequenceId(after))
                .build())
        .getResults(0)
        .getEntriesList();
  }

  private static TimelineHead head(String store, String conversation) {
    return node.timelines()
        .heads(
            HeadsRequest.newBuilder().setStore(store).addTimelines(timeline(conversation)).build())
        .getResults(0)
        .getHead();
  }

  private static Filter textIs(String value) {
    return Filter.newBuilder()
        .setComparison(
            Comparison.newBuilder()
                .setFieldName("text")
                .setOperator(ComparisonOperator.COMPARISON_OPERATOR_EQUAL)
                .setValue(text(value)))
        .build();
  }

  private static Value text(String value) {
    return Value.newBuilder().setStringValue(value).build();
  }
}
