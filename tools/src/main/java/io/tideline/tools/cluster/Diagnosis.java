package io.tideline.tools.cluster;

import io.tideline.client.NodeInfo;
import io.tideline.client.PartitionStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

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
    Set<String> down =
        nodes.stream()
            .filter(node -> !node.alive())
            .map(NodeInfo::nodeId)
            .collect(Collectors.toSet());
    partitions.forEach(partition -> judge(partition, down, lagMax, problems));
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

  private static void judge(
      PartitionView view, Set<String> down, long lagMax, List<Problem> problems) {
    String name =
        view.partition().partitionId() == 0
            ? "the catalog"
            : "partition " + view.partition().partitionId() + " of " + view.partition().store();
    if (view.leader().isEmpty()) {
      problems.add(noLeader(view, name));
    }
    view.others().forEach(replica -> judge(view, replica, name, lagMax, problems));
    for (String silent : view.silent()) {
      // Of a node that is down it is said once.
      if (!down.contains(silent)) {
        problems.add(
            new Problem(
                State.DEGRADED,
                name + " does not run on " + silent,
                "it is opened or copied by itself; if it lasts, look at that node's log"));
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
                hasCopies(view)
                    ? "it is copied from another replica by itself; if it lasts, look at that node's log"
                    : "there is no other copy; 'tideline inspect --verify' on that node tells which"));
      }
    }
  }

  private static void judge(
      PartitionView view,
      PartitionStatus replica,
      String name,
      long lagMax,
      List<Problem> problems) {
    String where = name + " on " + replica.nodeId();
    switch (replica.role()) {
      case "FAILED" ->
          problems.add(
              new Problem(
                  State.DEGRADED,
                  name + " has failed on " + replica.nodeId() + ": " + replica.failure(),
                  hasCopies(view)
                      ? "it is copied from another replica if its data is damaged; else look at that"
                          + " node's log"
                      : "there is no other copy; look at that node's log"));
      case "LEARNER" ->
          problems.add(
              new Problem(
                  State.DEGRADED,
                  where + " has no vote until it has caught up",
                  "do not take another disk or node away before"));
      case "LEADER", "FOLLOWER" -> {
        if (view.lag(replica) > lagMax) {
          problems.add(
              new Problem(
                  State.DEGRADED,
                  where + " is " + view.lag(replica) + " entries behind",
                  "it catches up by itself; if the number grows, look at that node's disk"));
        }
      }
      default ->
          problems.add(
              new Problem(
                  State.DEGRADED,
                  where + " is " + replica.role(),
                  "it joins by itself; if it lasts, look at that node's log"));
    }
  }

  private static boolean hasCopies(PartitionView view) {
    return view.partition().replicas().size() > 1;
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
