package io.tideline.server.service;

import static io.tideline.server.node.TestNode.timeline;
import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.proto.v1.ErrorReason;
import io.tideline.proto.v1.GetMetaRequest;
import io.tideline.proto.v1.Message;
import io.tideline.proto.v1.Meta;
import io.tideline.proto.v1.PutMetaRequest;
import io.tideline.proto.v1.SequenceMode;
import io.tideline.proto.v1.UpdateMetaRequest;
import io.tideline.proto.v1.Value;
import io.tideline.server.node.TestNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Concurrent updates of one timeline's meta: none is lost, whatever they set and remove. */
final class MetaUpdateEndToEndTest {

  private static final int CLIENTS = 24;
  private static final int ROUNDS = 8;

  @TempDir private static Path directory;

  private static TestNode node;

  @BeforeAll
  static void start() throws Exception {
    node = TestNode.start(directory.resolve("data"));
    node.createStore("im", SequenceMode.SEQUENCE_MODE_DENSE);
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  @Test
  void concurrentUpdatesOfDifferentFieldsAreAllThere() throws Exception {
    put("fields", "base");
    together(
        client -> {
          for (int round = 0; round < ROUNDS; round++) {
            var set =
                node.metas()
                    .updateMeta(
                        update("fields")
                            .putSetFields("set-" + client + "-" + round, text("v"))
                            .putSetFields("own-" + client + "-" + round, text("v"))
                            .build());
            // What this client set before is still there to be removed, and only that goes.
            var removed =
                node.metas()
                    .updateMeta(
                        update("fields").addRemoveFields("own-" + client + "-" + round).build());
            assertThat(removed.getRevision()).isGreaterThan(set.getRevision());
          }
        });
    Meta meta = get("fields");
    List<String> expected = new ArrayList<>(List.of("base"));
    for (int client = 0; client < CLIENTS; client++) {
      for (int round = 0; round < ROUNDS; round++) {
        expected.add("set-" + client + "-" + round);
      }
    }
    assertThat(meta.getFields().getFieldsMap()).containsOnlyKeys(expected);
    assertThat(meta.getRevision()).isEqualTo(1 + 2L * CLIENTS * ROUNDS);
  }

  @Test
  void ofUpdatesThatExpectTheSameRevisionOneWins() throws Exception {
    put("counter", "base");
    AtomicInteger won = new AtomicInteger();
    together(
        client -> {
          for (int round = 0; round < ROUNDS; round++) {
            Meta read = get("counter");
            long count = read.getFields().getFieldsOrDefault("count", number(0)).getInt64Value();
            UpdateMetaRequest increment =
                update("counter")
                    .setExpectedRevision(read.getRevision())
                    .putSetFields("count", number(count + 1))
                    .build();
            try {
              var unused = node.metas().updateMeta(increment);
              won.incrementAndGet();
            } catch (io.grpc.StatusRuntimeException e) {
              assertThat(Refusals.detail(e).getReason())
                  .isEqualTo(ErrorReason.ERROR_REASON_CONDITION_FAILED);
              assertThat(Refusals.detail(e).getField()).isEqualTo("expected_revision");
            }
          }
        });
    assertThat(won.get()).isPositive();
    Meta meta = get("counter");
    assertThat(meta.getFields().getFieldsOrThrow("count").getInt64Value()).isEqualTo(won.get());
    assertThat(meta.getRevision()).isEqualTo(1 + won.get());
  }

  /** What one client does. */
  private interface Client {
    void run(int number);
  }

  private static void together(Client work) throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(CLIENTS)) {
      List<Future<?>> running = new ArrayList<>();
      for (int client = 0; client < CLIENTS; client++) {
        int number = client;
        running.add(threads.submit(() -> work.run(number)));
      }
      for (Future<?> one : running) {
        one.get();
      }
    }
  }

  private static void put(String conversation, String field) {
    var unused =
        node.metas()
            .putMeta(
                PutMetaRequest.newBuilder()
                    .setStore("im")
                    .setTimeline(timeline(conversation))
                    .setFields(Message.newBuilder().putFields(field, text("v")))
                    .build());
  }

  private static Meta get(String conversation) {
    return node.metas()
        .getMeta(
            GetMetaRequest.newBuilder().setStore("im").setTimeline(timeline(conversation)).build())
        .getMeta();
  }

  private static UpdateMetaRequest.Builder update(String conversation) {
    return UpdateMetaRequest.newBuilder().setStore("im").setTimeline(timeline(conversation));
  }

  private static Value text(String text) {
    return Value.newBuilder().setStringValue(text).build();
  }

  private static Value number(long number) {
    return Value.newBuilder().setInt64Value(number).build();
  }
}
