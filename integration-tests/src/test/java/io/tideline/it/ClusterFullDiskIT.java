package io.tideline.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.tideline.client.AppendItem;
import io.tideline.client.Message;
import io.tideline.client.RetryPolicy;
import io.tideline.client.TidelineClient;
import io.tideline.client.TimelineKey;
import io.tideline.it.harness.NodeConfig;
import io.tideline.it.harness.Nodes;
import io.tideline.it.harness.Refusal;
import io.tideline.it.harness.ServerProcess;
import io.tideline.it.harness.SmallDisk;
import io.tideline.it.harness.Wire;
import io.tideline.proto.v1.ErrorReason;
import io.tideline.proto.v1.ListPartitionsRequest;
import io.tideline.proto.v1.PartitionStatus;
import io.tideline.proto.v1.StoreOptions;
import io.tideline.proto.v1.TransferLeaderRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Three nodes, each with a small disk of its own. While one of them has room writes go on; when
 * none has they are refused by name, and go on when there is space again.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ClusterFullDiskIT {

  private static final String STORE = "chats";
  private static final String TIMELINE = "room";
  private static final long DISK_BYTES = 96L << 20;
  private static final long RESERVE_BYTES = 8L << 20;
  private static final String BALLAST = "greedy";
  private static final int FULL = 2;

  /** A second to notice, moments to hand over; the rest is for a busy machine. */
  private static final Duration GAP_MAX = Duration.ofSeconds(5);

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @RegisterExtension static final Nodes NODES = new Nodes();

  private static final List<SmallDisk> DISKS = new ArrayList<>();
  private static List<ServerProcess> cluster;
  private static TidelineClient client;
  private static int acknowledged;

  @BeforeAll
  static void startClusterOnSmallDisks() {
    List<NodeConfig> settings = new ArrayList<>();
    List<Path> directories = new ArrayList<>();
    for (String name : List.of("a", "b", "c")) {
      SmallDisk disk = SmallDisk.create(NODES.directory().resolve(name), DISK_BYTES, RESERVE_BYTES);
      DISKS.add(disk);
      directories.add(disk.directory().resolve("data"));
      settings.add(
          NodeConfig.shortLived()
              .with("raft.election_timeout_ms", 1_000)
              .with("disk.reserve_bytes", disk.reserveBytes())
              .with("log.segment_bytes", 4 << 20));
    }
    assumeThat(DISKS).as("disks to fill").allMatch(SmallDisk::isOwnDisk);
    cluster = NODES.startCluster(settings, directories);
    client =
        TidelineClient.builder()
            .addresses(cluster.stream().map(ServerProcess::endpoint).toArray(String[]::new))
            .deadline(PATIENCE)
            .retryPolicy(RetryPolicy.defaults().withAttemptTimeout(Duration.ofSeconds(3)))
            .build();
    cluster.getFirst().wire().createStore(STORE, StoreOptions.getDefaultInstance());
  }

  @AfterAll
  static void removeDisks() {
    if (client != null) {
      client.close();
      cluster.forEach(ServerProcess::close);
    }
    DISKS.forEach(SmallDisk::close);
  }

  /** The first one: nodes that have just failed to hand over wait before they try again. */
  @Test
  @Order(1)
  void aLeaderWithAFullDiskHandsOverToAFollowerWithRoom() {
    append();
    lead(FULL);
    append();
    DISKS.get(FULL).occupyAll(BALLAST);

    long worst = 0;
    for (int i = 0; i < 200; i++) {
      worst = Math.max(worst, append());
    }
    System.out.println("longest append on a full disk: " + worst / 1_000_000 + " ms");
    assertThat(Duration.ofNanos(worst)).isLessThan(GAP_MAX);
    assertThat(status(FULL).getRole()).isNotEqualTo("LEADER");
    assertThat(cluster.get(FULL).log()).contains("leadership handed over to", "the disk has");

    DISKS.get(FULL).release(BALLAST);
    append();
    awaitEverythingReadOnAllNodes();
  }

  @Test
  @Order(2)
  void aClusterWithoutRoomRefusesWritesByNameServesReadsAndGoesOnWhenThereIsSpace() {
    append();
    DISKS.forEach(disk -> disk.occupyAll(BALLAST));

    for (ServerProcess node : cluster) {
      Refusal refusal = appendUntilRefused(node);
      assertThat(refusal.reason())
          .as(refusal.toString())
          .isEqualTo(ErrorReason.ERROR_REASON_DISK_FULL);
      assertThat(refusal.code()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      assertThat(refusal.detail().getRetryAfterMs()).isPositive();
    }
    awaitEverythingReadOnAllNodes();
    assertThat(cluster).allMatch(ServerProcess::isAlive);

    DISKS.forEach(disk -> disk.release(BALLAST));
    for (int i = 0; i < 20; i++) {
      append();
    }
    awaitEverythingReadOnAllNodes();
  }

  /** Through one node, without a retry; other refusals are of leaders that just change. */
  private static Refusal appendUntilRefused(ServerProcess node) {
    return await("refused through " + node.name())
        .atMost(PATIENCE)
        .until(
            () -> {
              try {
                var _ = node.wire().append(STORE, Wire.id(TIMELINE), Wire.text(nextText()));
                acknowledged++;
                return null;
              } catch (StatusRuntimeException e) {
                Refusal refusal = Refusal.of(e);
                return refusal.reason() == ErrorReason.ERROR_REASON_PARTITION_UNAVAILABLE
                    ? null
                    : refusal;
              }
            },
            Objects::nonNull);
  }

  /** Whoever is asked has every acknowledged text, in order and once. */
  private static void awaitEverythingReadOnAllNodes() {
    List<String> texts = IntStream.range(0, acknowledged).mapToObj(i -> "text " + i).toList();
    for (ServerProcess node : cluster) {
      await(node.name() + " has caught up")
          .atMost(PATIENCE)
          .ignoreException(StatusRuntimeException.class)
          .untilAsserted(
              () ->
                  assertThat(node.wire().scanAll(STORE, Wire.id(TIMELINE)))
                      .extracting(Wire::textOf)
                      .isEqualTo(texts));
    }
  }

  private static String nextText() {
    return "text " + acknowledged;
  }

  private static void lead(int node) {
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

  private static PartitionStatus status(int node) {
    return cluster
        .get(node)
        .wire()
        .admin()
        .listPartitions(ListPartitionsRequest.newBuilder().setStore(STORE).build())
        .getPartitions(0);
  }

  /** Nanoseconds it took. */
  private static long append() {
    long start = System.nanoTime();
    long id =
        client
            .append(
                AppendItem.of(TimelineKey.of(STORE, TIMELINE), Message.of("text", nextText()))
                    .withMessageKey("key-" + acknowledged))
            .sequenceId();
    acknowledged++;
    assertThat(id).isEqualTo(acknowledged);
    return System.nanoTime() - start;
  }
}
