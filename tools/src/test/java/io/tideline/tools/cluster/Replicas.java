package io.tideline.tools.cluster;

import io.tideline.client.PartitionInfo;
import io.tideline.client.PartitionStatus;
import java.util.List;
import java.util.stream.Stream;

/** Replicas as nodes tell of them, for tests. */
final class Replicas {

  private Replicas() {}

  static PartitionStatus leader(String node, long term, long applied) {
    return replica(node, "LEADER", term, applied, "", 0);
  }

  static PartitionStatus follower(String node, long applied) {
    return replica(node, "FOLLOWER", 1, applied, "", 0);
  }

  static PartitionStatus inRole(String node, String role) {
    return replica(node, role, 1, 100, "", 0);
  }

  static PartitionStatus failed(String node, String failure) {
    return replica(node, "FAILED", 0, 0, failure, 0);
  }

  static PartitionStatus damaged(String node, int tables) {
    return replica(node, "FOLLOWER", 1, 100, "", tables);
  }

  /** A replica of partition 7, which the nodes 1 to 3 have. */
  private static PartitionStatus replica(
      String node, String role, long term, long applied, String failure, int damagedTables) {
    return new PartitionStatus(
        node,
        new PartitionInfo(
            7,
            "chat",
            "",
            "",
            1,
            1,
            Stream.of("node-1", "node-2", "node-3")
                .map(id -> new PartitionInfo.Replica(id, id + ":7420", false))
                .toList(),
            "node-1"),
        role,
        term,
        applied,
        0,
        0,
        0,
        0,
        failure,
        List.of(),
        damagedTables);
  }
}
