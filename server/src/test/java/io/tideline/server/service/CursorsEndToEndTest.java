package io.tideline.server.service;

import static io.tideline.server.node.TestNode.timeline;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.tideline.proto.v1.CommitCursorsRequest;
import io.tideline.proto.v1.CommitCursorsResponse;
import io.tideline.proto.v1.CountUnreadRequest;
import io.tideline.proto.v1.Cursor;
import io.tideline.proto.v1.CursorResult;
import io.tideline.proto.v1.CursorServiceGrpc;
import io.tideline.proto.v1.DeleteTimelineRequest;
import io.tideline.proto.v1.ErrorDetail;
import io.tideline.proto.v1.ErrorReason;
import io.tideline.proto.v1.FlushPartitionsRequest;
import io.tideline.proto.v1.GetCursorsRequest;
import io.tideline.proto.v1.ListCursorsRequest;
import io.tideline.proto.v1.ListCursorsResponse;
import io.tideline.proto.v1.SequenceMode;
import io.tideline.proto.v1.Unread;
import io.tideline.proto.v1.UnreadResult;
import io.tideline.server.node.TestNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Cursors and unread counts through real gRPC on a real node. */
final class CursorsEndToEndTest {

  @TempDir private Path directory;

  @Test
  void cursorsMoveForwardOnlyAndCountWhatIsUnread() throws Exception {
    try (TestNode node = TestNode.start(directory)) {
      node.createStore("im", SequenceMode.SEQUENCE_MODE_DENSE, "m");
      for (int i = 0; i < 5; i++) {
        node.append("im", "a", "text");
        node.append("im", "z", "text");
      }
      assertThat(unread(node, "ana", "a", "nobody", "z"))
          .containsExactly(unread(5, 5, 0), unread(0, 0, 0), unread(5, 5, 0));

      CommitCursorsResponse committed =
          commit(node, cursor("a", "ana", 3), cursor("z", "ana", 5), cursor("a", "bob", 1));
      assertThat(committed.getResultsList()).allMatch(CursorResult::hasCursor);
      assertThat(committed.getResults(0).getCursor().getUpdateTimeMs()).isPositive();
      assertThat(committed.getSessionToken()).isNotEqualTo(ByteString.EMPTY);
      assertThat(unread(node, "ana", "a", "z")).containsExactly(unread(2, 5, 3), unread(0, 5, 5));

      // What is behind leaves it where it is, and says where that is.
      CursorResult behind = commit(node, cursor("a", "ana", 2)).getResults(0);
      assertThat(behind.getCursor().getSequenceId()).isEqualTo(3);
      assertThat(behind.getCursor().getUpdateTimeMs())
          .isEqualTo(committed.getResults(0).getCursor().getUpdateTimeMs());
      node.append("im", "a", "text");
      assertThat(unread(node, "ana", "a")).containsExactly(unread(3, 6, 3));
      assertThat(readers(node, "a")).containsExactly("ana=3", "bob=1");
      assertThat(readers(node, "z")).containsExactly("ana=5");
      assertThat(readers(node, "nobody")).isEmpty();
    }
  }

  @Test
  void aCursorBeyondTheEndIsRefusedAloneAndNamed() throws Exception {
    try (TestNode node = TestNode.start(directory)) {
      node.createStore("im", SequenceMode.SEQUENCE_MODE_DENSE);
      node.append("im", "a", "text");
      CommitCursorsResponse response =
          commit(node, cursor("a", "ana", 1), cursor("a", "bob", 2), cursor("nobody", "ana", 1));
      assertThat(response.getResults(0).getCursor().getSequenceId()).isEqualTo(1);
      ErrorDetail beyond = response.getResults(1).getError().getDetail();
      assertThat(beyond.getReason()).isEqualTo(ErrorReason.ERROR_REASON_OUT_OF_RANGE);
      assertThat(beyond.getField()).isEqualTo("cursors[1].sequence_id");
      assertThat(beyond.getValue()).isEqualTo("2");
      assertThat(beyond.getLimit()).isEqualTo("at most 1");
      assertThat(beyond.getTimeline()).isEqualTo(timeline("a"));
      assertThat(response.getResults(2).getError().getDetail().getLimit()).isEqualTo("at most 0");
      assertThat(readers(node, "a")).containsExactly("ana=1");
      // Nothing consumed is where everybody stands.
      assertThat(commit(node, cursor("nobody", "ana", 0)).getResults(0).hasCursor()).isTrue();
    }
  }

