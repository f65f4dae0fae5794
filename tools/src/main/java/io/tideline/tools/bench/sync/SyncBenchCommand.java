package io.tideline.tools.bench.sync;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tideline.client.Message;
import io.tideline.client.TidelineClient;
import io.tideline.tools.bench.BenchStore;
import io.tideline.tools.bench.NodeFigures;
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
import java.util.Locale;
import java.util.concurrent.Callable;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tideline bench sync}. */
@Command(
    name = "sync",
    description = "Measure devices that pull their inboxes, that poll for nothing, and that wait.",
    footer = {
      "",
      "Starts server processes on this machine. First, users pull in turn at a fixed rate while as",
      "many messages are fanned out to them; then callers poll inboxes that have nothing new, and",
      "one timeline that has, as fast as they are answered; last, one tail for each of many users",
      "waits, and some of them get a message. Every pull is checked for holes. All share this",
      "machine's processors. Linux only.",
      "",
      "Examples:",
      "  tideline bench sync",
      "  tideline bench sync --users 10000 --tails 50000 --output json",
      "  tideline bench sync --nodes 3 --tails 0",
    })
public final class SyncBenchCommand implements Callable<Integer> {

  private static final String HEAP = "1g";
  private static final Duration DEADLINE = Duration.ofSeconds(60);
  private static final String SHARED = "tideline_syncs_shared_total";

  /** Tails that get a message, of those that wait. */
  private static final int NEWS_MAX = 2_000;

