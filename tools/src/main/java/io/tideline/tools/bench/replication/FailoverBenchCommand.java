package io.tideline.tools.bench.replication;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tideline.client.PartitionInfo;
import io.tideline.client.TimelineKey;
import io.tideline.tools.bench.BenchStore;
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
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tideline bench failover}. */
@Command(
    name = "failover",
    description = "Measure how long writers wait when a leader is killed or hands over.",
    footer = {
      "",
      "Starts server processes on this machine. Writers append to a timeline each, spread over all",
      "partitions, one message at a time at a fixed pace, with the Java client's retries. Again and",
      "again a node that leads is killed (kill -9), started again and caught up; between the kills",
      "leaderships are handed over. A gap is the longest any writer waited from beginning an append",
      "until it was acknowledged, retries included. In the end every timeline is read: what was",
      "acknowledged must be there once. Exit code 0 says that it is.",
      "",
      "Examples:",
      "  tideline bench failover --kills 5 --transfers 5",
      "  tideline bench failover --partitions 30 --kills 50 --transfers 20 --seed 7 --output json",
      "  tideline bench failover --kills 10 --set raft.election_timeout_ms=1s",
    })
public final class FailoverBenchCommand implements Callable<Integer> {

  private static final String HEAP = "1g";
  private static final int PARTITIONS_MAX = 1_000;
  private static final int EVENTS_MAX = 10_000;
  private static final int VALUE_BYTES = 200;

  private static final List<Column> COLUMNS =
      List.of(
          Column.number("Kills", "kills"),
          Column.number("Writers' gap at a kill, ms: p50", "kill_gap_p50_ms"),
          Column.number("  p90", "kill_gap_p90_ms"),
          Column.number("  p99", "kill_gap_p99_ms"),
          Column.number("  longest", "kill_gap_max_ms"),
          Column.number("All partitions led again, ms: p50", "election_p50_ms"),
          Column.number("  longest", "election_max_ms"),
          Column.number("Gap while a node returns, ms: longest", "rejoin_gap_max_ms"),
          Column.number("Transfers", "transfers"),
          Column.number("Transfers that failed", "transfers_failed"),
          Column.number("Writers' gap at a transfer, ms: p50", "transfer_gap_p50_ms"),
          Column.number("  longest", "transfer_gap_max_ms"),
          Column.number("Call, ms: p50", "transfer_call_p50_ms"),
          Column.number("  longest", "transfer_call_max_ms"),
          Column.number("Acknowledged", "acked"),
          Column.number("Calls that failed in the end", "client_errors"),
          Column.number("Lost", "lost"),
          Column.number("Duplicated", "duplicates"));

  private final ToolContext context;
  private final String mainClass;
  @Mixin private OutputOptions outputOptions;
  @Spec private CommandSpec commandSpec;

  @Option(
      names = "--nodes",
      paramLabel = "3|5",
      defaultValue = "3",
      description = "Nodes, and copies of each partition (default: ${DEFAULT-VALUE}).")
  private int nodes;

  @Option(
      names = "--partitions",
      paramLabel = "P",
      defaultValue = "30",
      description = "Partitions of the store (default: ${DEFAULT-VALUE}).")
  private int partitions;

  @Option(
      names = "--kills",
      paramLabel = "N",
      defaultValue = "10",
      description = "Leaders killed, one after the other (default: ${DEFAULT-VALUE}).")
  private int kills;

  @Option(
      names = "--transfers",
      paramLabel = "N",
      defaultValue = "10",
      description = "Leaderships handed over, between the kills (default: ${DEFAULT-VALUE}).")
  private int transfers;

  @Option(
      names = "--writers",
      paramLabel = "N",
      defaultValue = "64",
      description =
          "Writers, a timeline each; at least one for each partition (default: ${DEFAULT-VALUE}).")
  private int writerCount;

  @Option(
      names = "--rate",
      paramLabel = "N",
      defaultValue = "10",
      description = "Messages a writer begins in a second (default: ${DEFAULT-VALUE}).")
  private double rate;

  @Option(
      names = "--attempt-timeout",
      paramLabel = "MS",
      defaultValue = "1000",
      description =
          "How long the client lets a node be silent before it asks another (default: ${DEFAULT-VALUE}).")
  private int attemptTimeoutMillis;

  @Option(
      names = "--warm-up",
      paramLabel = "N",
      defaultValue = "20",
      description = "Seconds of writing before the first event (default: ${DEFAULT-VALUE}).")
  private int warmUpSeconds;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Of who is killed and what is handed over (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "A setting of every node, as in conf/tideline.yaml; may be repeated.")
  private List<String> settings = List.of();

  @Option(
      names = "--directory",
      paramLabel = "DIR",
      description = "Where the nodes keep data and logs (default: a temporary one, removed).")
  private @Nullable Path directory;

