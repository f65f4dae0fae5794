package io.tideline.tools.cluster;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tideline.client.NodeInfo;
import io.tideline.client.TidelineClient;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.Json;
import io.tideline.tools.cli.Output;
import io.tideline.tools.cli.OutputOptions;
import io.tideline.tools.cli.ToolContext;
import io.tideline.tools.data.ConnectionOptions;
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
      List<NodeInfo> nodes;
      List<PartitionView> partitions;
      try (TidelineClient client = connection.connect()) {
        nodes = client.admin().nodes();
        partitions = PartitionView.of(client.admin().replicas(""));
      }
      List<Diagnosis.Problem> problems = Diagnosis.of(nodes, partitions, lagMax);
      Diagnosis.State state = Diagnosis.state(problems);
      report(output, state, nodes, partitions, problems);
      return ExitCode.okIf(state == Diagnosis.State.HEALTHY);
    }

    private void report(
        Output output,
        Diagnosis.State state,
        List<NodeInfo> nodes,
        List<PartitionView> partitions,
        List<Diagnosis.Problem> problems) {
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
      for (Diagnosis.Problem problem : problems) {
        text.append("\n- ").append(problem.what()).append("\n  ").append(problem.advice());
      }
      output.done(text.toString(), json);
    }
  }
}
