package io.tideline.tools.bench.replication;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tideline.client.TimelineKey;
import io.tideline.tools.bench.BenchStore;
import io.tideline.tools.bench.WorkDirectory;
import io.tideline.tools.cli.Column;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.Json;
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
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tideline bench catch-up}. */
@Command(
    name = "catch-up",
    description = "Measure how a node that lost its disk gets its data back, and what it costs.",
    footer = {
      "",
      "Starts server processes on this machine, fills one partition with random values, waits until",
      "merges are over and watches the waits of paced writers. Then a follower is stopped, its data",
      "directory removed, and it is started again: how long until it votes and has applied what its",
      "leader had, and what the writers wait meanwhile. All share this machine's processors and disk.",
      "",
      "Examples:",
      "  tideline bench catch-up --gib 0.5",
      "  tideline bench catch-up --gib 5 --output json",
    })
public final class CatchUpBenchCommand implements Callable<Integer> {

  private static final String HEAP = "1g";

  /** The writers' own come after them. */
  private static final int FILLED_TIMELINES = 1_000;

  private static final int WRITERS_MAX = 1_000;
  private static final int WRITER_VALUE_BYTES = 200;
  private static final Duration ATTEMPT_TIMEOUT = Duration.ofSeconds(1);
  private static final double GIBIBYTE = 1 << 30;
  private static final double MEGABYTE = 1e6;
  private static final double GIB_MAX = 1_024;

  /** A merge of everything needs it all twice. */
  private static final double DISK_PER_BYTE = 2.2;

  /** Log that may not be flushed, its reserve, and what a node keeps free, with their defaults. */
  private static final double DISK_BESIDE_GIB = 2.5;

  private static final List<Column> COLUMNS =
      List.of(
          Column.text("Values in the partition, GiB", "gib"),
          Column.text("Caught up after, s", "seconds"),
          Column.number("Tables installed, MB", "installed_mb"),
          Column.text("MB/s", "mb_per_second"),
          Column.text("MB/s, without the start of the process", "mb_per_second_since_serving"),
          Column.text("Writers' p99 before, ms", "p99_before_ms"),
          Column.text("Writers' p99 during, ms", "p99_during_ms"),
          Column.text("during ÷ before", "p99_ratio"),
          Column.text("Longest wait during, ms", "max_during_ms"),
          Column.number("Lost", "lost"),
          Column.number("Duplicated", "duplicates"));

  private final ToolContext context;
  private final String mainClass;
  @Mixin private OutputOptions outputOptions;
  @Spec private CommandSpec commandSpec;

  @Option(
      names = "--gib",
      paramLabel = "N",
      defaultValue = "5",
      description = "GiB of values in the partition (default: ${DEFAULT-VALUE}).")
  private double gib;

  @Option(
      names = "--nodes",
      paramLabel = "3|5",
      defaultValue = "3",
      description = "Nodes, and copies (default: ${DEFAULT-VALUE}).")
  private int nodes;

  @Option(
      names = "--value",
      paramLabel = "BYTES",
      defaultValue = "4096",
      description = "Bytes of a value (default: ${DEFAULT-VALUE}).")
  private int valueBytes;

  @Option(
      names = "--writers",
      paramLabel = "N",
      defaultValue = "32",
      description = "Writers that are watched, a timeline each (default: ${DEFAULT-VALUE}).")
  private int writerCount;

  @Option(
      names = "--rate",
      paramLabel = "N",
      defaultValue = "10",
      description =
          "Messages of 200 bytes a writer begins in a second (default: ${DEFAULT-VALUE}).")
  private double rate;

