package io.tideline.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tideline.client.AppendItem;
import io.tideline.client.AppendResult;
import io.tideline.client.Entry;
import io.tideline.client.ErrorCode;
import io.tideline.client.Identifier;
import io.tideline.client.IdentifierType;
import io.tideline.client.Message;
import io.tideline.client.PartitionInfo;
import io.tideline.client.ScanSpec;
import io.tideline.client.SequenceMode;
import io.tideline.client.StoreSpec;
import io.tideline.client.TidelineClient;
import io.tideline.client.TidelineException;
import io.tideline.client.TimelineKey;
import io.tideline.it.harness.NodeConfig;
import io.tideline.it.harness.Nodes;
import io.tideline.it.harness.Seed;
import io.tideline.it.harness.ServerProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a node remembers of its former lives: everything acknowledged, once, with the same ids. */
class RestartIT {

  private static final int WRITERS = 8;
  private static final int MESSAGES_PER_WRITER = 300;
  private static final int TIMELINES = 12;
  private static final int KILLS = 3;

  @RegisterExtension final Nodes nodes = new Nodes();

  private ServerProcess node;
  private TidelineClient client;

  @BeforeEach
  void startNode() {
    node = nodes.start(NodeConfig.shortLived());
    client = TidelineClient.connect(node.endpoint());
  }

  @AfterEach
  void closeClient() {
    client.close();
  }

  @Test
  void concurrentWritersLoseAndDoubleNothingThroughKills() throws Exception {
    SplittableRandom random = Seed.random("RestartIT");
    create(store("dense").splitPoint(Identifier.of("t4")).splitPoint(Identifier.of("t8")));
    List<TimelineKey> timelines =
        IntStream.range(0, TIMELINES).mapToObj(i -> TimelineKey.of("dense", "t" + i)).toList();

    Map<String, KeyedWriter.Ack> acks = writeThroughKills(timelines, random);

    assertThat(acks).hasSize(WRITERS * MESSAGES_PER_WRITER);
    for (TimelineKey timeline : timelines) {
      List<Entry> entries = scan(timeline);
      assertDense(entries);
      assertMatchesAcks(timeline, entries, acks);
    }
  }

  @Test
  void monotonicIdsRiseThroughKills() throws Exception {
    SplittableRandom random = Seed.random("RestartIT");
    create(store("monotonic").sequenceMode(SequenceMode.MONOTONIC));
    List<TimelineKey> timelines = List.of(TimelineKey.of("monotonic", "all"));

    Map<String, KeyedWriter.Ack> acks = writeThroughKills(timelines, random);

    List<Entry> entries = scan(timelines.getFirst());
    assertThat(entries).extracting(Entry::sequenceId).isSorted().doesNotHaveDuplicates();
    assertMatchesAcks(timelines.getFirst(), entries, acks);
  }

  /** Writes with many threads while the node is killed; what was acknowledged, by text. */
  private Map<String, KeyedWriter.Ack> writeThroughKills(
      List<TimelineKey> timelines, SplittableRandom random) throws Exception {
    AtomicLong progress = new AtomicLong();
    List<KeyedWriter> writers =
        IntStream.range(0, WRITERS)
            .mapToObj(
                i -> new KeyedWriter(client, "w" + i, timelines, MESSAGES_PER_WRITER, progress))
            .toList();
    try (ExecutorService threads = Executors.newFixedThreadPool(WRITERS)) {
      List<Future<Void>> running = new ArrayList<>();
      writers.forEach(writer -> running.add(threads.submit(writer)));
      for (int i = 0; i < KILLS; i++) {
        long at = (long) ((i + random.nextDouble()) / KILLS * 0.9 * WRITERS * MESSAGES_PER_WRITER);
        await("message " + at)
            .atMost(Duration.ofMinutes(2))
            .pollInterval(Duration.ofMillis(2))
            .until(() -> progress.get() >= at);
        node.kill9();
        node.restart();
        System.out.printf(
            "killed at %,d, back after %.2f s%n", at, node.startup().toMillis() / 1e3);
      }
      for (Future<Void> writer : running) {
        writer.get();
      }
    }
    Map<String, KeyedWriter.Ack> acks = new HashMap<>();
    writers.forEach(writer -> acks.putAll(writer.acks()));
    return acks;
  }

  private static void assertDense(List<Entry> entries) {
    assertThat(entries)
        .extracting(Entry::sequenceId)
        .containsExactlyElementsOf(LongStream.rangeClosed(1, entries.size()).boxed().toList());
  }

  /**
   * Every acknowledged message is there once, at the id it was acknowledged with; nothing else is.
   */
  private static void assertMatchesAcks(
      TimelineKey timeline, List<Entry> entries, Map<String, KeyedWriter.Ack> acks) {
    Map<String, Long> expected = new HashMap<>();
    acks.values().stream()
        .filter(ack -> ack.timeline().equals(timeline))
        .forEach(ack -> expected.put(ack.text(), ack.result().sequenceId()));
    Map<String, Long> found = new HashMap<>();
    Set<String> twice = new HashSet<>();
    for (Entry entry : entries) {
      String text = entry.message().getString("text").orElseThrow();
      if (found.put(text, entry.sequenceId()) != null) {
        twice.add(text);
      }
    }
    assertThat(twice).as("messages that are there twice").isEmpty();
    assertThat(found).isEqualTo(expected);
  }

