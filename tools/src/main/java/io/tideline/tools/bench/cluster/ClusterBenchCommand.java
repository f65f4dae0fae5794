package io.tideline.tools.bench.cluster;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tideline.tools.bench.BenchStore;
import io.tideline.tools.bench.ProcessUse;
import io.tideline.tools.cli.Column;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.FileTrees;
import io.tideline.tools.cli.Json;
import io.tideline.tools.cli.Output;
import io.tideline.tools.cli.OutputOptions;
import io.tideline.tools.cli.ToolContext;
import io.tideline.tools.cli.ToolException;
import io.tideline.tools.node.JavaLaunch;
import io.tideline.tools.node.LocalCluster;
import io.tideline.tools.node.NodePorts;
import io.tideline.tools.node.NodeProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tideline bench cluster}. */
@Command(
    name = "cluster",
    description = "Measure appends through the Java client into a cluster of real processes.",
    footer = {
      "",
      "Starts server processes on this machine, creates a store cut into partitions, and appends with",
      "a fixed number of messages in flight through the batching appender; every acknowledged one is",
      "on the disks of a quorum. Then the same client sends the same batches to a process that only",
      "echoes: the ceiling of gRPC and client here. All share this machine's processors.",
      "",
      "Examples:",
      "  tideline bench cluster --nodes 1",
      "  tideline bench cluster --nodes 3 --partitions 30 --value 200 --output json",
    })
public final class ClusterBenchCommand implements Callable<Integer> {

  private static final String HEAP = "1g";
  private static final int PARTITIONS_MAX = 1_000;

  /** The echo does so little that it is compiled soon. */
  private static final int ECHO_WARM_UP_SECONDS_MAX = 20;

  private static final Duration CONNECT_MAX = Duration.ofSeconds(30);

  private static final List<Column> COLUMNS =
      List.of(
          Column.text("SYSTEM", "system"),
          Column.number("APPENDS/S", "appends_per_second"),
          Column.text("P50 MS", "p50_ms"),
          Column.text("P99 MS", "p99_ms"),
          Column.text("P99.9 MS", "p999_ms"),
          Column.text("SERVER CPU US", "server_cpu_us"),
          Column.text("CLIENT CPU US", "client_cpu_us"),
          Column.text("DISK BYTES", "disk_bytes_per_append"),
          Column.number("FSYNCS/S", "fsyncs_per_second"));

  private final ToolContext context;
  private final String mainClass;
  @Mixin private OutputOptions outputOptions;
  @Spec private CommandSpec commandSpec;

  @Option(
      names = "--nodes",
      paramLabel = "N",
      defaultValue = "3",
      description = "Nodes, and copies: 1, 3 or 5 (default: ${DEFAULT-VALUE}).")
  private int nodes;

  @Option(
      names = "--partitions",
      paramLabel = "P",
      defaultValue = "1",
      description = "Partitions of the store (default: ${DEFAULT-VALUE}).")
  private int partitions;

  @Option(
      names = "--value",
      paramLabel = "BYTES",
      defaultValue = "200",
      description = "Bytes of a message's one field, random (default: ${DEFAULT-VALUE}).")
  private int valueBytes;

  @Option(
      names = "--timelines",
      paramLabel = "N",
      defaultValue = "10000",
      description = "Timelines, written with equal chance (default: ${DEFAULT-VALUE}).")
  private int timelines;

