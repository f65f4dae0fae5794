package io.tideline.tools.bench.idle;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tideline.client.Identifier;
import io.tideline.client.IdentifierType;
import io.tideline.client.StoreSpec;
import io.tideline.client.TidelineClient;
import io.tideline.tools.bench.ProcessSample;
import io.tideline.tools.cli.Column;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.FileTrees;
import io.tideline.tools.cli.Json;
import io.tideline.tools.cli.OutputOptions;
import io.tideline.tools.cli.ToolContext;
import io.tideline.tools.cli.ToolException;
import io.tideline.tools.node.JavaLaunch;
import io.tideline.tools.node.LocalCluster;
import io.tideline.tools.node.NodePorts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tideline bench idle}. */
@Command(
    name = "idle",
    description = "Measure what a node with many partitions costs while nobody uses it.",
    footer = {
      "",
      "Nodes of its own, on fresh directories, get a store with that many partitions (a copy of each on",
      "every node), are stopped and started again, left alone until their use of the CPU no longer falls,",
      "and then watched. Linux only. Figures are those of the node that needs most.",
      "With --output json the last line is one object: threads, cpu_percent_of_core, rss_mib,",
      "start_seconds and more; docs/benchmarks.md defines them.",
      "",
      "Examples:",
      "  tideline bench idle --partitions 1000",
      "  tideline bench idle --partitions 300 --nodes 3 --seconds 60 --output json",
    })
public final class IdleBenchCommand implements Callable<Integer> {

  /** A store may begin with this many; see the limit of split points. */
  private static final int PARTITIONS_MAX = 1_024;

  /** Numbers of copies that a store can have. */
  private static final Set<Integer> NODES = Set.of(1, 3, 5);

  private static final int SECONDS_MIN = 5;
  private static final int SECONDS_MAX = 3_600;
  private static final String HEAP = "512m";
  private static final String MAIN_CLASS = "io.tideline.tools.Main";
  private static final String STORE = "idle";
  private static final Path PROCESSES = Path.of("/proc");

  /** Creating syncs a thousand directories. */
  private static final Duration CREATE_MAX = Duration.ofMinutes(5);

  /** Flushes a thousand partitions. */
  private static final Duration STOP_MAX = Duration.ofMinutes(5);

  private static final Duration QUIET_WINDOW = Duration.ofSeconds(5);

  /** A window that needs at least this share of the best one so far is not a better one. */
  private static final double QUIET_SHARE = 0.9;

  /** Nodes are quiet after as many windows in which none was better. */
  private static final int QUIET_WINDOWS = 3;

  /** Compilers are done by then. */
  private static final int QUIET_WINDOWS_MAX = 24;

  private static final Duration SAMPLE = Duration.ofSeconds(1);
  private static final int THREADS_SHOWN = 12;
  private static final double MEBIBYTE = 1 << 20;

  private final ToolContext context;
  @Mixin private OutputOptions outputOptions;
  @Spec private CommandSpec commandSpec;

  @Option(
      names = "--partitions",
      paramLabel = "N",
      defaultValue = "1000",
      description = "Partitions of the store (default: ${DEFAULT-VALUE}).")
  private int partitions;