  /**
   * @param mainClass of this program, for the processes it starts
   */
  public FailoverBenchCommand(ToolContext context, String mainClass) {
    this.context = context;
    this.mainClass = mainClass;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    require(nodes == 3 || nodes == 5, "--nodes " + nodes + " is neither 3 nor 5");
    inRange("--partitions", partitions, 1, PARTITIONS_MAX);
    inRange("--kills", kills, 0, EVENTS_MAX);
    inRange("--transfers", transfers, 0, EVENTS_MAX);
    inRange("--writers", writerCount, 1, EVENTS_MAX);
    inRange("--attempt-timeout", attemptTimeoutMillis, 1, 600_000);
    inRange("--warm-up", warmUpSeconds, 0, 3_600);
    require(rate > 0 && rate <= 1_000, "--rate " + rate + " is not above 0 and at most 1000");
    ObjectNode report;
    try (WorkDirectory where = new WorkDirectory(context, directory);
        LocalCluster cluster =
            new LocalCluster(
                JavaLaunch.likeThisProcess(mainClass, HEAP),
                where.path(),
                LocalCluster.Hosts.loopback(nodes),
                NodePorts.free(nodes),
                settings,
                context.nanoClock())) {
      report = measure(cluster);
    }
    Output output = outputOptions.output(context);
    output.record(COLUMNS, report);
    return ExitCode.okIf(report.path("lost").asLong() + report.path("duplicates").asLong() == 0);
  }

  private ObjectNode measure(LocalCluster cluster) throws IOException, InterruptedException {
    tell("starting " + nodes + " nodes and creating " + partitions + " partitions");
    cluster.startAll();
    int timelines = Math.max(writerCount, partitions);
    List<PartitionInfo> created =
        BenchStore.create(cluster.endpoints(), nodes, partitions, timelines);
    List<TimelineKey> keys = IntStream.range(0, timelines).mapToObj(BenchStore::timeline).toList();
    try (PacedWriters writers =
        new PacedWriters(
            cluster.endpoints(),
            keys,
            new PacedWriters.Habits(rate, VALUE_BYTES, Duration.ofMillis(attemptTimeoutMillis)),
            context.nanoClock())) {
      writers.start();
      tell(timelines + " writers write");
      TimeUnit.SECONDS.sleep(warmUpSeconds);
      FailoverRun run =
          new FailoverRun(cluster, created, writers, seed, this::tell, context.nanoClock());
      run.run(kills, transfers);
      writers.stop();
      tell("reading everything");
      return report(run, writers);
    }
  }

  private ObjectNode report(FailoverRun run, PacedWriters writers) {
    WrittenOnce verdict = writers.verify();
    List<FailoverRun.Kill> killed = run.kills();
    List<FailoverRun.Transfer> moved =
        run.transfers().stream().filter(FailoverRun.Transfer::succeeded).toList();
    ObjectNode json = Json.object();
    json.put("kills", killed.size());
    put(json, "kill_gap", killed.stream().map(FailoverRun.Kill::gap).toList());
    put(json, "election", killed.stream().map(FailoverRun.Kill::election).toList());
    put(json, "rejoin_gap", killed.stream().map(FailoverRun.Kill::rejoinGap).toList());
    put(json, "restart", killed.stream().map(FailoverRun.Kill::restart).toList());
    json.put("transfers", run.transfers().size());
    json.put("transfers_failed", run.transfers().size() - moved.size());
    put(json, "transfer_gap", run.transfers().stream().map(FailoverRun.Transfer::gap).toList());
    put(json, "transfer_call", moved.stream().map(FailoverRun.Transfer::call).toList());
    json.put("acked", writers.acknowledged());
    json.put("client_errors", writers.clientErrors());
    json.put("lost", verdict.lost());
    json.put("duplicates", verdict.duplicates());
    json.put("nodes", nodes);
    json.put("partitions", partitions);
    json.put("writers", writers.writers().size());
    json.put("rate", rate);
    json.put("attempt_timeout_ms", attemptTimeoutMillis);
    json.put("seed", seed);
    ArrayNode set = json.putArray("settings");
    settings.forEach(set::add);
    ArrayNode gaps = json.putArray("kill_gaps_ms");
    killed.forEach(kill -> gaps.add(Math.round(kill.gap())));
    return json;
  }

  private static void put(ObjectNode json, String name, List<Double> millis) {
    new Distribution(millis).putInto(json, name);
  }

  private void tell(String sentence) {
    context.err().println(sentence);
    context.err().flush();
  }

  private void inRange(String option, int value, int min, int max) {
    require(value >= min && value <= max, option + " " + value + " is outside " + min + ".." + max);
  }

  private void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new ParameterException(commandSpec.commandLine(), otherwise);
    }
  }
}