  @Option(
      names = "--before",
      paramLabel = "N",
      defaultValue = "30",
      description =
          "Seconds the writers are watched while all is well (default: ${DEFAULT-VALUE}).")
  private int beforeSeconds;

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
  public CatchUpBenchCommand(ToolContext context, String mainClass) {
    this.context = context;
    this.mainClass = mainClass;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    require(gib > 0 && gib <= GIB_MAX, "--gib " + gib + " is not above 0 and at most " + GIB_MAX);
    require(nodes == 3 || nodes == 5, "--nodes " + nodes + " is neither 3 nor 5");
    require(
        valueBytes >= 1 && valueBytes <= 1 << 19,
        "--value " + valueBytes + " is outside 1..524288");
    require(
        writerCount >= 1 && writerCount <= WRITERS_MAX,
        "--writers " + writerCount + " is outside 1.." + WRITERS_MAX);
    require(rate > 0 && rate <= 1_000, "--rate " + rate + " is not above 0 and at most 1000");
    require(beforeSeconds >= 1, "--before " + beforeSeconds + " is below 1");
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
      where.requireRoom((long) (nodes * (DISK_PER_BYTE * gib + DISK_BESIDE_GIB) * GIBIBYTE));
      report = measure(cluster);
    }
    outputOptions.output(context).record(COLUMNS, report);
    return ExitCode.okIf(report.path("lost").asLong() + report.path("duplicates").asLong() == 0);
  }

  private ObjectNode measure(LocalCluster cluster) throws IOException, InterruptedException {
    tell("starting " + nodes + " nodes");
    cluster.startAll();
    long partition =
        BenchStore.create(cluster.endpoints(), nodes, 1, FILLED_TIMELINES + writerCount)
            .getFirst()
            .partitionId();
    tell("filling");
    long begun = context.nanoClock().getAsLong();
    new Filler(context, cluster.endpoints(), FILLED_TIMELINES, valueBytes)
        .fill((long) (gib * GIBIBYTE));
    double fillSeconds = (context.nanoClock().getAsLong() - begun) / 1e9;
    List<TimelineKey> keys =
        IntStream.range(FILLED_TIMELINES, FILLED_TIMELINES + writerCount)
            .mapToObj(BenchStore::timeline)
            .toList();
    try (PacedWriters writers =
        new PacedWriters(
            cluster.endpoints(),
            keys,
            new PacedWriters.Habits(rate, WRITER_VALUE_BYTES, ATTEMPT_TIMEOUT),
            context.nanoClock())) {
      writers.start();
      CatchUpRun.Measured measured =
          new CatchUpRun(cluster, partition, writers, this::tell, context.nanoClock())
              .run(Duration.ofSeconds(beforeSeconds));
      writers.stop();
      return report(measured, writers, fillSeconds);
    }
  }

  private ObjectNode report(
      CatchUpRun.Measured measured, PacedWriters writers, double fillSeconds) {
    WrittenOnce verdict = writers.verify();
    double before = millis(measured.before(), 99);
    double during = millis(measured.during(), 99);
    double sinceServing = millis(measured.sinceServing(), 99);
    return Json.object()
        .put("gib", gib)
        .put("seconds", rounded(measured.seconds()))
        .put("serving_seconds", rounded(measured.servingSeconds()))
        .put("installed_mb", Math.round(measured.installedBytes() / MEGABYTE))
        .put("mb_per_second", rounded(measured.installedBytes() / MEGABYTE / measured.seconds()))
        .put(
            "mb_per_second_since_serving",
            rounded(
                measured.installedBytes()
                    / MEGABYTE
                    / (measured.seconds() - measured.servingSeconds())))
        .put("p50_before_ms", millis(measured.before(), 50))
        .put("p99_before_ms", before)
        .put("p50_during_ms", millis(measured.during(), 50))
        .put("p99_during_ms", during)
        .put("max_during_ms", millis(measured.during(), 100))
        .put("p99_ratio", before == 0 ? 0 : rounded(during / before))
        .put("p50_since_serving_ms", millis(measured.sinceServing(), 50))
        .put("p99_since_serving_ms", sinceServing)
        .put("p99_ratio_since_serving", before == 0 ? 0 : rounded(sinceServing / before))
        .put("appends_before", measured.before().getTotalCount())
        .put("appends_during", measured.during().getTotalCount())
        .put("fill_mb_per_second", rounded(gib * GIBIBYTE / MEGABYTE / fillSeconds))
        .put("acked", writers.acknowledged())
        .put("client_errors", writers.clientErrors())
        .put("lost", verdict.lost())
        .put("duplicates", verdict.duplicates())
        .put("nodes", nodes)
        .put("value_bytes", valueBytes)
        .put("writers", writerCount)
        .put("rate", rate);
  }

  private static double millis(Histogram micros, double percentile) {
    return rounded(micros.getValueAtPercentile(percentile) / 1e3);
  }

  private static double rounded(double value) {
    return Math.round(value * 100) / 100.0;
  }

  private void tell(String sentence) {
    context.err().println(sentence);
    context.err().flush();
  }

  private void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new ParameterException(commandSpec.commandLine(), otherwise);
    }
  }
}