  @Test
  void cursorsSurviveRestartsAndGoWithTheirTimeline() throws Exception {
    try (TestNode node = TestNode.start(directory)) {
      node.createStore("im", SequenceMode.SEQUENCE_MODE_DENSE);
      for (String name : List.of("a", "b")) {
        node.append("im", name, "text");
        node.append("im", name, "text");
      }
      var _ = commit(node, cursor("a", "ana", 1), cursor("b", "ana", 2));
      var _ = node.admin().flushPartitions(FlushPartitionsRequest.getDefaultInstance());
      var _ = commit(node, cursor("a", "bob", 2));
    }
    try (TestNode node = TestNode.start(directory)) {
      assertThat(readers(node, "a")).containsExactly("ana=1", "bob=2");
      var _ =
          node.timelines()
              .deleteTimeline(
                  DeleteTimelineRequest.newBuilder()
                      .setStore("im")
                      .setTimeline(timeline("a"))
                      .build());
      assertThat(readers(node, "a")).isEmpty();
      assertThat(get(node, "ana", "a", "b")).containsExactly(0L, 2L);
      assertThat(node.append("im", "a", "text")).isEqualTo(3);
      assertThat(commit(node, cursor("a", "ana", 3)).getResults(0).getCursor().getSequenceId())
          .isEqualTo(3);
      assertThat(readers(node, "a")).containsExactly("ana=3");
    }
  }

  @Test
  void readersAreListedInOrderPageByPage() throws Exception {
    try (TestNode node = TestNode.start(directory)) {
      node.createStore("im", SequenceMode.SEQUENCE_MODE_DENSE);
      node.append("im", "a", "text");
      node.append("im", "ab", "text");
      List<String> names = List.of("a", "ana", "anabel", "b", "你好");
      for (String name : names) {
        var _ = commit(node, cursor("a", name, 1), cursor("ab", "other", 1));
      }
      List<String> found = new ArrayList<>();
      ListCursorsRequest.Builder request =
          ListCursorsRequest.newBuilder().setStore("im").setTimeline(timeline("a")).setLimit(2);
      ListCursorsResponse page;
      do {
        page = cursors(node).listCursors(request.build());
        assertThat(page.getCursorsCount()).isBetween(1, 2);
        page.getCursorsList().forEach(cursor -> found.add(cursor.getReader()));
        request.setPageToken(page.getNextPageToken());
      } while (!page.getNextPageToken().isEmpty());
      assertThat(found).isEqualTo(names);
      Refusals.assertRefused(
          ErrorReason.ERROR_REASON_INVALID_TOKEN,
          () ->
              cursors(node)
                  .listCursors(
                      request.setPageToken(ByteString.copyFrom(new byte[] {9, 9})).build()));
    }
  }

  private static CursorServiceGrpc.CursorServiceBlockingStub cursors(TestNode node) {
    return CursorServiceGrpc.newBlockingStub(node.channel());
  }

  private static Cursor cursor(String name, String reader, long id) {
    return Cursor.newBuilder()
        .setTimeline(timeline(name))
        .setReader(reader)
        .setSequenceId(id)
        .build();
  }

  private static CommitCursorsResponse commit(TestNode node, Cursor... cursors) {
    return cursors(node)
        .commitCursors(
            CommitCursorsRequest.newBuilder()
                .setStore("im")
                .addAllCursors(List.of(cursors))
                .build());
  }

  private static List<Unread> unread(TestNode node, String reader, String... names) {
    CountUnreadRequest.Builder request =
        CountUnreadRequest.newBuilder().setStore("im").setReader(reader);
    for (String name : names) {
      request.addTimelines(timeline(name));
    }
    return cursors(node).countUnread(request.build()).getResultsList().stream()
        .map(UnreadResult::getUnread)
        .toList();
  }

  private static Unread unread(long count, long last, long cursor) {
    return Unread.newBuilder()
        .setCount(count)
        .setLastSequenceId(last)
        .setCursorSequenceId(cursor)
        .build();
  }

  private static List<Long> get(TestNode node, String reader, String... names) {
    GetCursorsRequest.Builder request =
        GetCursorsRequest.newBuilder().setStore("im").setReader(reader);
    for (String name : names) {
      request.addTimelines(timeline(name));
    }
    return cursors(node).getCursors(request.build()).getResultsList().stream()
        .map(result -> result.getCursor().getSequenceId())
        .toList();
  }

  private static List<String> readers(TestNode node, String name) {
    return cursors(node)
        .listCursors(
            ListCursorsRequest.newBuilder().setStore("im").setTimeline(timeline(name)).build())
        .getCursorsList()
        .stream()
        .map(cursor -> cursor.getReader() + "=" + cursor.getSequenceId())
        .toList();
  }
}
