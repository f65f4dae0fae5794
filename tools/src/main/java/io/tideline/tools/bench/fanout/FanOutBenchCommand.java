package io.tideline.tools.bench.fanout;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tideline.client.IdentifierType;
import io.tideline.client.StoreSpec;
import io.tideline.client.TidelineClient;
import io.tideline.tools.bench.BenchStore;
import io.tideline.tools.bench.ProcessUse;
import io.tideline.tools.bench.WorkDirectory;
import io.tideline.tools.cli.Column;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.Json;
import io.tideline.tools.cli.Output;
import io.tideline.tools.cli.OutputOptions;
import io.tideline.tools.cli.ToolContext;
import io.tideline.tools.node.JavaLaunch;
import io.tideline.tools.node.LocalCluster;
import io.tideline.tools.node.NodePorts;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tideline bench fanout}. */
@Command(
    name = "fanout",
    description = "Measure writing one message to many inboxes, beside one append for each.",
    footer = {
      "",
      "Starts server processes on this machine and writes, one after the other, by plain appends and",
      "by fan-outs to groups of several sizes, each with a conversation besides; all with message",
      "keys, all acknowledged on the disks of a quorum. A ratio is inbox writes per second of the",
      "fan-outs to appends per second. All share this machine's processors.",
      "",
      "Examples:",
      "  tideline bench fanout",
      "  tideline bench fanout --nodes 3 --seconds 20 --output json",
    })
public final class FanOutBenchCommand implements Callable<Integer> {

  private static final String HEAP = "1g";
  private static final Duration DEADLINE = Duration.ofSeconds(60);
  private static final List<Integer> GROUPS = List.of(2, 20, 200, 500, 2_000);

  /** The group whose ratio the last line names. */
  private static final int NAMED_GROUP = 500;

  /** So many inbox writes are under way at a time, as far as the callers go. */
  private static final int INBOX_WRITES_UNDER_WAY = 4_000;

  private static final int CALLERS_MIN = 4;

  private static final List<Column> COLUMNS =
      List.of(
          Column.text("WRITE", "write"),
          Column.number("INBOX WRITES/S", "inbox_writes_per_second"),
          Column.number("CALLS/S", "calls_per_second"),
          Column.text("RATIO", "ratio"),
          Column.text("P50 MS", "p50_ms"),
          Column.text("P99 MS", "p99_ms"),
          Column.text("SERVER CPU US", "server_cpu_us"),
          Column.text("LOG BYTES", "log_bytes_per_inbox_write"));

  private final ToolContext context;
  private final String mainClass;
  @Mixin private OutputOptions outputOptions;
  @Spec private CommandSpec commandSpec;

  @Option(
      names = "--nodes",
      paramLabel = "N",
      defaultValue = "1",
      description = "Nodes, and copies: 1, 3 or 5 (default: ${DEFAULT-VALUE}).")
  private int nodes;

  @Option(
      names = "--partitions",
      paramLabel = "P",
      defaultValue = "4",
      description = "Partitions of the inboxes' store (default: ${DEFAULT-VALUE}).")
  private int partitions;

  @Option(
      names = "--users",
      paramLabel = "N",
      defaultValue = "20000",
      description = "Inboxes to draw members from (default: ${DEFAULT-VALUE}).")
  private int users;

  @Option(
      names = "--value",
      paramLabel = "BYTES",
      defaultValue = "200",
      description = "Bytes of a message's one field, random (default: ${DEFAULT-VALUE}).")
  private int valueBytes;

