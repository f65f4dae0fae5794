package io.tideline.manager;

import java.util.ArrayList;
import java.util.List;

/** Where the copies of a new partition go. */
final class Placement {

  private Placement() {}

  /**
   * Nodes in turn, beginning with another one for each partition, so that copies and leaders spread
   * evenly while all nodes are alike.
   *
   * @param nodes ids in an order that is the same for all partitions
   * @param replicas how many, at most as many as there are nodes
   * @return the node that should lead first; empty if there are no nodes
   */
  static List<String> inTurn(List<String> nodes, int replicas, long partitionId) {
    List<String> chosen = new ArrayList<>(replicas);
    for (int i = 0; i < replicas && !nodes.isEmpty(); i++) {
      chosen.add(nodes.get((int) ((partitionId + i) % nodes.size())));
    }
    return chosen;
  }
}
