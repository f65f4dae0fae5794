package io.tideline.tools.bench.idle;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tideline.client.Identifier;
import io.tideline.client.IdentifierType;
import io.tideline.client.StoreSpec;
import io.tideline.client.TidelineClient;
import io.tideline.tools.cli.Column;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.FileTrees;
import io.tideline.tools.cli.Json;
import io.tideline.tools.cli.OutputOptions;
import io.tideline.tools.cli.ToolContext;
import io.tideline.tools.cli.ToolException;
import io.tideline.tools.node.JavaLaunch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
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
      "A node of its own, on a fresh directory, gets a store with that many partitions, is stopped and",
      "started again, left alone until its use of the CPU no longer falls, and then watched. Linux only.",
      "With --output json the last line is one object: threads, cpu_percent_of_core, rss_mib,",
      "start_seconds and more; docs/benchmarks.md defines them.",
      "",
      "Examples:",
      "  tideline bench idle --partitions 1000",
      "  tideline bench idle --partitions 100 --seconds 60 --output json",
    })
public final class IdleBenchCommand implements Callable<Integer> {

  /** A store may begin with this many; see the limit of split points. */
  private static final int PARTITIONS_MAX = 1_024;

  private static final int SECONDS_MIN = 5;
  private static final int SECONDS_MAX = 3_600;
  private static final String HEAP = "512m";
  private static final String MAIN_CLASS = "io.tideline.tools.Main";
  private static final String STORE = "idle";
  private static final Path PROCESSES = Path.of("/proc");

  /** Creating syncs a thousand directories. */
  private static final Duration CREATE_MAX = Duration.ofMinutes(5);

  /** A node is quiet when one such window needs no less CPU time than the one before. */
  private static final Duration QUIET_WINDOW = Duration.ofSeconds(5);

  private static final double QUIET_SHARE = 0.9;

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
    try (IdleNode node =
        new IdleNode(
            JavaLaunch.likeThisProcess(MAIN_CLASS, HEAP), directory, context.nanoClock())) {
      ObjectNode report = run(node);
      outputOptions.output(context).record(columns(), report);
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

  private ObjectNode run(IdleNode node) throws IOException, InterruptedException {
    note("starting a node and creating " + partitions + " partitions");
    node.start();
    long createNanos = context.nanoClock().getAsLong();
    createStore(node);
    double createSeconds = secondsSince(createNanos);
    note("stopping it and starting it again");
    node.stop();
    Duration start = node.start();
    note("waiting until it is quiet");
    double settleSeconds = settle(node);
    note("watching for " + seconds + " s");
    ObjectNode report = watch(node);
    report
        .put("start_seconds", rounded(start.toMillis() / 1e3))
        .put("create_seconds", rounded(createSeconds))
        .put("settle_seconds", rounded(settleSeconds));
    node.stop();
    return report;
  }

  private void createStore(IdleNode node) {
    StoreSpec.Builder store =
        StoreSpec.builder(STORE).identifierField("number", IdentifierType.INT64);
    for (long split = 1; split < partitions; split++) {
      store.splitPoint(Identifier.of(split));
    }
    try (TidelineClient client =
        TidelineClient.builder().addresses(node.endpoint()).deadline(CREATE_MAX).build()) {
      client.stores().create(store.build());
    }
  }

  /** Waits until the use of the CPU no longer falls: compilers and first collections are over. */
  private double settle(IdleNode node) throws IOException, InterruptedException {
    long begin = context.nanoClock().getAsLong();
    long before = Long.MAX_VALUE;
    for (int window = 0; window < QUIET_WINDOWS_MAX; window++) {
      long cpu = ProcessSample.of(PROCESSES, node.pid()).cpuMillis();
      Thread.sleep(QUIET_WINDOW);
      long used = ProcessSample.of(PROCESSES, node.pid()).cpuMillis() - cpu;
      if (used >= QUIET_SHARE * before) {
        break;
      }
      before = used;
    }
    return secondsSince(begin);
  }

  private ObjectNode watch(IdleNode node) throws IOException, InterruptedException {
    ProcessSample first = ProcessSample.of(PROCESSES, node.pid());
    long begin = context.nanoClock().getAsLong();
    ProcessSample last = first;
    int threads = first.threads();
    long residentBytes = first.residentBytes();
    do {
      Thread.sleep(SAMPLE);
      last = ProcessSample.of(PROCESSES, node.pid());
      threads = Math.max(threads, last.threads());
      residentBytes = Math.max(residentBytes, last.residentBytes());
    } while (secondsSince(begin) < seconds);
    double watched = secondsSince(begin);
    ObjectNode report =
        Json.object()
            .put("partitions", partitions)
            .put("nodes", 1)
            .put("threads", threads)
            .put(
                "cpu_percent_of_core",
                rounded((last.cpuMillis() - first.cpuMillis()) / watched / 10))
            .put("rss_mib", rounded(residentBytes / MEBIBYTE))
            .put("watched_seconds", rounded(watched));
    ObjectNode byThread = report.putObject("cpu_percent_by_thread");
    last.threadCpuMillisSince(first).entrySet().stream()
        .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
        .limit(THREADS_SHOWN)
        .forEach(entry -> byThread.put(entry.getKey(), rounded(entry.getValue() / watched / 10)));
    return report;
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