  private static final List<Column> COLUMNS =
      List.of(
          decimal("Pulls/s, paced", "pulls_per_second"),
          decimal("  p50 ms", "pull_p50_ms"),
          decimal("  p99 ms", "pull_p99_ms"),
          decimal("  entries a pull", "entries_per_pull"),
          decimal("  server CPU us a pull", "pull_server_cpu_us"),
          decimal("Empty polls/s", "empty_polls_per_second"),
          decimal("  p50 ms", "empty_poll_p50_ms"),
          decimal("  p99 ms", "empty_poll_p99_ms"),
          decimal("  server CPU us a poll", "empty_poll_server_cpu_us"),
          decimal("Pulls/s of one timeline", "hot_pulls_per_second"),
          decimal("  server CPU us a pull", "hot_pull_server_cpu_us"),
          decimal("  answered by another's read, %", "hot_shared_percent"),
          Column.number("Tails", "tails"),
          decimal("  heap bytes each", "tail_heap_bytes"),
          decimal("  resident bytes each", "tail_resident_bytes"),
          decimal("  CPU of all, % of a core", "tails_cpu_percent_of_core"),
          decimal("  message to tail, p50 ms", "news_p50_ms"),
          decimal("  message to tail, p99 ms", "news_p99_ms"));

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
      defaultValue = "10000",
      description = "Users, each with an inbox and a device (default: ${DEFAULT-VALUE}).")
  private int users;

  @Option(
      names = "--entries",
      paramLabel = "N",
      defaultValue = "20",
      description =
          "Messages each inbox has in the beginning, and the hot timeline's that are pulled"
              + " (default: ${DEFAULT-VALUE}).")
  private int entries;

  @Option(
      names = "--value",
      paramLabel = "BYTES",
      defaultValue = "200",
      description = "Bytes of a message's one field, random (default: ${DEFAULT-VALUE}).")
  private int valueBytes;

  @Option(
      names = "--rate",
      paramLabel = "N",
      defaultValue = "1000",
      description = "Paced pulls, and messages, per second (default: ${DEFAULT-VALUE}).")
  private int rate;

  @Option(
      names = "--callers",
      paramLabel = "N",
      defaultValue = "64",
      description = "Callers that poll at once (default: ${DEFAULT-VALUE}).")
  private int callers;

  @Option(
      names = "--tails",
      paramLabel = "N",
      defaultValue = "50000",
      description =
          "Tails that wait, one for each of so many timelines (default: ${DEFAULT-VALUE}).")
  private int tails;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "10",
      description = "How long each part is measured (default: ${DEFAULT-VALUE}).")
  private int seconds;

  @Option(
      names = "--warm-up",
      paramLabel = "N",
      defaultValue = "20",
      description = "Seconds before each of them (default: ${DEFAULT-VALUE}).")
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
  public SyncBenchCommand(ToolContext context, String mainClass) {
    this.context = context;
    this.mainClass = mainClass;
  }

  /** What servers use: CPU, and how many calls were answered by another's read. */
  private record Use(long cpuNanos, long shared) {}

  private static final class ClusterMeter implements SyncLoad.Meter<Use> {
    private final LocalCluster cluster;

    ClusterMeter(LocalCluster cluster) {
      this.cluster = cluster;
    }

    @Override
    public Use read() throws IOException, InterruptedException {
      long shared = 0;
      for (int node = 0; node < cluster.size(); node++) {
        shared += NodeFigures.of(cluster.httpEndpoint(node)).sum(SHARED);
      }
      return new Use(ProcessUse.of(cluster).cpuNanos(), shared);
    }

    @Override
    public Use difference(Use before, Use after) {
      return new Use(after.cpuNanos - before.cpuNanos, after.shared - before.shared);
    }
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    require(nodes == 1 || nodes == 3 || nodes == 5, "--nodes " + nodes + " is none of 1, 3, 5");
    require(users >= 1, "--users " + users + " is below 1");
    require(
        partitions >= 1 && partitions <= users,
        "--partitions " + partitions + " is outside 1.." + users);
    require(entries >= 1, "--entries " + entries + " is below 1");
    require(rate >= 1 && callers >= 1, "--rate and --callers must be at least 1");
    require(tails >= 0, "--tails " + tails + " is negative");
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
      ObjectNode report =
          Json.object()
              .put("nodes", nodes)
              .put("partitions", partitions)
              .put("users", users)
              .put("value_bytes", valueBytes)
              .put("callers", callers);
      try (TidelineClient client =
          TidelineClient.builder()
              .addresses(cluster.endpoints().toArray(String[]::new))
              .deadline(DEADLINE)
              .build()) {
        SyncLoad load = new SyncLoad(client, users, valueBytes, context.nanoClock());
        pulls(output, cluster, load, report);
        report.put("tails", tails);
        if (tails > 0) {
          waiting(output, cluster, load, report);
        }
      }
      output.record(COLUMNS, report);
    }
    return ExitCode.OK;
  }

  private void pulls(Output output, LocalCluster cluster, SyncLoad load, ObjectNode report)
      throws IOException, InterruptedException {
    ClusterMeter meter = new ClusterMeter(cluster);
    Duration warmUp = Duration.ofSeconds(warmUpSeconds);
    Duration length = Duration.ofSeconds(seconds);
    output.note("filling " + users + " inboxes ...");
    load.fill(entries);
    output.note("pulling " + rate + " times a second ...");
    SyncLoad.Measured<Use> paced = load.pullPaced(rate, warmUp, length, meter);
    report
        .put("pulls_per_second", rounded(paced.perSecond()))
        .put("pull_p50_ms", millis(paced.latencyMicros(), 50))
        .put("pull_p99_ms", millis(paced.latencyMicros(), 99))
        .put(
            "entries_per_pull",
            rounded(paced.entries() / (double) paced.latencyMicros().getTotalCount()))
        .put("pull_server_cpu_us", cpuMicros(paced));
    load.catchUp();
    output.note("polling for nothing ...");
    SyncLoad.Measured<Use> empty = load.pullAtOnce(callers, false, entries, warmUp, length, meter);
    report
        .put("empty_polls_per_second", rounded(empty.perSecond()))
        .put("empty_poll_p50_ms", millis(empty.latencyMicros(), 50))
        .put("empty_poll_p99_ms", millis(empty.latencyMicros(), 99))
        .put("empty_poll_server_cpu_us", cpuMicros(empty));
    output.note("pulling one timeline ...");
    SyncLoad.Measured<Use> hot = load.pullAtOnce(callers, true, entries, warmUp, length, meter);
    report
        .put("hot_pulls_per_second", rounded(hot.perSecond()))
        .put("hot_pull_server_cpu_us", cpuMicros(hot))
        .put(
            "hot_shared_percent",
            rounded(100.0 * hot.used().shared() / hot.latencyMicros().getTotalCount()));
  }

  private void waiting(Output output, LocalCluster cluster, SyncLoad load, ObjectNode report)
      throws IOException, InterruptedException {
    output.note("opening " + tails + " tails ...");
    try (IdleTails idle = new IdleTails(cluster, context.nanoClock())) {
      IdleTails.Memory before = idle.memory();
      idle.open(tails, load::position);
      IdleTails.Memory more = idle.memory().minus(before);
      output.note("waiting ...");
      double cpu = idle.cpuPercent(Duration.ofSeconds(seconds));
      Histogram news =
          idle.news(Math.min(NEWS_MAX, tails), Message.builder().put("v", "news").build());
      report
          .put("tail_heap_bytes", more.heapBytes() / tails)
          .put("tail_resident_bytes", more.residentBytes() / tails)
          .put("tails_cpu_percent_of_core", rounded(cpu))
          .put("news_p50_ms", millis(news, 50))
          .put("news_p99_ms", millis(news, 99));
    }
  }

  private static double cpuMicros(SyncLoad.Measured<Use> measured) {
    return rounded(
        measured.used().cpuNanos() / 1e3 / Math.max(1, measured.latencyMicros().getTotalCount()));
  }

  private static double millis(Histogram micros, double percentile) {
    return rounded(micros.getValueAtPercentile(percentile) / 1e3);
  }

  private static double rounded(double value) {
    return Math.round(value * 100) / 100.0;
  }

  private static Column decimal(String title, String field) {
    return new Column(
        title,
        true,
        row ->
            row.has(field) ? String.format(Locale.ROOT, "%.2f", row.path(field).asDouble()) : "-");
  }

  private void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new ParameterException(commandSpec.commandLine(), otherwise);
    }
  }
}
