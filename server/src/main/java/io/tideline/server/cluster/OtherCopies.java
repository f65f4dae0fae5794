package io.tideline.server.cluster;

import io.tideline.proto.v1.PartitionStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * Whether the other members have everything that this node has: each partition with a copy here
 * must be whole and voting on every other member that has one. Any other member is asked, which
 * asks the rest; this node need not serve.
 */
public final class OtherCopies {

  private static final long CATALOG_PARTITION = 0;

  /** Roles of replicas that count in majorities. */
  private static final Set<String> VOTING = Set.of("LEADER", "FOLLOWER");

  /** An election that is under way on the others is over by then. */
  private static final int ATTEMPTS = 8;

  private static final long PAUSE_MILLIS = 500;

  private OtherCopies() {}

  /**
   * Why the data of this node must not be given up, for people; empty if it may. Asks for some
   * seconds, while there are reasons.
   */
  public static List<String> obstacles(Members members) throws InterruptedException {
    try (Peers peers = new Peers(members)) {
      List<String> obstacles = ask(peers);
      for (int i = 1; i < ATTEMPTS && !obstacles.isEmpty(); i++) {
        TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
        obstacles = ask(peers);
      }
      return obstacles;
    }
  }

  /** Any of the others tells of all; who is silent is told of by who answers. */
  private static List<String> ask(Peers peers) throws InterruptedException {
    List<String> silent = new ArrayList<>();
    for (Member member : peers.members().others()) {
      try {
        return obstacles(peers.admin().allReplicas(member).get(), peers.members());
      } catch (ExecutionException e) {
        silent.add(member.nodeId() + " does not tell how it is: " + e.getCause());
      }
    }
    return silent.isEmpty() ? List.of("there is no other member") : silent;
  }

  /**
   * As above.
   *
   * @param replicas all replicas of all partitions, as their nodes tell
   */
  static List<String> obstacles(List<PartitionStatus> replicas, Members members) {
    String self = members.self().nodeId();
    List<String> obstacles = new ArrayList<>();
    if (replicas.stream().noneMatch(replica -> isOfCatalog(replica))) {
      obstacles.add("nobody tells of partition 0, the catalog");
    }
    for (PartitionStatus replica : replicas) {
      List<String> holders =
          replica.getPartition().getReplicasList().stream().map(r -> r.getNodeId()).toList();
      String partition =
          "partition "
              + replica.getPartition().getPartitionId()
              + (isOfCatalog(replica) ? "" : " of store " + replica.getPartition().getStore());
      if (holders.equals(List.of(self))) {
        obstacles.add(partition + " has its only copy here");
      } else if (holders.contains(self) && !replica.getNodeId().equals(self)) {
        if (!VOTING.contains(replica.getRole())) {
          obstacles.add(partition + " is " + replica.getRole() + " on " + replica.getNodeId());
        } else if (replica.getDamagedTableCount() > 0) {
          obstacles.add(partition + " has a damaged table on " + replica.getNodeId());
        }
      }
    }
    return obstacles;
  }

  private static boolean isOfCatalog(PartitionStatus replica) {
    return replica.getPartition().getPartitionId() == CATALOG_PARTITION;
  }
}