  @Test
  void manualEntriesKeepTheirIds() {
    create(store("manual").sequenceMode(SequenceMode.MANUAL));
    TimelineKey timeline = TimelineKey.of("manual", "one");
    List<Long> ids = List.of(5L, -7L, Long.MAX_VALUE - 1, 0L, Long.MIN_VALUE + 1, 6L);
    ids.forEach(id -> client.put(timeline, id, Message.of("text", "at " + id)));
    client.putOrReplace(timeline, 5, Message.of("text", "replaced"));

    node.kill9();
    node.restart();

    assertThat(scan(timeline))
        .extracting(Entry::sequenceId)
        .containsExactlyElementsOf(ids.stream().sorted().toList());
    assertThat(client.get(timeline, 5).orElseThrow().message())
        .isEqualTo(Message.of("text", "replaced"));
    assertThatThrownBy(() -> client.put(timeline, 6, Message.of("text", "again")))
        .isInstanceOfSatisfying(
            TidelineException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.SEQUENCE_ID_EXISTS));
  }

  @Test
  void messageKeysAreRememberedThroughKillFlushAndStop() {
    create(store("keyed"));
    TimelineKey timeline = TimelineKey.of("keyed", "one");
    AppendItem first = item(timeline, "first");
    AppendItem second = item(timeline, "second");
    AppendResult told = client.append(first);

    node.kill9();
    node.restart();
    AppendResult afterKill = client.append(first);
    client.append(second);
    client.admin().flushPartitions();
    node.kill9();
    node.restart();
    AppendResult afterFlush = client.append(first);
    node.stop();
    node.restart();
    AppendResult afterStop = client.append(second);

    assertThat(told.duplicate()).isFalse();
    assertThat(List.of(afterKill, afterFlush))
        .allSatisfy(
            again -> {
              assertThat(again.duplicate()).isTrue();
              assertThat(again.sequenceId()).isEqualTo(told.sequenceId());
              assertThat(again.previousSequenceId()).isEqualTo(told.previousSequenceId());
              assertThat(again.appendTime()).isEqualTo(told.appendTime());
            });
    assertThat(afterStop.duplicate()).isTrue();
    assertThat(afterStop.sequenceId()).isEqualTo(2);
    assertThat(scan(timeline)).hasSize(2);
  }

  @Test
  void partitionsAndWhatIsInThemComeBack() {
    List<PartitionInfo> created =
        client
            .stores()
            .create(
                store("cut")
                    .splitPoint(Identifier.of("g"))
                    .splitPoint(Identifier.of("n"))
                    .splitPoint(Identifier.of("t"))
                    .build())
            .partitions();
    List<String> names = List.of("alice", "g", "ga", "m~", "n", "oscar", "t", "zoe");
    names.forEach(name -> client.append(TimelineKey.of("cut", name), Message.of("text", name)));
    client.meta().put(TimelineKey.of("cut", "oscar"), Message.of("city", "北京"));

    node.kill9();
    node.restart();

    assertThat(client.stores().describe("cut").partitions()).hasSize(4);
    assertThat(client.stores().describe("cut").partitions())
        .extracting(PartitionInfo::partitionId)
        .containsExactlyElementsOf(created.stream().map(PartitionInfo::partitionId).toList());
    assertThat(names)
        .allSatisfy(
            name ->
                assertThat(scan(TimelineKey.of("cut", name)))
                    .extracting(entry -> entry.message().getString("text").orElseThrow())
                    .containsExactly(name));
    assertThat(client.meta().get(TimelineKey.of("cut", "oscar")).orElseThrow().fields())
        .isEqualTo(Message.of("city", "北京"));
  }

  @Test
  void droppedStoresStayDropped() {
    create(store("gone"));
    client.append(TimelineKey.of("gone", "a"), Message.of("text", "a"));
    client.stores().drop("gone");

    node.kill9();
    node.restart();

    assertThatThrownBy(() -> client.stores().describe("gone"))
        .isInstanceOfSatisfying(
            TidelineException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.STORE_NOT_FOUND));
  }

  @Test
  void aStoppedNodeReplaysNextToNothing() {
    create(store("calm"));
    TimelineKey timeline = TimelineKey.of("calm", "one");
    for (int i = 0; i < 500; i++) {
      client.append(timeline, Message.of("text", "message " + i));
    }

    node.stop();
    node.restart();

    long replayed = client.admin().nodeStatus().replayedEntries();
    System.out.printf(
        "restart after a stop: %.2f s, %d entries replayed%n",
        node.startup().toMillis() / 1e3, replayed);
    assertThat(replayed).as("log entries replayed after a graceful stop").isLessThan(20);
    assertThat(scan(timeline)).hasSize(500);
  }

  private void create(StoreSpec.Builder store) {
    client.stores().create(store.build());
  }

  private static StoreSpec.Builder store(String name) {
    return StoreSpec.builder(name).identifierField("name", IdentifierType.STRING);
  }

  private static AppendItem item(TimelineKey timeline, String text) {
    return AppendItem.of(timeline, Message.of("text", text)).withMessageKey("key of " + text);
  }

  private List<Entry> scan(TimelineKey timeline) {
    List<Entry> entries = new ArrayList<>();
    client.scan(ScanSpec.builder(timeline).pageSize(1_000).build()).forEach(entries::add);
    return entries;
  }
}
