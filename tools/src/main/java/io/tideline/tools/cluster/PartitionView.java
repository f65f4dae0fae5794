package io.tideline.tools.cluster;

import io.tideline.client.PartitionInfo;
import io.tideline.client.PartitionStatus;
import io.tideline.client.ReplicaListing;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A partition put together from what its replicas say.
 *
 * @param leader the replica that leads, as it says itself; of two the one of the newer term
 * @param others all other replicas that answered, by node
 * @param silent nodes that have a replica and did not answer
 */
record PartitionView(
    PartitionInfo partition,
    Optional<PartitionStatus> leader,
    List<PartitionStatus> others,
    List<String> silent) {

  private static final String LEADER = "LEADER";
  private static final String UNREACHABLE = "UNREACHABLE";

  static List<PartitionView> of(ReplicaListing listing) {
    Map<Long, List<PartitionStatus>> byPartition = new TreeMap<>();
    for (PartitionStatus status : listing.replicas()) {
      byPartition
          .computeIfAbsent(status.partition().partitionId(), id -> new ArrayList<>())
          .add(status);
    }
    return byPartition.values().stream().map(PartitionView::of).toList();
  }

  private static PartitionView of(List<PartitionStatus> listed) {
    List<PartitionStatus> replicas =
        listed.stream().filter(status -> !status.role().equals(UNREACHABLE)).toList();
    Optional<PartitionStatus> leader =
        replicas.stream()
            .filter(status -> status.role().equals(LEADER))
            .reduce((a, b) -> a.term() >= b.term() ? a : b);
    PartitionInfo partition = leader.orElse(listed.getFirst()).partition();
    List<String> silent =
        partition.replicas().stream()
            .map(PartitionInfo.Replica::nodeId)
            .filter(node -> replicas.stream().noneMatch(s -> s.nodeId().equals(node)))
            .toList();
    return new PartitionView(
        partition,
        leader,
        replicas.stream().filter(status -> !Optional.of(status).equals(leader)).toList(),
        silent);
  }

  /** How many log entries a replica is behind the leader; 0 if nobody leads. */
  long lag(PartitionStatus replica) {
    return leader.map(l -> Math.max(0, l.appliedIndex() - replica.appliedIndex())).orElse(0L);
  }

  String leaderNode() {
    return leader.map(PartitionStatus::nodeId).orElse("");
  }
}
