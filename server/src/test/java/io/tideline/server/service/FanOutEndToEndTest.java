package io.tideline.server.service;

import static io.tideline.server.node.TestNode.message;
import static io.tideline.server.node.TestNode.timeline;
import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.proto.v1.AppendRequest;
import io.tideline.proto.v1.BatchAppendResult;
import io.tideline.proto.v1.Entry;
import io.tideline.proto.v1.ErrorDetail;
import io.tideline.proto.v1.ErrorReason;
import io.tideline.proto.v1.FanOutRequest;
import io.tideline.proto.v1.FanOutResponse;
import io.tideline.proto.v1.FanOutTarget;
import io.tideline.proto.v1.Message;
import io.tideline.proto.v1.ReadOptions;
import io.tideline.proto.v1.ScanRequest;
import io.tideline.proto.v1.SequenceMode;
import io.tideline.proto.v1.StoreOptions;
import io.tideline.proto.v1.Value;
import io.tideline.server.node.TestCluster;
import io.tideline.server.node.TestNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** FanOut through real gRPC on real nodes. */
final class FanOutEndToEndTest {

  @TempDir private Path directory;

  @Test
  void everyTargetHasTheMessageOnceHoweverOftenItIsSent() throws Exception {
    try (TestNode node = TestNode.start(directory)) {
      node.createStore("talk", SequenceMode.SEQUENCE_MODE_DENSE);
      node.createStore("inbox", SequenceMode.SEQUENCE_MODE_MONOTONIC, "m");
      node.append("talk", "c", "before");
      FanOutRequest request = fanOut("key-1", "hello", "c", "a", "z");

      FanOutResponse first = node.timelines().fanOut(request);
      assertThat(first.getConversation().getOk().getSequenceId()).isEqualTo(2);
      assertThat(first.getConversation().getOk().getPreviousSequenceId()).isEqualTo(1);
      assertThat(first.getConversation().getOk().getDuplicate()).isFalse();
      assertThat(first.getConversation().getOk().getDedupSinceMs()).isPositive();
      assertThat(first.getInboxesList()).hasSize(2).allMatch(BatchAppendResult::hasOk);

      FanOutResponse second = node.timelines().fanOut(request);
      assertThat(second.getConversation().getOk().getDuplicate()).isTrue();
      assertThat(ids(second)).isEqualTo(ids(first));
      // More members, the same message: those who have it are told so.
      FanOutResponse more =
          node.timelines().fanOut(request.toBuilder().addInboxes(timeline("b")).build());
      assertThat(more.getInboxesList().stream().map(r -> r.getOk().getDuplicate()))
          .containsExactly(true, true, false);
      assertThat(texts(node, "talk", "c")).containsExactly("before", "hello");
      for (String inbox : List.of("a", "b", "z")) {
        assertThat(texts(node, "inbox", inbox)).containsExactly("hello");
      }

      // An append knows the key too.
      assertThat(
              node.timelines()
                  .append(
                      AppendRequest.newBuilder()
                          .setStore("inbox")
                          .setTimeline(timeline("a"))
                          .setMessage(message("hello"))
                          .setMessageKey("key-1")
                          .build())
                  .getDuplicate())
          .isTrue();
    }
  }

  @Test
  void aTimelineNamedTwiceHasTheMessageOnce() throws Exception {
    try (TestNode node = TestNode.start(directory)) {
      node.createStore("talk", SequenceMode.SEQUENCE_MODE_DENSE);
      FanOutRequest request =
          fanOut("key-1", "hello", "c", "c", "a", "a").toBuilder().setInboxStore("talk").build();
      FanOutResponse response = node.timelines().fanOut(request);
      assertThat(response.getConversation().getOk().getDuplicate()).isFalse();
      assertThat(response.getInboxesList().stream().map(r -> r.getOk().getDuplicate()))
          .containsExactly(true, false, true);
      assertThat(texts(node, "talk", "c")).containsExactly("hello");
      assertThat(texts(node, "talk", "a")).containsExactly("hello");
    }
  }

  @Test
  void aTargetThatRefusesLeavesTheOthersAlone() throws Exception {
    try (TestNode node = TestNode.start(directory)) {
      node.createStore("talk", SequenceMode.SEQUENCE_MODE_DENSE);
      node.createStore("inbox", SequenceMode.SEQUENCE_MODE_DENSE);
      FanOutResponse taken = node.timelines().fanOut(fanOut("key-1", "other", "", "b"));
      assertThat(taken.getInboxes(0).hasOk()).isTrue();
      assertThat(taken.hasConversation()).isFalse();

      FanOutResponse response = node.timelines().fanOut(fanOut("key-1", "hello", "c", "a", "b"));
      assertThat(response.getConversation().hasOk()).isTrue();
      assertThat(response.getInboxes(0).hasOk()).isTrue();
      ErrorDetail error = response.getInboxes(1).getError().getDetail();
      assertThat(error.getReason()).isEqualTo(ErrorReason.ERROR_REASON_MESSAGE_KEY_REUSED);
      assertThat(error.getField()).isEqualTo("message_key");
      assertThat(error.getTimeline()).isEqualTo(timeline("b"));
      assertThat(texts(node, "inbox", "b")).containsExactly("other");
    }
  }