  @Option(
      names = "--in-flight",
      paramLabel = "N",
      defaultValue = "8000",
      description = "Messages not yet acknowledged (default: ${DEFAULT-VALUE}).")
  private int inFlight;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "1000",
      description = "Messages a call carries at most (default: ${DEFAULT-VALUE}).")
  private int batchItems;

  @Option(
      names = "--calls",
      paramLabel = "N",
      defaultValue = "8",
      description = "Calls under way at most (default: ${DEFAULT-VALUE}).")
  private int calls;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "20",
      description = "How long is measured, of each system (default: ${DEFAULT-VALUE}).")
  private int seconds;

  @Option(
      names = "--warm-up",
      paramLabel = "N",
      defaultValue = "100",
      description =
          "Seconds before that, until the JIT compilers are done; the echo needs 20 at most"
              + " (default: ${DEFAULT-VALUE}).")
  private int warmUpSeconds;

  @Option(
      names = "--directory",
      paramLabel = "DIR",
      description = "Where the nodes keep their data (default: a temporary one, removed).")
  private @Nullable Path directory;

  @Option(
      names = "--message-keys",
      arity = "1",
      paramLabel = "true|false",
      defaultValue = "false",
      description =
          "Whether each append has a key that makes it safe to repeat, as it has in the client if"
              + " nothing else is said; the servers then look for it among those they know (default: ${DEFAULT-VALUE}).")
  private boolean messageKeys;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description =
          "A key of the nodes' configuration, for example engine.memtable_bytes=64MiB; repeat.")
  private List<String> settings = new ArrayList<>();

  /**
   * @param mainClass of this program, for the processes it starts
   */
  public ClusterBenchCommand(ToolContext context, String mainClass) {
    this.context = context;
    this.mainClass = mainClass;
  }

  /** What one system did. */
  private record Figures(Load.Measured load, ProcessUse servers, long clientCpuNanos) {}

  @Override
  public Integer call() throws IOException, InterruptedException {
    require(nodes == 1 || nodes == 3 || nodes == 5, "--nodes " + nodes + " is none of 1, 3, 5");
    require(
        partitions >= 1 && partitions <= Math.min(PARTITIONS_MAX, timelines),
        "--partitions " + partitions + " is outside 1.." + Math.min(PARTITIONS_MAX, timelines));
    require(seconds >= 1 && warmUpSeconds >= 0, "--seconds and --warm-up must not be negative");
    Output output = outputOptions.output(context);
    Path where = directory == null ? Files.createTempDirectory("tideline-bench-") : directory;
    output.note("measuring " + nodes + " nodes, " + partitions + " partitions ...");
    Figures cluster = cluster(where);
    output.note("measuring the echo ...");
    Figures echo = echo(where);
    if (directory == null) {
      FileTrees.deleteTree(where);
    }
    report(output, cluster, echo);
    return ExitCode.OK;
  }

  private Load load() {
    return new Load(
        timelines, valueBytes, inFlight, batchItems, calls, messageKeys, context.nanoClock());
  }

  private Figures cluster(Path where) throws IOException, InterruptedException {
    try (LocalCluster cluster =
        new LocalCluster(
            JavaLaunch.likeThisProcess(mainClass, HEAP),
            where,
            LocalCluster.Hosts.loopback(nodes),
            NodePorts.free(nodes),
            settings,
            context.nanoClock())) {
      cluster.startAll();
      var _ = BenchStore.create(cluster.endpoints(), nodes, partitions, timelines);
      return measure(cluster.endpoints(), warmUpSeconds, () -> ProcessUse.of(cluster));
    }
  }

  private Figures echo(Path where) throws IOException, InterruptedException {
    int port = NodePorts.free(1).getFirst().grpc();
    try (NodeProcess process =
        NodeProcess.start(
            JavaLaunch.likeThisProcess(mainClass, HEAP),
            List.of("bench", "echo-node", "--port", Integer.toString(port)),
            where.resolve("echo.log"))) {
      int warmUp = Math.min(warmUpSeconds, ECHO_WARM_UP_SECONDS_MAX);
      return measure(List.of("127.0.0.1:" + port), warmUp, () -> ProcessUse.of(process.pid()));
    }
  }

  /** Reads what the servers have used. */
  private interface Meter {
    ProcessUse read() throws IOException, InterruptedException;
  }

  private Figures measure(List<String> endpoints, int warmUp, Meter meter)
      throws IOException, InterruptedException {
    AtomicReference<@Nullable ProcessUse> before = new AtomicReference<>();
    AtomicReference<@Nullable Long> clientBefore = new AtomicReference<>();
    AtomicReference<@Nullable IOException> failure = new AtomicReference<>();
    Load.Measured measured =
        load()
            .run(
                endpoints,
                Duration.ofSeconds(warmUp),
                Duration.ofSeconds(seconds),
                () -> {
                  try {
                    before.set(meter.read());
                    clientBefore.set(ProcessUse.ownCpuNanos());
                  } catch (IOException e) {
                    failure.set(e);
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                });
    ProcessUse earlier = before.get();
    Long clientEarlier = clientBefore.get();
    IOException failed = failure.get();
    if (failed != null) {
      throw failed;
    }
    if (earlier == null || clientEarlier == null || measured.appends() == 0) {
      throw new ToolException(
          ExitCode.FAILED,
          "nothing was appended within " + CONNECT_MAX.toSeconds() + " s",
          "Look at the logs with --directory.");
    }
    return new Figures(
        measured, meter.read().minus(earlier), ProcessUse.ownCpuNanos() - clientEarlier);
  }

  private void report(Output output, Figures cluster, Figures echo) {
    ObjectNode top = json(nodes + (nodes == 1 ? " node" : " nodes"), cluster);
    top.put("nodes", nodes);
    top.put("partitions", partitions);
    top.put("value_bytes", valueBytes);
    top.put("message_keys", messageKeys);
    top.put("in_flight", inFlight);
    top.put("batch", batchItems);
    top.put("seconds", seconds);
    ObjectNode ceiling = json("echo", echo);
    if (output.isJson()) {
      top.set("echo", ceiling);
      top.put("share_of_echo", cluster.load().perSecond() / echo.load().perSecond());
      output.done("", top);
    } else {
      output.list(COLUMNS, List.of(top, ceiling).stream(), "");
    }
  }

  private static ObjectNode json(String system, Figures figures) {
    Histogram latency = figures.load().latencyMicros();
    double appends = figures.load().appends();
    return Json.object()
        .put("system", system)
        .put("appends_per_second", Math.round(figures.load().perSecond()))
        .put("failures", figures.load().failures())
        .put("p50_ms", rounded(latency.getValueAtPercentile(50) / 1e3))
        .put("p99_ms", rounded(latency.getValueAtPercentile(99) / 1e3))
        .put("p999_ms", rounded(latency.getValueAtPercentile(99.9) / 1e3))
        .put("server_cpu_us", rounded(figures.servers().cpuNanos() / 1e3 / appends))
        .put("client_cpu_us", rounded(figures.clientCpuNanos() / 1e3 / appends))
        .put("disk_bytes_per_append", Math.round(figures.servers().writtenBytes() / appends))
        .put("fsyncs_per_second", Math.round(figures.servers().syncs() / figures.load().seconds()));
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