  @Option(
      names = "--callers",
      paramLabel = "N",
      defaultValue = "64",
      description =
          "Callers, each with one call under way; fewer for large groups (default:"
              + " ${DEFAULT-VALUE}).")
  private int callers;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "10",
      description = "How long each size is measured (default: ${DEFAULT-VALUE}).")
  private int seconds;

  @Option(
      names = "--warm-up",
      paramLabel = "N",
      defaultValue = "10",
      description =
          "Seconds before each of them; the first has three times as many (default:"
              + " ${DEFAULT-VALUE}).")
  private int warmUpSeconds;

  @Option(
      names = "--directory",
      paramLabel = "DIR",
      description = "Where the nodes keep their data (default: a temporary one, removed).")
  private @Nullable Path directory;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "A key of the nodes' configuration; repeat.")
  private List<String> settings = new ArrayList<>();

  /**
   * @param mainClass of this program, for the processes it starts
   */
  public FanOutBenchCommand(ToolContext context, String mainClass) {
    this.context = context;
    this.mainClass = mainClass;
  }

  /** What one size did; 0 members are single appends. */
  private record Figures(int members, FanOutLoad.Measured load) {}

  @Override
  public Integer call() throws IOException, InterruptedException {
    require(nodes == 1 || nodes == 3 || nodes == 5, "--nodes " + nodes + " is none of 1, 3, 5");
    require(users >= GROUPS.getLast(), "--users " + users + " is below " + GROUPS.getLast());
    require(
        partitions >= 1 && partitions <= users,
        "--partitions " + partitions + " is outside 1.." + users);
    require(callers >= 1, "--callers " + callers + " is below 1");
    require(seconds >= 1 && warmUpSeconds >= 0, "--seconds and --warm-up must not be negative");
    Output output = outputOptions.output(context);
    try (WorkDirectory where = new WorkDirectory(context, directory);
        LocalCluster cluster =
            new LocalCluster(
                JavaLaunch.likeThisProcess(mainClass, HEAP),
                where.path(),
                LocalCluster.Hosts.loopback(nodes),
                NodePorts.free(nodes),
                settings,
                context.nanoClock())) {
      cluster.startAll();
      var _ = BenchStore.create(cluster.endpoints(), nodes, partitions, users);
      try (TidelineClient client =
          TidelineClient.builder()
              .addresses(cluster.endpoints().toArray(String[]::new))
              .deadline(DEADLINE)
              .build()) {
        var _ =
            client
                .stores()
                .create(
                    StoreSpec.builder(FanOutLoad.CONVERSATIONS)
                        .identifierField("conversation", IdentifierType.STRING)
                        .replicas(nodes)
                        .build());
        report(output, measure(output, cluster, client));
      }
    }
    return ExitCode.OK;
  }

  private List<Figures> measure(Output output, LocalCluster cluster, TidelineClient client)
      throws IOException, InterruptedException {
    FanOutLoad load = new FanOutLoad(client, users, valueBytes, context.nanoClock());
    List<Figures> all = new ArrayList<>();
    output.note("measuring single appends ...");
    all.add(measure(cluster, load, 0, 3 * warmUpSeconds));
    for (int members : GROUPS) {
      output.note("measuring groups of " + members + " ...");
      all.add(measure(cluster, load, members, warmUpSeconds));
    }
    return all;
  }

  private Figures measure(LocalCluster cluster, FanOutLoad load, int members, int warmUp)
      throws IOException, InterruptedException {
    int under = Math.max(CALLERS_MIN, INBOX_WRITES_UNDER_WAY / Math.max(1, members));
    return new Figures(
        members,
        load.run(
            members,
            Math.min(callers, under),
            Duration.ofSeconds(warmUp),
            Duration.ofSeconds(seconds),
            () -> ProcessUse.of(cluster)));
  }

  private void report(Output output, List<Figures> all) {
    double single = all.getFirst().load().inboxWritesPerSecond();
    List<ObjectNode> rows = all.stream().map(figures -> row(figures, single)).toList();
    if (!output.isJson()) {
      output.list(COLUMNS, rows.stream(), "");
      return;
    }
    ObjectNode named = rows.get(1 + GROUPS.indexOf(NAMED_GROUP));
    ObjectNode top =
        Json.object()
            .put("fanout_ratio_500", named.path("ratio").asDouble())
            .put("log_bytes_per_inbox_write", named.path("log_bytes_per_inbox_write").asDouble())
            .put("single_appends_per_second", Math.round(single))
            .put("nodes", nodes)
            .put("partitions", partitions)
            .put("users", users)
            .put("value_bytes", valueBytes)
            .put("callers", callers)
            .put("seconds", seconds);
    ArrayNode groups = top.putArray("writes");
    rows.forEach(groups::add);
    output.done("", top);
  }

  private static ObjectNode row(Figures figures, double single) {
    FanOutLoad.Measured load = figures.load();
    Histogram latency = load.latencyMicros();
    double writes = Math.max(1, load.inboxWrites());
    return Json.object()
        .put("write", figures.members() == 0 ? "append" : "fan-out to " + figures.members())
        .put("members", figures.members())
        .put("inbox_writes_per_second", Math.round(load.inboxWritesPerSecond()))
        .put("calls_per_second", Math.round(load.calls() / load.seconds()))
        .put("ratio", rounded(load.inboxWritesPerSecond() / Math.max(1, single)))
        .put("p50_ms", rounded(latency.getValueAtPercentile(50) / 1e3))
        .put("p99_ms", rounded(latency.getValueAtPercentile(99) / 1e3))
        .put("server_cpu_us", rounded(load.servers().cpuNanos() / 1e3 / writes))
        .put("log_bytes_per_inbox_write", rounded(load.servers().logBytes() / writes));
  }

  private static double rounded(double value) {
    return Math.round(value * 100) / 100.0;
  }

  private void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new ParameterException(commandSpec.commandLine(), otherwise);
    }
  }
}
