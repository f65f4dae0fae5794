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
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three nodes in one process; one is away for longer than the log reaches back, or comes back
 * without its disk, and copies the others' tables.
 */
class SnapshotInstallTest {

  private static final Duration LONG = Duration.ofSeconds(60);
  private static final int BATCH = 100;
  private static final int VALUE_BYTES = 1_000;

  @TempDir Path directory;
  private ClusterFixture cluster;
  private long partitionId;
  private int written;

  @BeforeEach
  void start() throws Exception {
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

  @AfterEach
  void stop() {
    cluster.close();
    assertThat(cluster.fatal).isEmpty();
  }

  @Test
  void aMemberAwayForLongerThanTheLogReachesBackCopiesTheTables() throws Exception {
    write(0, 5);
    cluster.stop(2);
    write(0, 40);
    cutLogs(0, 1);
    cluster.start(2);
    awaitSamePosition();
    assertThat(cluster.host(2).transfers().receivedBytes()).isPositive();
    assertThat(ids(2)).isEqualTo(written);
    sameContent();
  }

  @Test
  void aMemberWithAnEmptyDiskGetsEverythingBackWhileTheOthersWriteFlushAndCompact()
      throws Exception {
    write(0, 40);
    cutLogs(0, 1, 2);
    cluster.stop(2);
    wipe(2);
    write(0, 10);
    Thread writer =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    for (int i = 0; i < 10; i++) {
                      write(0, 3);
                      replica(0).flush().get(30, TimeUnit.SECONDS);
                      replica(1).flush().get(30, TimeUnit.SECONDS);
                    }
                  } catch (Exception e) {
                    cluster.fatal.add(e);
                  }
                });
    cluster.start(2);
    assertThat(writer.join(LONG)).isTrue();
    awaitSamePosition();
    assertThat(cluster.host(2).transfers().receivedBytes()).isPositive();
    assertThat(ids(2)).isEqualTo(written);
    sameContent();
  }

  /**
   * Appends batches through a node, again if it is not known whether they happened: their keys make
   * that safe.
   */
  private void write(int node, int batches) {
    for (int i = 0; i < batches; i++) {
      List<Command.Append> appends = new ArrayList<>();
      for (int j = 0; j < BATCH; j++) {
        String name = "v" + (written + j);
        appends.add(HostFixture.append("t", name, (name + ".").repeat(VALUE_BYTES / 6)));
      }
      await()
          .atMost(LONG)
          .until(
              () -> partition(node).appendBatch(appends).get(30, TimeUnit.SECONDS),
              WriteOutcome.Applied.class::isInstance);
      written += BATCH;
    }
  }

  /** Flushes twice, so that the log keeps nothing from before. */
  private void cutLogs(int... nodes) throws Exception {
    for (int round = 0; round < 2; round++) {
      write(nodes[0], 1);
      awaitSamePositionOf(nodes);
      for (int node : nodes) {
        replica(node).flush().get(30, TimeUnit.SECONDS);
      }
    }
  }

  private void awaitSamePosition() {
    awaitSamePositionOf(0, 1, 2);
  }

  private void awaitSamePositionOf(int... nodes) {
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
  private void sameContent() throws Exception {
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

  private RangeHash hash(int node) throws IOException {
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

  private void wipe(int node) throws IOException {
    List<Path> files;
    try (Stream<Path> walk = Files.walk(cluster.data(node))) {
      files = walk.sorted(java.util.Comparator.reverseOrder()).toList();
    }
    for (Path file : files) {
      Files.delete(file);
    }
  }

  private Partition partition(int node) {
    return cluster
        .host(node)
        .catalog()
        .route(cluster.host(node).catalog().find("chat").orElseThrow(), HostFixture.bytes("t"))
        .orElseThrow();
  }

  private Replica replica(int node) {
    Optional<? extends Replica> found = cluster.host(node).catalog().partition(partitionId);
    return found.orElseThrow();
  }

  private PartitionStatus status(int node) {
    return replica(node).status();
  }

  private ReadView view(int node) throws Exception {
    ReadOutcome outcome = partition(node).read().get(30, TimeUnit.SECONDS);
    assertThat(outcome).isInstanceOf(ReadOutcome.Ready.class);
    return ((ReadOutcome.Ready) outcome).view();
  }

  private int ids(int node) throws Exception {
    try (ReadView view = view(node)) {
      return count(view);
    }
  }

  /** Rows of the timeline, whose ids must be 1, 2, 3 … */
  private static int count(ReadView view) throws IOException {
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
}
