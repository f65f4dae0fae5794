package io.tideline.tools.cluster;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tideline.client.PartitionStatus;
import io.tideline.client.ReplicaListing;
import io.tideline.client.TidelineClient;
import io.tideline.tools.cli.Column;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.Json;
import io.tideline.tools.cli.Output;
import io.tideline.tools.cli.OutputOptions;
import io.tideline.tools.cli.ToolContext;
import io.tideline.tools.data.ConnectionOptions;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tideline partition}. */
public final class PartitionCommands {

  private PartitionCommands() {}

  /** The group itself. */
  @Command(
      name = "partition",
      description = "Look at partitions and who leads them; hand leaderships over.",
      footer = {
        "",
        "Examples:",
        "  tideline partition list",
        "  tideline partition transfer-leader 7 --to node-2",
      })
  public static final class Group {}

  /** Lists partitions. */
  @Command(
      name = "list",
      description = "List partitions with their leader, followers and how far they are.",
      footer = {
        "",
        "Partition 0 is the catalog. LAG is how many log entries a follower has applied less than the",
        "leader. With --output json: an object per partition, with an array of its replicas.",
        "",
        "Examples:",
        "  tideline partition list",
        "  tideline partition list inbox --output json",
      })
  public static final class ListPartitions implements Callable<Integer> {

    private static final List<Column> COLUMNS =
        List.of(
            Column.number("PARTITION", "partition_id"),
            Column.text("STORE", "store"),
            Column.text("LEADER", "leader"),
            Column.text("FOLLOWERS (LAG)", "followers"),
            Column.number("APPLIED", "applied_index"),
            Column.number("FLUSHED", "flushed_index"),
            Column.size("TABLES", "table_bytes"),
            Column.text("FROM", "start_key"));

    private final ToolContext context;
    @Mixin private ConnectionOptions connection;
    @Mixin private OutputOptions outputOptions;

    @Parameters(
        paramLabel = "STORE",
        arity = "0..1",
        defaultValue = "",
        description = "Only of this store (default: all stores, and the catalog).")
    private String store;

    public ListPartitions(ToolContext context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      Output output = outputOptions.output(context);
      try (TidelineClient client = connection.connect()) {
        ReplicaListing listing = client.admin().replicas(store);
        output.list(COLUMNS, PartitionView.of(listing).stream().map(ListPartitions::json), "");
        if (!listing.silentNodeIds().isEmpty()) {
          output.note("No answer from " + String.join(", ", listing.silentNodeIds()) + ".");
        }
      }
      return ExitCode.OK;
    }

    private static ObjectNode json(PartitionView view) {
      ObjectNode json = Json.object();
      json.put("partition_id", view.partition().partitionId());
      json.put("store", view.partition().store());
      json.put("leader", view.leaderNode());
      json.put(
          "followers",
          view.others().stream()
                  .map(replica -> replica.nodeId() + note(view, replica))
                  .collect(Collectors.joining(" "))
              + view.silent().stream()
                  .map(n -> " " + n + " (silent)")
                  .collect(Collectors.joining()));
      view.leader()
          .ifPresent(
              leader ->
                  json.put("term", leader.term())
                      .put("applied_index", leader.appliedIndex())
                      .put("flushed_index", leader.flushedIndex())
                      .put("table_bytes", leader.tableBytes()));
      json.put("start_key", view.partition().startKey());
      json.put("end_key", view.partition().endKey());
      ArrayNode replicas = json.putArray("replicas");
      view.leader().ifPresent(leader -> replicas.add(replica(view, leader)));
      view.others().forEach(other -> replicas.add(replica(view, other)));
      view.silent()
          .forEach(node -> replicas.addObject().put("node", node).put("role", "UNREACHABLE"));
      return json;
    }

    private static String note(PartitionView view, PartitionStatus replica) {
      return replica.role().equals("FOLLOWER")
          ? " (" + view.lag(replica) + ")"
          : " (" + replica.role().toLowerCase(Locale.ROOT) + ")";
    }

    private static ObjectNode replica(PartitionView view, PartitionStatus status) {
      return Json.object()
          .put("node", status.nodeId())
          .put("role", status.role())
          .put("term", status.term())
          .put("applied_index", status.appliedIndex())
          .put("flushed_index", status.flushedIndex())
          .put("lag", view.lag(status))
          .put("memtable_bytes", status.memtableBytes())
          .put("table_bytes", status.tableBytes())
          .put("damaged_tables", status.damagedTableCount());
    }
  }

  /** Hands a leadership over. */
  @Command(
      name = "transfer-leader",
      description = "Hand the leadership of a partition to another replica.",
      footer = {
        "",
        "Writes to the partition wait some tens of milliseconds; none is lost.",
        "",
        "Examples:",
        "  tideline partition transfer-leader 7",
        "  tideline partition transfer-leader 7 --to node-2",
      })
  public static final class TransferLeader implements Callable<Integer> {
    private final ToolContext context;
    @Mixin private ConnectionOptions connection;
    @Mixin private OutputOptions outputOptions;

    @Parameters(paramLabel = "PARTITION", description = "Id of the partition; 0 is the catalog.")
    private long partitionId;

    @Option(
        names = "--to",
        paramLabel = "NODE",
        defaultValue = "",
        description = "The node that shall lead (default: any other with a replica).")
    private String target;

    public TransferLeader(ToolContext context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      try (TidelineClient client = connection.connect()) {
        long begun = context.nanoClock().getAsLong();
        String leader = client.admin().transferLeader(partitionId, target);
        long millis = (context.nanoClock().getAsLong() - begun) / 1_000_000;
        outputOptions
            .output(context)
            .done(
                leader + " leads partition " + partitionId + " (after " + millis + " ms).",
                Json.object()
                    .put("partition_id", partitionId)
                    .put("leader", leader)
                    .put("millis", millis));
      }
      return ExitCode.OK;
    }
  }
}
