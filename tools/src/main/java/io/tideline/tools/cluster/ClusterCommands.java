package io.tideline.tools.cluster;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tideline.client.NodeInfo;
import io.tideline.client.PartitionStatus;
import io.tideline.client.TidelineClient;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.Json;
import io.tideline.tools.cli.Output;
import io.tideline.tools.cli.OutputOptions;
import io.tideline.tools.cli.ToolContext;
import io.tideline.tools.data.ConnectionOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tideline cluster}. */
public final class ClusterCommands {

  private ClusterCommands() {}

  /** The group itself. */
  @Command(
      name = "cluster",
      description = "Look at a cluster as a whole.",
      footer = {"", "Examples:", "  tideline cluster health"})
  public static final class Group {}

  /** Says whether all is well. */
  @Command(
      name = "health",
      description = "Say whether the cluster is well, and if not, what is wrong and what to do.",
      footer = {
        "",
        "HEALTHY: every node answers, every partition has a leader and followers that keep up.",
        "DEGRADED: everything is served, but a copy is missing, behind or damaged.",
        "UNAVAILABLE: some partition has no leader. Exit code 0 only for HEALTHY, else 1.",
        "",
        "Examples:",
        "  tideline cluster health",
        "  tideline cluster health --lag 100000 --output json",
      })
  public static final class Health implements Callable<Integer> {

    private enum State {
      HEALTHY,
      DEGRADED,
      UNAVAILABLE
    }

    private record Problem(State state, String what, String advice) {}

    private final ToolContext context;
    @Mixin private ConnectionOptions connection;
    @Mixin private OutputOptions outputOptions;

    @Option(
        names = "--lag",
        paramLabel = "ENTRIES",
        defaultValue = "10000",
        description = "Log entries a follower may be behind (default: ${DEFAULT-VALUE}).")
    private long lagMax;

    public Health(ToolContext context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      Output output = outputOptions.output(context);
      List<Problem> problems = new ArrayList<>();
      List<NodeInfo> nodes;
      List<PartitionView> partitions;
      try (TidelineClient client = connection.connect()) {
        nodes = client.admin().nodes();
        partitions = PartitionView.of(client.admin().replicas(""));
      }
      nodes.stream().filter(node -> !node.alive()).forEach(node -> problems.add(down(node)));
      partitions.forEach(partition -> judge(partition, problems));
      State state =
          problems.stream().map(Problem::state).max(Enum::compareTo).orElse(State.HEALTHY);
      report(output, state, nodes, partitions, problems);
      return ExitCode.okIf(state == State.HEALTHY);
    }

    private static Problem down(NodeInfo node) {
      return new Problem(
          State.DEGRADED,
          "node " + node.nodeId() + " does not answer on " + node.grpcAddress(),
          "look at its log, run 'tideline doctor' there, start it again");
    }

    private void judge(PartitionView view, List<Problem> problems) {
      String name =
          view.partition().partitionId() == 0
              ? "the catalog"
              : "partition " + view.partition().partitionId() + " of " + view.partition().store();
      if (view.leader().isEmpty()) {
        problems.add(
            new Problem(
                State.UNAVAILABLE,
                name + " has no leader",
                "an election takes seconds; if it lasts, start the nodes that are down: "
                    + String.join(", ", view.silent())));
      }
      for (PartitionStatus replica : view.others()) {
        if (replica.role().equals("FAILED")) {
          problems.add(
              new Problem(
                  State.DEGRADED,
                  name + " has failed on " + replica.nodeId() + " " + replica.failure(),
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

    private void report(
        Output output,
        State state,
        List<NodeInfo> nodes,
        List<PartitionView> partitions,
        List<Problem> problems) {
      long alive = nodes.stream().filter(NodeInfo::alive).count();
      ObjectNode json = Json.object();
      json.put("state", state.name());
      json.put("nodes", nodes.size());
      json.put("nodes_alive", alive);
      json.put("partitions", partitions.size());
      ArrayNode list = json.putArray("problems");
      problems.forEach(
          problem -> list.addObject().put("what", problem.what()).put("advice", problem.advice()));
      StringBuilder text =
          new StringBuilder(state.name())
              .append(": ")
              .append(alive)
              .append(" of ")
              .append(nodes.size())
              .append(" nodes answer, ")
              .append(partitions.size())
              .append(" partitions.");
      for (Problem problem : problems) {
        text.append("\n- ").append(problem.what()).append("\n  ").append(problem.advice());
      }
      output.done(text.toString(), json);
    }
  }
}
