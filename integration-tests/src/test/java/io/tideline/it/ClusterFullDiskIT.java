package io.tideline.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.tideline.client.AppendItem;
import io.tideline.client.Message;
import io.tideline.client.RetryPolicy;
import io.tideline.client.TidelineClient;
import io.tideline.client.TimelineKey;
import io.tideline.it.harness.NodeConfig;
import io.tideline.it.harness.Nodes;
import io.tideline.it.harness.ServerProcess;
import io.tideline.it.harness.SmallDisk;
import io.tideline.it.harness.Wire;
import io.tideline.proto.v1.ListPartitionsRequest;
import io.tideline.proto.v1.PartitionStatus;
import io.tideline.proto.v1.StoreOptions;
import io.tideline.proto.v1.TransferLeaderRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The disk of the node that leads is full, and those of its followers are not: writes go on. */
class ClusterFullDiskIT {

  private static final String STORE = "chats";
  private static final String TIMELINE = "room";
  private static final long DISK_BYTES = 96L << 20;
  private static final long RESERVE_BYTES = 8L << 20;
  private static final int FULL = 2;

  /** A second to notice, moments to hand over; the rest is for a busy machine. */
  private static final Duration GAP_MAX = Duration.ofSeconds(5);

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @RegisterExtension final Nodes nodes = new Nodes();

  private SmallDisk disk;
  private List<ServerProcess> cluster;
  private TidelineClient client;
  private int acknowledged;

  @BeforeEach
  void startClusterWithOneSmallDisk() {
    disk = SmallDisk.create(nodes.directory().resolve("disk"), DISK_BYTES, RESERVE_BYTES);
    NodeConfig config =
        NodeConfig.shortLived()
            .with("raft.election_timeout_ms", 1_000)
            .with("disk.reserve_bytes", 16 << 20)
            .with("log.segment_bytes", 4 << 20);
    Path directory = nodes.directory();
    cluster =
        nodes.startCluster(
            List.of(config, config, config.with("disk.reserve_bytes", disk.reserveBytes())),
            List.of(directory.resolve("a"), directory.resolve("b"), disk.directory().resolve("c")));
    client =
        TidelineClient.builder()
            .addresses(cluster.stream().map(ServerProcess::endpoint).toArray(String[]::new))
            .deadline(PATIENCE)
            .retryPolicy(RetryPolicy.defaults().withAttemptTimeout(Duration.ofSeconds(3)))
            .build();
    cluster.getFirst().wire().createStore(STORE, StoreOptions.getDefaultInstance());
  }

  @AfterEach
  void removeDisk() {
    client.close();
    cluster.get(FULL).close();
    disk.close();
  }

  @Test
  void aLeaderWithAFullDiskHandsOverToAFollowerWithRoom() {
    assumeThat(disk.isOwnDisk()).as("a disk of its own to fill").isTrue();
    append();
    lead(FULL);
    append();
    disk.occupyAll("greedy");

    long worst = 0;
    for (int i = 0; i < 200; i++) {
      worst = Math.max(worst, append());
    }
    System.out.println("longest append on a full disk: " + worst / 1_000_000 + " ms");
    assertThat(Duration.ofNanos(worst)).isLessThan(GAP_MAX);
    assertThat(status(FULL).getRole()).isNotEqualTo("LEADER");
    assertThat(cluster.get(FULL).log()).contains("leadership handed over to", "the disk has");

    disk.release("greedy");
    append();
    await("the node with the full disk has caught up")
        .atMost(PATIENCE)
        .until(() -> status(FULL).getAppliedIndex() == status(0).getAppliedIndex());
    assertThat(cluster.get(FULL).wire().scanAll(STORE, Wire.id(TIMELINE))).hasSize(acknowledged);
  }

  private void lead(int node) {
    await("node " + node + " leads")
        .atMost(PATIENCE)
        .ignoreExceptions()
        .until(
            () -> {
              if (!status(node).getRole().equals("LEADER")) {
                var _ =
                    cluster
                        .getFirst()
                        .wire()
                        .admin()
                        .transferLeader(
                            TransferLeaderRequest.newBuilder()
                                .setPartitionId(status(node).getPartition().getPartitionId())
                                .setTargetNodeId("node-" + (node + 1))
                                .build());
              }
              return status(node).getRole().equals("LEADER");
            });
  }

  private PartitionStatus status(int node) {
    return cluster
        .get(node)
        .wire()
        .admin()
        .listPartitions(ListPartitionsRequest.newBuilder().setStore(STORE).build())
        .getPartitions(0);
  }

  /** Nanoseconds it took. */
  private long append() {
    long start = System.nanoTime();
    long id =
        client
            .append(
                AppendItem.of(
                        TimelineKey.of(STORE, TIMELINE), Message.of("text", "text " + acknowledged))
                    .withMessageKey("key-" + acknowledged))
            .sequenceId();
    acknowledged++;
    assertThat(id).isEqualTo(acknowledged);
    return System.nanoTime() - start;
  }
}
