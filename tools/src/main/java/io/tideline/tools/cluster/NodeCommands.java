package io.tideline.tools.cluster;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tideline.client.NodeInfo;
import io.tideline.client.TidelineClient;
import io.tideline.tools.cli.Column;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.Json;
import io.tideline.tools.cli.OutputOptions;
import io.tideline.tools.cli.ToolContext;
import io.tideline.tools.data.ConnectionOptions;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code tideline node}. */
public final class NodeCommands {

  private static final List<Column> COLUMNS =
      List.of(
          Column.text("NODE", "node"),
          Column.text("STATE", "state"),
          Column.text("GRPC", "grpc_address"),
          Column.text("RAFT", "raft_address"),
          Column.text("HTTP", "http_address"));

  private NodeCommands() {}

  /** The group itself. */
  @Command(
      name = "node",
      description = "Look at the nodes of a cluster.",
      footer = {"", "Examples:", "  tideline node list"})
  public static final class Group {}

  /** Lists the nodes. */
  @Command(
      name = "list",
      description = "List the nodes of the cluster and whether they answer.",
      footer = {
        "",
        "The node asked by --endpoint asks the others, and waits a second at most. With --output json:",
        "an object per node.",
        "",
        "Examples:",
        "  tideline node list",
        "  tideline node list --endpoint 10.0.0.2:7420 --output json",
      })
  public static final class ListNodes implements Callable<Integer> {
    private final ToolContext context;
    @Mixin private ConnectionOptions connection;
    @Mixin private OutputOptions outputOptions;

    public ListNodes(ToolContext context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      try (TidelineClient client = connection.connect()) {
        outputOptions
            .output(context)
            .list(COLUMNS, client.admin().nodes().stream().map(ListNodes::json), "");
      }
      return ExitCode.OK;
    }

    private static ObjectNode json(NodeInfo node) {
      return Json.object()
          .put("node", node.nodeId())
          .put("state", node.alive() ? "up" : "down")
          .put("alive", node.alive())
          .put("grpc_address", node.grpcAddress())
          .put("raft_address", node.raftAddress())
          .put("http_address", node.httpAddress());
    }
  }
}
