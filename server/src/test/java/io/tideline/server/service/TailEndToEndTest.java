package io.tideline.server.service;

import static io.tideline.server.node.TestNode.timeline;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.grpc.Context;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.tideline.proto.v1.CoverageStatus;
import io.tideline.proto.v1.Entry;
import io.tideline.proto.v1.EntryKind;
import io.tideline.proto.v1.RecallRequest;
import io.tideline.proto.v1.SequenceMode;
import io.tideline.proto.v1.StoreOptions;
import io.tideline.proto.v1.SyncPosition;
import io.tideline.proto.v1.SyncResult;
import io.tideline.proto.v1.TailHeartbeat;
import io.tideline.proto.v1.TailRequest;
import io.tideline.proto.v1.TailResponse;
import io.tideline.proto.v1.TimelineServiceGrpc;
import io.tideline.proto.v1.TrimRequest;
import io.tideline.server.node.TestCluster;
import io.tideline.server.node.TestNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tail through real gRPC on real nodes. */
final class TailEndToEndTest {

  private static final Duration LONG = Duration.ofSeconds(60);

  @TempDir private Path directory;

  @Test
  void historyComesFirstThenAHeartbeatThenWhatIsWritten() throws Exception {
    try (TestNode node = TestNode.start(directory)) {
      node.createStore("im", SequenceMode.SEQUENCE_MODE_DENSE, "m");
      for (int i = 1; i <= 250; i++) {
        node.append("im", "a", "text " + i);
      }
      try (Reader reader = Reader.of(node, "im", Map.of("a", 20L, "z", 0L))) {
        await().atMost(LONG).until(() -> reader.ids("a").size() == 230);
        await().atMost(LONG).until(() -> !reader.heartbeats.isEmpty());
        assertThat(reader.heartbeats.getFirst().getCoveragesList())
            .extracting(coverage -> coverage.getLastSequenceId())
            .containsExactlyInAnyOrder(250L, 0L);
        node.append("im", "z", "first");
        node.append("im", "a", "more");
        await().atMost(LONG).until(() -> reader.ids("a").size() == 231);
        await().atMost(LONG).until(() -> reader.ids("z").equals(List.of(1L)));
        assertThat(reader.ids("a").getFirst()).isEqualTo(21);
        reader.assertDense();
      }
    }
  }

  @Test
  void concurrentWritersGiveEachTailEveryIdOnceAndInOrder() throws Exception {
    int perWriter = 300;
    try (TestNode node = TestNode.start(directory);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      node.createStore("im", SequenceMode.SEQUENCE_MODE_DENSE, "m");
      List<Reader> readers = new ArrayList<>();
      List<Future<?>> writers = new ArrayList<>();
      for (int w = 0; w < 4; w++) {
        writers.add(
            threads.submit(
                () -> {
                  for (int i = 0; i < perWriter; i++) {
                    node.append("im", i % 2 == 0 ? "a" : "z", "text");
                  }
                }));
        readers.add(Reader.of(node, "im", Map.of("a", 0L, "z", 0L)));
      }
      for (Future<?> writer : writers) {
        writer.get(60, TimeUnit.SECONDS);
      }
      for (Reader reader : readers) {
        await().atMost(LONG).until(() -> reader.ids("a").size() == 2 * perWriter);
        await().atMost(LONG).until(() -> reader.ids("z").size() == 2 * perWriter);
        reader.assertDense();
        reader.close();
      }
    }
  }

  @Test
  void aReaderThatTakesNothingMissesNothingWhenItGoesOn() throws Exception {
    String text = "x".repeat(50_000);
    try (TestNode node = TestNode.start(directory)) {
      node.createStore("im", SequenceMode.SEQUENCE_MODE_DENSE);
      try (Reader reader = Reader.paused(node, "im", Map.of("a", 0L))) {
        for (int i = 0; i < 200; i++) {
          node.append("im", "a", text);
        }
        reader.take(Integer.MAX_VALUE);
        await().atMost(LONG).until(() -> reader.ids("a").size() == 200);
        reader.assertDense();
      }
    }
  }

  @Test
  void trimsAndChangesAreTold() throws Exception {
    try (TestNode node = TestNode.start(directory)) {
      node.createStore("im", SequenceMode.SEQUENCE_MODE_DENSE);
      for (int i = 0; i < 10; i++) {
        node.append("im", "a", "text");
      }
      var _ =
          node.timelines()
              .trim(
                  TrimRequest.newBuilder()
                      .setStore("im")
                      .setTimeline(timeline("a"))
                      .setThroughSequenceId(4)
                      .build());
      try (Reader reader = Reader.of(node, "im", Map.of("a", 1L))) {
        await().atMost(LONG).until(() -> reader.ids("a").size() == 6);
        assertThat(reader.results.getFirst().getCoverage().getStatus())
            .isEqualTo(CoverageStatus.COVERAGE_STATUS_TRIMMED);
        assertThat(reader.results.getFirst().getCoverage().getFirstRetainedSequenceId())
            .isEqualTo(5);
        var _ =
            node.timelines()
                .recall(
                    RecallRequest.newBuilder()
                        .setStore("im")
                        .setTimeline(timeline("a"))
                        .setSequenceId(7)
                        .setAnnounce(true)
                        .build());
        await().atMost(LONG).until(() -> reader.ids("a").size() == 7);
        Entry change = reader.results.getLast().getEntries(0);
        assertThat(change.getKind()).isEqualTo(EntryKind.ENTRY_KIND_CHANGE);
        assertThat(change.getTargetSequenceId()).isEqualTo(7);
      }
    }
  }

