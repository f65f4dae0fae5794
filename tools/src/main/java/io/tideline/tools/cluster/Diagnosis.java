package io.tideline.tools.cluster;

import io.tideline.client.NodeInfo;
import io.tideline.client.PartitionStatus;
import java.util.ArrayList;
import java.util.List;

/** What is wrong with a cluster, judged by what its nodes and replicas say. */
final class Diagnosis {

  /** From good to bad. */
  enum State {
    /** Every node answers, every partition has a leader and followers that keep up. */
    HEALTHY,
    /** Everything is served, but a copy is missing, behind or damaged. */
    DEGRADED,
    /** Some partition has no leader. */
    UNAVAILABLE
  }

  /**
   * One thing that is wrong.
   *
   * @param state the best a cluster with it can be in
   * @param what for people
   * @param advice what to do
   */
  record Problem(State state, String what, String advice) {}

  private Diagnosis() {}

  /**
   * All that is wrong: nodes first, then partitions.
   *
   * @param lagMax log entries a follower may be behind
   */
  static List<Problem> of(List<NodeInfo> nodes, List<PartitionView> partitions, long lagMax) {
    List<Problem> problems = new ArrayList<>();
    nodes.stream().filter(node -> !node.alive()).forEach(node -> problems.add(down(node)));
    partitions.forEach(partition -> judge(partition, lagMax, problems));
    return problems;
  }

  /** The state of a cluster with these problems. */
  static State state(List<Problem> problems) {
    return problems.stream().map(Problem::state).max(Enum::compareTo).orElse(State.HEALTHY);
  }

  private static Problem down(NodeInfo node) {
    return new Problem(
        State.DEGRADED,
        "node " + node.nodeId() + " does not answer on " + node.grpcAddress(),
        "look at its log, run 'tideline doctor' there, start it again");
  }

  private static void judge(PartitionView view, long lagMax, List<Problem> problems) {
    String name =
        view.partition().partitionId() == 0
            ? "the catalog"
            : "partition " + view.partition().partitionId() + " of " + view.partition().store();
    if (view.leader().isEmpty()) {
      problems.add(noLeader(view, name));
    }
    for (PartitionStatus replica : view.others()) {
      if (replica.role().equals("FAILED")) {
        problems.add(
            new Problem(
                State.DEGRADED,
                name + " has failed on " + replica.nodeId() + ": " + replica.failure(),
                "look at that node's log"));
      } else if (view.lag(replica) > lagMax) {
        problems.add(
            new Problem(
                State.DEGRADED,
                name + " on " + replica.nodeId() + " is " + view.lag(replica) + " entries behind",
                "it catches up by itself; if the number grows, look at that node's disk"));
      }
    }
    List<PartitionStatus> all = new ArrayList<>(view.others());
    view.leader().ifPresent(all::add);
    for (PartitionStatus replica : all) {
      if (replica.damagedTableCount() > 0) {
        problems.add(
            new Problem(
                State.DEGRADED,
                name
                    + " has "
                    + replica.damagedTableCount()
                    + " damaged tables on "
                    + replica.nodeId(),
                "'tideline inspect --verify' on that node tells which"));
      }
    }
  }

  private static Problem noLeader(PartitionView view, String name) {
    return new Problem(
        State.UNAVAILABLE,
        name + " has no leader",
        view.silent().isEmpty()
            ? "an election takes seconds; if it lasts, look at the nodes' logs"
            : "an election takes seconds; if it lasts, start the nodes that are down: "
                + String.join(", ", view.silent()));
  }
}
