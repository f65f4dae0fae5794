package io.tideline.server.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.proto.v1.PartitionDescriptor;
import io.tideline.proto.v1.PartitionStatus;
import io.tideline.proto.v1.ReplicaDescriptor;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What must be so on the other members before this one may give up what it has. */
final class OtherCopiesTest {

  private static final Member SELF = new Member("n1", "127.0.0.1:1", "127.0.0.1:11");
  private static final Member SECOND = new Member("n2", "127.0.0.1:2", "127.0.0.1:12");
  private static final Member THIRD = new Member("n3", "127.0.0.1:3", "127.0.0.1:13");
  private static final Members MEMBERS = new Members(SELF, List.of(SELF, SECOND, THIRD));

  @Test
  void whatAllOthersHaveAndVoteOnMayBeGivenUp() {
    assertThat(OtherCopies.obstacles(wellCluster(), MEMBERS)).isEmpty();
  }

  @Test
  void anythingThatDoesNotVoteOnAnotherMemberIsAnObstacle() {
    for (String role : List.of("LEARNER", "CANDIDATE", "STARTING", "FAILED", "UNREACHABLE")) {
      List<PartitionStatus> replicas = wellCluster();
      replicas.add(replica(8, "n2", role, "n1", "n2", "n3"));
      assertThat(OtherCopies.obstacles(replicas, MEMBERS))
          .containsExactly("partition 8 of store chat is " + role + " on n2");
    }
  }

  @Test
  void aDamagedTableOfAnotherMemberIsAnObstacle() {
    List<PartitionStatus> replicas = wellCluster();
    replicas.add(
        replica(8, "n3", "FOLLOWER", "n1", "n2", "n3").toBuilder().setDamagedTableCount(1).build());
    assertThat(OtherCopies.obstacles(replicas, MEMBERS))
        .containsExactly("partition 8 of store chat has a damaged table on n3");
  }

  @Test
  void theCatalogCountsAsAnyOther() {
    List<PartitionStatus> replicas = wellCluster();
    replicas.set(1, replica(0, "n2", "LEARNER", "n1", "n2", "n3"));
    assertThat(OtherCopies.obstacles(replicas, MEMBERS))
        .containsExactly("partition 0 is LEARNER on n2");
    assertThat(OtherCopies.obstacles(List.of(), MEMBERS))
        .containsExactly("nobody tells of partition 0, the catalog");
  }

  @Test
  void theOnlyCopyOfAPartitionIsAnObstacle() {
    List<PartitionStatus> replicas = wellCluster();
    replicas.add(replica(8, "n1", "UNREACHABLE", "n1"));
    assertThat(OtherCopies.obstacles(replicas, MEMBERS))
        .containsExactly("partition 8 of store chat has its only copy here");
  }

  @Test
  void partitionsOfOtherMembersAloneAreNoneOfItsBusiness() {
    List<PartitionStatus> replicas = wellCluster();
    replicas.add(replica(8, "n2", "FAILED", "n2"));
    assertThat(OtherCopies.obstacles(replicas, MEMBERS)).isEmpty();
  }

  private static List<PartitionStatus> wellCluster() {
    return new ArrayList<>(
        List.of(
            replica(0, "n1", "UNREACHABLE", "n1", "n2", "n3"),
            replica(0, "n2", "LEADER", "n1", "n2", "n3"),
            replica(0, "n3", "FOLLOWER", "n1", "n2", "n3"),
            replica(7, "n1", "UNREACHABLE", "n1", "n2", "n3"),
            replica(7, "n2", "FOLLOWER", "n1", "n2", "n3"),
            replica(7, "n3", "LEADER", "n1", "n2", "n3")));
  }

  private static PartitionStatus replica(
      long partitionId, String node, String role, String... holders) {
    PartitionDescriptor.Builder partition =
        PartitionDescriptor.newBuilder()
            .setPartitionId(partitionId)
            .setStore(partitionId == 0 ? "" : "chat");
    for (String holder : holders) {
      partition.addReplicas(ReplicaDescriptor.newBuilder().setNodeId(holder));
    }
    return PartitionStatus.newBuilder()
        .setPartition(partition)
        .setNodeId(node)
        .setRole(role)
        .build();
  }
}