  @Option(
      names = "--nodes",
      paramLabel = "1|3|5",
      defaultValue = "1",
      description = "Nodes, and copies of each partition (default: ${DEFAULT-VALUE}).")
  private int nodes;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "30",
      description = "How long to watch (default: ${DEFAULT-VALUE}).")
  private int seconds;

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description =
          "Where to make the directory it works in (default: the system's temporary one).")
  private @Nullable Path dir;

  public IdleBenchCommand(ToolContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    require(
        partitions >= 1 && partitions <= PARTITIONS_MAX,
        "--partitions " + partitions + " is outside 1.." + PARTITIONS_MAX);
    require(NODES.contains(nodes), "--nodes " + nodes + " is not one of 1, 3 and 5");
    require(
        seconds >= SECONDS_MIN && seconds <= SECONDS_MAX,
        "--seconds " + seconds + " is outside " + SECONDS_MIN + ".." + SECONDS_MAX);
    if (!Files.isReadable(PROCESSES.resolve("self").resolve("status"))) {
      throw new ToolException(
          ExitCode.CONFIG,
          "this system has no /proc to read threads and memory of a process from",
          "Run it on Linux.");
    }
    Path directory = workDirectory();
    try (LocalCluster cluster =
        new LocalCluster(
            JavaLaunch.likeThisProcess(MAIN_CLASS, HEAP),
            directory,
            LocalCluster.Hosts.loopback(nodes),
            NodePorts.free(nodes),
            List.of(),
            context.nanoClock())) {
      outputOptions.output(context).record(columns(), run(cluster));
    } finally {
      FileTrees.deleteTree(directory);
    }
    return ExitCode.OK;
  }

  private void require(boolean condition, String otherwise) {
    if (!condition) {
      throw new ParameterException(commandSpec.commandLine(), otherwise);
    }
  }

  private Path workDirectory() throws IOException {
    if (dir == null) {
      return Files.createTempDirectory("tideline-bench-");
    }
    Files.createDirectories(dir);
    return Files.createTempDirectory(dir.toAbsolutePath(), "tideline-bench-");
  }

  private ObjectNode run(LocalCluster cluster) throws IOException, InterruptedException {
    note("starting and creating " + partitions + " partitions");
    cluster.startAll();
    long createNanos = context.nanoClock().getAsLong();
    createStore(cluster);
    double createSeconds = secondsSince(createNanos);
    note("stopping and starting again");
    stop(cluster);
    Duration start = cluster.startAll();
    note("waiting until it is quiet");
    double settleSeconds = settle(cluster);
    note("watching for " + seconds + " s");
    ObjectNode report = watch(cluster);
    report
        .put("start_seconds", rounded(start.toMillis() / 1e3))
        .put("create_seconds", rounded(createSeconds))
        .put("settle_seconds", rounded(settleSeconds));
    stop(cluster);
    return report;
  }

  private static void stop(LocalCluster cluster) throws IOException, InterruptedException {
    for (int node = 0; node < cluster.size(); node++) {
      cluster.stop(node, STOP_MAX);
    }
  }

  private void createStore(LocalCluster cluster) {
    StoreSpec.Builder store =
        StoreSpec.builder(STORE).identifierField("number", IdentifierType.INT64).replicas(nodes);
    for (long split = 1; split < partitions; split++) {
      store.splitPoint(Identifier.of(split));
    }
    try (TidelineClient client =
        TidelineClient.builder()
            .addresses(cluster.endpoints().toArray(String[]::new))
            .deadline(CREATE_MAX)
            .build()) {
      client.stores().create(store.build());
    }
  }

  /** Waits until the use of the CPU no longer falls: compilers and first collections are over. */
  private double settle(LocalCluster cluster) throws IOException, InterruptedException {
    long begin = context.nanoClock().getAsLong();
    long best = Long.MAX_VALUE;
    int notBetter = 0;
    for (int window = 0; window < QUIET_WINDOWS_MAX && notBetter < QUIET_WINDOWS; window++) {
      long cpu = cpuMillis(cluster);
      Thread.sleep(QUIET_WINDOW);
      long used = cpuMillis(cluster) - cpu;
      notBetter = used >= QUIET_SHARE * best ? notBetter + 1 : 0;
      best = Math.min(best, used);
    }
    return secondsSince(begin);
  }

  private static long cpuMillis(LocalCluster cluster) throws IOException {
    long sum = 0;
    for (int node = 0; node < cluster.size(); node++) {
      sum += ProcessSample.of(PROCESSES, cluster.pid(node)).cpuMillis();
    }
    return sum;
  }

  private ObjectNode watch(LocalCluster cluster) throws IOException, InterruptedException {
    List<ProcessSample> first = samples(cluster);
    List<ProcessSample> last;
    long begin = context.nanoClock().getAsLong();
    int threads = 0;
    long residentBytes = 0;
    do {
      Thread.sleep(SAMPLE);
      last = samples(cluster);
      for (ProcessSample sample : last) {
        threads = Math.max(threads, sample.threads());
        residentBytes = Math.max(residentBytes, sample.residentBytes());
      }
    } while (secondsSince(begin) < seconds);
    double watched = secondsSince(begin);
    int busiest = 0;
    long most = -1;
    long all = 0;
    for (int i = 0; i < first.size(); i++) {
      long used = last.get(i).cpuMillis() - first.get(i).cpuMillis();
      all += used;
      if (used > most) {
        most = used;
        busiest = i;
      }
    }
    ObjectNode report =
        Json.object()
            .put("partitions", partitions)
            .put("nodes", nodes)
            .put("threads", threads)
            .put("cpu_percent_of_core", percent(most, watched))
            .put("cpu_percent_of_core_all_nodes", percent(all, watched))
            .put("rss_mib", rounded(residentBytes / MEBIBYTE))
            .put("watched_seconds", rounded(watched));
    ObjectNode byThread = report.putObject("cpu_percent_by_thread");
    last.get(busiest).threadCpuMillisSince(first.get(busiest)).entrySet().stream()
        .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
        .limit(THREADS_SHOWN)
        .forEach(entry -> byThread.put(entry.getKey(), percent(entry.getValue(), watched)));
    return report;
  }

  private static List<ProcessSample> samples(LocalCluster cluster) throws IOException {
    List<ProcessSample> samples = new ArrayList<>();
    for (int node = 0; node < cluster.size(); node++) {
      samples.add(ProcessSample.of(PROCESSES, cluster.pid(node)));
    }
    return samples;
  }

  private static double percent(long cpuMillis, double seconds) {
    return rounded(cpuMillis / seconds / 10);
  }

  private void note(String sentence) {
    context.err().println(sentence);
    context.err().flush();
  }

  private double secondsSince(long nanos) {
    return (context.nanoClock().getAsLong() - nanos) / 1e9;
  }

  private static double rounded(double value) {
    return Math.round(value * 100) / 100.0;
  }

  private static List<Column> columns() {
    return List.of(
        Column.number("Partitions", "partitions"),
        Column.number("Nodes", "nodes"),
        Column.number("Threads of the system", "threads"),
        decimal("CPU, percent of a core", "cpu_percent_of_core"),
        decimal("Resident memory, MiB", "rss_mib"),
        decimal("Start, s", "start_seconds"),
        decimal("Creating the partitions, s", "create_seconds"));
  }

  private static Column decimal(String title, String field) {
    return new Column(
        title, true, row -> String.format(Locale.ROOT, "%.2f", row.path(field).asDouble()));
  }
}
