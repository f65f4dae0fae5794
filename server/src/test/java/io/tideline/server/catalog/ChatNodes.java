package io.tideline.server.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tideline.lsm.Direction;
import io.tideline.lsm.Engine;
import io.tideline.lsm.EngineOptions;
import io.tideline.lsm.EngineResources;
import io.tideline.lsm.KeyRange;
import io.tideline.lsm.RangeHash;
import io.tideline.lsm.ReadView;
import io.tideline.lsm.RowCursor;
import io.tideline.lsm.fs.RealFileSystem;
import io.tideline.manager.CatalogChange;
import io.tideline.manager.IdentifierField;
import io.tideline.manager.IdentifierType;
import io.tideline.manager.SequenceMode;
import io.tideline.manager.StorageType;
import io.tideline.manager.StoreDescriptor;
import io.tideline.manager.StoreOptions;
import io.tideline.server.command.Command;
import io.tideline.server.replica.Partition;
import io.tideline.server.replica.PartitionReplica;
import io.tideline.server.replica.PartitionStatus;
import io.tideline.server.replica.ReadOutcome;
import io.tideline.server.replica.Replica;
import io.tideline.server.replica.WriteOutcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Three nodes in one process with a store "chat" of one timeline, "t", whose rows are counted. */
final class ChatNodes implements AutoCloseable {

  private static final Duration LONG = Duration.ofSeconds(60);
  private static final int BATCH = 100;
  private static final int VALUE_BYTES = 1_000;

  final ClusterFixture cluster;
  final long partitionId;
  private final SplittableRandom random = new SplittableRandom(1);
  private int written;

  ChatNodes(Path directory) throws Exception {
    cluster = new ClusterFixture(directory, 3);
    StoreDescriptor store =
        HostFixture.done(
            cluster
                .host(0)
                .catalog()
                .createStore(
                    new CatalogChange.CreateStore(
                        "chat",
                        List.of(new IdentifierField("conversation", IdentifierType.STRING)),
                        new StoreOptions(
                            SequenceMode.DENSE,
                            0,
                            0,
                            0,
                            StorageType.ANY,
                            3,
                            StoreOptions.DEFAULT_DEDUP_WINDOW_MILLIS),
                        List.of())));
    partitionId = store.partitions().getFirst().partitionId();
  }

  /** Rows written so far. */
  int written() {
    return written;
  }

  /**
   * Appends batches through a node, again if it is not known whether they happened: their keys make
   * that safe.
   */
  void write(int node, int batches) {
    for (int i = 0; i < batches; i++) {
      List<Command.Append> appends = new ArrayList<>();
      for (int j = 0; j < BATCH; j++) {
        String name = "v" + (written + j);
        appends.add(HostFixture.append("t", name, name + letters()));
      }
      await()
          .atMost(LONG)
          .until(
              () -> partition(node).appendBatch(appends).get(30, TimeUnit.SECONDS),
              WriteOutcome.Applied.class::isInstance);
      written += BATCH;
    }
  }

