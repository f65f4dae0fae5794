package io.tideline.client;

import java.util.List;

/**
 * The replicas of partitions, each as its own node sees it.
 *
 * @param replicas by partition id, then by node id
 * @param silentNodeIds nodes that did not answer in time; their replicas are UNREACHABLE
 */
public record ReplicaListing(List<PartitionStatus> replicas, List<String> silentNodeIds) {

  public ReplicaListing {
    replicas = List.copyOf(replicas);
    silentNodeIds = List.copyOf(silentNodeIds);
  }
}