  @Test
  void heartbeatsComeWhileNothingElseDoes() throws Exception {
    try (TestNode node = TestNode.start(directory)) {
      node.createStore("im", SequenceMode.SEQUENCE_MODE_DENSE);
      node.append("im", "a", "text");
      Iterator<TailResponse> tail =
          node.timelines()
              .tail(Reader.request("im", Map.of("a", 1L)).setHeartbeatIntervalMs(1_000).build());
      for (int i = 0; i < 3; i++) {
        TailHeartbeat heartbeat = tail.next().getHeartbeat();
        assertThat(heartbeat.getTimeMs()).isPositive();
        assertThat(heartbeat.getCoverages(0).getLastSequenceId()).isEqualTo(1);
        assertThat(heartbeat.getCoverages(0).getNextSequenceId()).isEqualTo(2);
      }
    }
  }

  @Test
  void aNodeThatStopsEndsItsTailsWithAWordThatMayBeRetried() throws Exception {
    Reader reader;
    try (TestNode node = TestNode.start(directory)) {
      node.createStore("im", SequenceMode.SEQUENCE_MODE_DENSE);
      reader = Reader.of(node, "im", Map.of("a", 0L));
      await().atMost(LONG).until(() -> !reader.heartbeats.isEmpty());
      node.server().stop();
    }
    await().atMost(LONG).until(() -> reader.ended.get() != null);
    assertThatThrownBy(
            () -> {
              throw reader.ended.get();
            })
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageContaining("UNAVAILABLE");
  }

  /** Each partition has one copy: most of what a node tails is elsewhere. */
  @Test
  void everyNodeTailsWhatOthersHave() throws Exception {
    try (TestCluster cluster = TestCluster.start(directory, 3)) {
      StoreOptions one =
          StoreOptions.newBuilder()
              .setSequenceMode(SequenceMode.SEQUENCE_MODE_DENSE)
              .setReplicas(1)
              .build();
      cluster.node(0).createStore("spread", one, "h", "p");
      Map<String, Long> all = Map.of("a", 0L, "h", 0L, "p", 0L);
      List<Reader> readers = new ArrayList<>();
      for (TestNode node : cluster.nodes()) {
        readers.add(Reader.of(node, "spread", all));
      }
      for (int i = 0; i < 20; i++) {
        for (String name : all.keySet()) {
          cluster.node(i % 3).append("spread", name, "text");
        }
      }
      for (Reader reader : readers) {
        for (String name : all.keySet()) {
          await().atMost(LONG).until(() -> reader.ids(name).size() == 20);
        }
        reader.assertDense();
        reader.close();
      }
    }
  }

  /** Takes a tail's messages, at once or when it is told to. */
  private static final class Reader implements AutoCloseable {
    final List<SyncResult> results = new CopyOnWriteArrayList<>();
    final List<TailHeartbeat> heartbeats = new CopyOnWriteArrayList<>();
    final AtomicReference<@Nullable Throwable> ended = new AtomicReference<>();
    private final Map<String, List<Long>> ids = new ConcurrentHashMap<>();
    private final Context.CancellableContext context = Context.current().withCancellation();
    private final AtomicReference<@Nullable ClientCallStreamObserver<TailRequest>> call =
        new AtomicReference<>();

    static Reader of(TestNode node, String store, Map<String, Long> positions) {
      Reader reader = paused(node, store, positions);
      reader.take(Integer.MAX_VALUE);
      return reader;
    }

    static Reader paused(TestNode node, String store, Map<String, Long> positions) {
      Reader reader = new Reader();
      reader.context.run(
          () ->
              TimelineServiceGrpc.newStub(node.channel())
                  .tail(request(store, positions).build(), reader.observer()));
      return reader;
    }

    static TailRequest.Builder request(String store, Map<String, Long> positions) {
      TailRequest.Builder request = TailRequest.newBuilder().setStore(store);
      positions.forEach(
          (name, after) ->
              request.addPositions(
                  SyncPosition.newBuilder().setTimeline(timeline(name)).setAfterSequenceId(after)));
      return request;
    }

    void take(int messages) {
      ClientCallStreamObserver<TailRequest> present = call.get();
      if (present == null) {
        throw new IllegalStateException("the call has not begun");
      }
      present.request(messages);
    }

    List<Long> ids(String name) {
      return ids.getOrDefault(name, List.of());
    }

    void assertDense() {
      ids.forEach(
          (name, given) -> {
            for (int i = 1; i < given.size(); i++) {
              assertThat(given.get(i)).as(name).isEqualTo(given.get(i - 1) + 1);
            }
          });
    }

    private ClientResponseObserver<TailRequest, TailResponse> observer() {
      return new ClientResponseObserver<>() {
        @Override
        public void beforeStart(ClientCallStreamObserver<TailRequest> stream) {
          stream.disableAutoRequestWithInitial(0);
          call.set(stream);
        }

        @Override
        public void onNext(TailResponse response) {
          switch (response.getEventCase()) {
            case ENTRIES -> {
              SyncResult result = response.getEntries();
              String name = result.getTimeline().getFields(0).getStringValue();
              List<Long> given = ids.computeIfAbsent(name, n -> new CopyOnWriteArrayList<>());
              result.getEntriesList().forEach(entry -> given.add(entry.getSequenceId()));
              results.add(result);
            }
            case HEARTBEAT -> heartbeats.add(response.getHeartbeat());
            case FELL_BEHIND, EVENT_NOT_SET -> throw new AssertionError(response);
          }
        }

        @Override
        public void onError(Throwable error) {
          ended.set(error);
        }

        @Override
        public void onCompleted() {
          ended.set(new AssertionError("a tail does not end by itself"));
        }
      };
    }

    @Override
    public void close() {
      context.cancel(null);
    }
  }
}