  /** What no codec makes much smaller, so that tables are rows for the most part. */
  private String letters() {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < VALUE_BYTES; i++) {
      text.append((char) ('a' + random.nextInt(26)));
    }
    return text.toString();
  }

  /** Flushes twice, so that the log keeps nothing from before. */
  void cutLogs(int... nodes) throws Exception {
    for (int round = 0; round < 2; round++) {
      write(nodes[0], 1);
      awaitSamePositionOf(nodes);
      for (int node : nodes) {
        replica(node).flush().get(30, TimeUnit.SECONDS);
      }
    }
  }

  void awaitSamePosition() {
    awaitSamePositionOf(0, 1, 2);
  }

  void awaitSamePositionOf(int... nodes) {
    await()
        .atMost(LONG)
        .untilAsserted(
            () -> {
              long index = status(nodes[0]).applied().position().index();
              for (int node : nodes) {
                assertThat(status(node).applied().position().index()).isEqualTo(index);
              }
            });
  }

  /** Stops all and compares what is on their disks. */
  void sameContent() throws Exception {
    for (int node = 0; node < 3; node++) {
      replica(node).flush().get(30, TimeUnit.SECONDS);
    }
    for (int node = 0; node < 3; node++) {
      cluster.stop(node);
    }
    RangeHash first = hash(0);
    assertThat(first.rows()).isEqualTo(written);
    for (int node = 1; node < 3; node++) {
      RangeHash other = hash(node);
      assertThat(other.state()).isEqualTo(first.state());
      assertThat(other.sameContent(first)).as("node %d", node).isTrue();
    }
  }

  /** Returns once the running replicas of a partition, which nobody writes to, hash to the same. */
  void awaitSameContent(long id) {
    await()
        .atMost(LONG)
        .ignoreExceptions()
        .until(
            () -> {
              List<RangeHash> hashes = new ArrayList<>();
              for (int node = 0; node < 3; node++) {
                hashes.add(contentHash(node, id));
              }
              return hashes.stream().allMatch(hash -> hash.sameContent(hashes.getFirst()));
            });
  }

  /** What a running replica has, read from its files. */
  RangeHash contentHash(int node, long id) throws IOException {
    return ((PartitionReplica) cluster.host(node).catalog().partition(id).orElseThrow())
        .contentHash();
  }

  RangeHash hash(int node) throws IOException {
    try (EngineResources resources =
            EngineResources.create(new RealFileSystem(), 16L << 20, 1L << 20, 1);
        Engine engine =
            Engine.open(
                cluster.data(node).resolve("partitions").resolve(Long.toString(partitionId)),
                EngineOptions.DEFAULTS,
                resources)) {
      return engine.rangeHash(KeyRange.ALL);
    }
  }

  void wipe(int node) throws IOException {
    List<Path> files;
    try (Stream<Path> walk = Files.walk(cluster.data(node))) {
      files = walk.sorted(java.util.Comparator.reverseOrder()).toList();
    }
    for (Path file : files) {
      Files.delete(file);
    }
  }

  Partition partition(int node) {
    return cluster
        .host(node)
        .catalog()
        .route(cluster.host(node).catalog().find("chat").orElseThrow(), HostFixture.bytes("t"))
        .orElseThrow();
  }

  Replica replica(int node) {
    Optional<? extends Replica> found = cluster.host(node).catalog().partition(partitionId);
    return found.orElseThrow();
  }

  PartitionStatus status(int node) {
    return replica(node).status();
  }

  ReadView view(int node) throws Exception {
    ReadOutcome outcome = partition(node).read().get(30, TimeUnit.SECONDS);
    assertThat(outcome).isInstanceOf(ReadOutcome.Ready.class);
    return ((ReadOutcome.Ready) outcome).view();
  }

  /** Rows that a node serves; empty if it serves nothing now. */
  OptionalInt idsIfServed(int node) throws Exception {
    if (cluster.host(node).catalog().partition(partitionId).isEmpty()) {
      return OptionalInt.empty();
    }
    ReadOutcome outcome = partition(node).read().get(30, TimeUnit.SECONDS);
    if (!(outcome instanceof ReadOutcome.Ready(ReadView view))) {
      return OptionalInt.empty();
    }
    try (view) {
      return OptionalInt.of(count(view));
    }
  }

  int ids(int node) throws Exception {
    try (ReadView view = view(node)) {
      return count(view);
    }
  }

  /** Rows of the timeline, whose ids must be 1, 2, 3 … */
  static int count(ReadView view) throws IOException {
    int count = 0;
    try (RowCursor row =
        view.scan(HostFixture.bytes("t"), Long.MIN_VALUE, Long.MAX_VALUE, Direction.FORWARD)) {
      while (row.next()) {
        count++;
        assertThat(row.sequenceId()).isEqualTo(count);
      }
    }
    return count;
  }

  @Override
  public void close() {
    cluster.close();
    assertThat(cluster.fatal).isEmpty();
  }
}