  @Test
  void manyTargetsOfALargeMessageTakeSeveralLogEntriesAndSurviveARestart() throws Exception {
    String text = "x".repeat(64 << 10);
    List<String> inboxes = IntStream.range(0, 300).mapToObj(i -> "u" + i).toList();
    FanOutRequest request = fanOut("key-1", text, "c", inboxes.toArray(String[]::new));
    FanOutResponse first;
    try (TestNode node = TestNode.start(directory)) {
      node.createStore("talk", SequenceMode.SEQUENCE_MODE_DENSE);
      node.createStore("inbox", SequenceMode.SEQUENCE_MODE_DENSE);
      first = node.timelines().fanOut(request);
      assertThat(first.getInboxesList()).hasSize(300).allMatch(BatchAppendResult::hasOk);
    }
    try (TestNode node = TestNode.start(directory)) {
      FanOutResponse again = node.timelines().fanOut(request);
      assertThat(ids(again)).isEqualTo(ids(first));
      assertThat(again.getInboxesList()).allMatch(result -> result.getOk().getDuplicate());
      for (String inbox : List.of("u0", "u150", "u299")) {
        assertThat(texts(node, "inbox", inbox)).containsExactly(text);
      }
    }
  }

  @Test
  void moreThanAFanOutMayWriteIsRefusedBeforeAnythingIsWritten() throws Exception {
    try (TestNode node = TestNode.start(directory)) {
      node.createStore("inbox", SequenceMode.SEQUENCE_MODE_DENSE);
      String[] inboxes = IntStream.range(0, 300).mapToObj(i -> "u" + i).toArray(String[]::new);
      ErrorDetail error =
          Refusals.assertRefused(
              ErrorReason.ERROR_REASON_TOO_LARGE,
              () -> node.timelines().fanOut(fanOut("key-1", "x".repeat(1_000_000), "", inboxes)));
      assertThat(error.getField()).isEqualTo("inboxes");
      assertThat(error.getLimit()).isEqualTo((256 << 20) + " bytes");
      assertThat(node.scanned("inbox", "u0")).isZero();
    }
  }

  /**
   * Each partition has one copy, on a node of its own. With one node gone its part fails and the
   * rest is written; sent again later, to the same key, all have it exactly once.
   */
  @Test
  void whatFailedInPartIsCompletedByARepetition() throws Exception {
    try (TestCluster cluster = TestCluster.start(directory, 3)) {
      StoreOptions one =
          StoreOptions.newBuilder()
              .setSequenceMode(SequenceMode.SEQUENCE_MODE_DENSE)
              .setReplicas(1)
              .build();
      cluster.node(0).createStore("inbox", one, "h", "p");
      List<String> names = List.of("a", "b", "h", "i", "p", "q");
      FanOutRequest request = fanOut("key-1", "hello", "", names.toArray(String[]::new));
      int lost = -1;
      for (int i = 0; i < 3; i++) {
        lost = cluster.node(i).partitions("inbox").isEmpty() ? lost : i;
      }
      int asked = (lost + 1) % 3;
      cluster.stop(lost);

      FanOutResponse partial = cluster.node(asked).timelines().fanOut(request);
      List<BatchAppendResult> failed =
          partial.getInboxesList().stream().filter(BatchAppendResult::hasError).toList();
      assertThat(failed)
          .hasSizeBetween(2, 4)
          .allMatch(
              result ->
                  result.getError().getDetail().getReason()
                      == ErrorReason.ERROR_REASON_PARTITION_UNAVAILABLE);

      var _ = cluster.beginStart(lost).get(60, TimeUnit.SECONDS);
      FanOutResponse whole = cluster.node(lost).timelines().fanOut(request);
      assertThat(whole.getInboxesList()).allMatch(BatchAppendResult::hasOk);
      for (int i = 0; i < names.size(); i++) {
        assertThat(whole.getInboxes(i).getOk().getDuplicate())
            .isEqualTo(partial.getInboxes(i).hasOk());
        assertThat(whole.getInboxes(i).getOk().getSequenceId()).isEqualTo(1);
        assertThat(texts(cluster.node(lost), "inbox", names.get(i))).containsExactly("hello");
      }
    }
  }

  private static FanOutRequest fanOut(
      String key, String text, String conversation, String... inboxes) {
    FanOutRequest.Builder request =
        FanOutRequest.newBuilder()
            .setMessageKey(key)
            .setMessage(message(text))
            .setInboxStore("inbox");
    if (!conversation.isEmpty()) {
      request.setConversation(
          FanOutTarget.newBuilder().setStore("talk").setTimeline(timeline(conversation)));
    }
    for (String inbox : inboxes) {
      request.addInboxes(timeline(inbox));
    }
    return request.build();
  }

  private static List<Long> ids(FanOutResponse response) {
    List<Long> ids = new ArrayList<>();
    ids.add(response.getConversation().getOk().getSequenceId());
    response.getInboxesList().forEach(inbox -> ids.add(inbox.getOk().getSequenceId()));
    return ids;
  }

  private static List<String> texts(TestNode node, String store, String name) {
    return node
        .timelines()
        .scan(
            ScanRequest.newBuilder()
                .setStore(store)
                .setTimeline(timeline(name))
                .setRead(ReadOptions.getDefaultInstance())
                .build())
        .getEntriesList()
        .stream()
        .map(Entry::getMessage)
        .map(Message::getFieldsMap)
        .map(fields -> fields.getOrDefault("text", Value.getDefaultInstance()).getStringValue())
        .toList();
  }
}
