package io.tideline.client;

import java.util.List;

/**
 * A partition: the timelines of one store whose encoded identifiers lie in {@code [startKey,
 * endKey)}.
 *
 * @param partitionId unique in the cluster, never reused
 * @param store the store's name
 * @param startKey encoded identifier, inclusive, in hexadecimal; empty for "from the first"
 * @param endKey encoded identifier, exclusive, in hexadecimal; empty for "to the last"
 * @param membershipVersion changes with the set of replicas
 * @param rangeVersion changes with split and merge
 * @param replicas its copies
 * @param leaderNodeId the leader as last known, empty if none is
 */
public record PartitionInfo(
    long partitionId,
    String store,
    String startKey,
    String endKey,
    long membershipVersion,
    long rangeVersion,
    List<Replica> replicas,
    String leaderNodeId) {
  public PartitionInfo {
    replicas = List.copyOf(replicas);
  }

  /**
   * One copy of a partition.
   *
   * @param nodeId the node that has it
   * @param grpcAddress the node's gRPC address, "host:port"
   * @param learner true if it receives the log but does not vote
   */
  public record Replica(String nodeId, String grpcAddress, boolean learner) {}
}
