package io.tideline.tools.bench.replication;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tideline.client.Message;
import io.tideline.client.NodeStatus;
import io.tideline.client.PartitionStatus;
import io.tideline.client.TidelineClient;
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
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tideline bench restart}. */
@Command(
    name = "restart",
    description = "Measure how long a killed node takes to serve again with much log to apply.",
    footer = {
      "",
      "Starts one node on this machine with memtables so large that nothing is flushed, appends until",
      "its log has that many MiB, kills it (kill -9) and starts it again: it has to apply all of it.",
      "Ready is when it acknowledges an append. The log is in the page cache then.",
      "",
      "Examples:",
      "  tideline bench restart --log-mib 64",
      "  tideline bench restart --log-mib 512 --partitions 30 --output json",
    })
public final class RestartBenchCommand implements Callable<Integer> {

  private static final String HEAP = "1g";

  /** As many as one call asks the heads of. */
  private static final int TIMELINES = 1_000;

  /** A memtable may be a gibibyte and holds values, keys and its index. */
  private static final int LOG_MIB_MAX = 768;

  private static final long MEBIBYTE = 1 << 20;

  /** Small, so that little of the log on disk is unused. */
  private static final long SEGMENT_MIB = 16;

  /** The segment in use and one made ahead. */
  private static final long UNUSED_SEGMENTS = 2;

  /** After each of so many parts it is looked how large the log has become. */
  private static final int FILL_STEPS = 16;

  /** The log, segments reserved ahead, and a flush after the restart. */
  private static final long DISK_PER_LOG_BYTE = 4;

  /** A partition is flushed when it holds back an eighth of the backlog. */
  private static final long BACKLOG_PER_LOG_BYTE = 32;

  private static final Duration FIRST_APPEND = Duration.ofMinutes(5);

  private static final List<Column> COLUMNS =
      List.of(
          Column.text("Log, MiB", "log_mib"),
          Column.number("Appends", "appends"),
          Column.number("Log entries applied again", "replayed_entries"),
          Column.number("Log entries flushed before", "flushed_entries"),
          Column.text("Ready after, s", "seconds"),
          Column.text("Of it until it answered, s", "serving_seconds"),
          Column.text("CPU time of the process by then, s", "cpu_seconds"),
          Column.number("Lost", "lost"));

  private final ToolContext context;
  private final String mainClass;
  @Mixin private OutputOptions outputOptions;
  @Spec private CommandSpec commandSpec;

  @Option(
      names = "--log-mib",
      paramLabel = "N",
      defaultValue = "512",
      description = "MiB of log, at least (default: ${DEFAULT-VALUE}).")
  private int logMib;

  @Option(
      names = "--partitions",
      paramLabel = "P",
      defaultValue = "1",
      description = "Partitions they are spread over (default: ${DEFAULT-VALUE}).")
  private int partitions;

  @Option(
      names = "--value",
      paramLabel = "BYTES",
      defaultValue = "200",
      description = "Bytes of a value (default: ${DEFAULT-VALUE}).")
  private int valueBytes;

  @Option(
      names = "--directory",
      paramLabel = "DIR",
      description = "Where the node keeps its data and log (default: a temporary one, removed).")
  private @Nullable Path directory;

  /**
   * @param mainClass of this program, for the processes it starts
   */
  public RestartBenchCommand(ToolContext context, String mainClass) {
    this.context = context;
    this.mainClass = mainClass;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    inRange("--log-mib", logMib, LOG_MIB_MAX);
    inRange("--partitions", partitions, TIMELINES);
    inRange("--value", valueBytes, 1 << 19);
    ObjectNode report;
    try (WorkDirectory where = new WorkDirectory(context, directory);
        LocalCluster node =
            new LocalCluster(
                JavaLaunch.likeThisProcess(mainClass, HEAP),
                where.path(),
                LocalCluster.Hosts.loopback(1),
                NodePorts.free(1),
                settings(),
                context.nanoClock())) {
      where.requireRoom(DISK_PER_LOG_BYTE * logMib * MEBIBYTE);
      report = measure(node);
    }
    outputOptions.output(context).record(COLUMNS, report);
    return ExitCode.okIf(report.path("lost").asLong() == 0);
  }

  /** So that nothing is flushed before the kill: memtables as large as there are, room for two. */
  private List<String> settings() {
    return List.of(
        "engine.memtable_bytes=1GiB",
        "memory.memtable_pool_bytes=2GiB",
        "memory.off_heap_bytes=4GiB",
        "log.segment_bytes=" + SEGMENT_MIB + "MiB",
        "log.backlog_bytes_max=" + BACKLOG_PER_LOG_BYTE * logMib * MEBIBYTE);
  }

  private ObjectNode measure(LocalCluster node) throws IOException, InterruptedException {
    tell("starting a node");
    node.startAll();
    var unusedPartitions = BenchStore.create(node.endpoints(), 1, partitions, TIMELINES);
    tell("filling its log");
    long appended = fill(node);
    long flushed = flushedEntries(node);
    long logBytes = logBytes(node);
    tell("killing it and starting it again");
    node.kill(0);
    long started = context.nanoClock().getAsLong();
    node.start(0);
    Duration serving = node.awaitServing(0);
    try (TidelineClient client =
        TidelineClient.builder().addresses(node.endpoint(0)).deadline(FIRST_APPEND).build()) {
      var unusedFirst =
          client.append(BenchStore.timeline(0), Message.builder().put("v", "first").build());
      double cpuSeconds =
          ProcessHandle.of(node.pid(0))
              .flatMap(process -> process.info().totalCpuDuration())
              .map(cpu -> cpu.toMillis() / 1e3)
              .orElse(0.0);
      double seconds = (context.nanoClock().getAsLong() - started) / 1e9;
      NodeStatus status = client.admin().nodeStatus();
      long there =
          client
              .heads(
                  BenchStore.NAME,
                  IntStream.range(0, TIMELINES)
                      .mapToObj(i -> BenchStore.timeline(i).identifier())
                      .toList())
              .stream()
              .mapToLong(head -> head.orThrow().lastSequenceId())
              .sum();
      return Json.object()
          .put("log_mib", rounded((double) logBytes / MEBIBYTE))
          .put("appends", appended)
          .put("replayed_entries", status.replayedEntries())
          .put("flushed_entries", flushed)
          .put("seconds", rounded(seconds))
          .put("serving_seconds", rounded(serving.toMillis() / 1e3))
          .put("cpu_seconds", rounded(cpuSeconds))
          .put("lost", appended + 1 - there)
          .put("partitions", partitions)
          .put("value_bytes", valueBytes);
    }
  }

  /** Appends until the log is as large as asked for; tells how many. */
  private long fill(LocalCluster node) throws InterruptedException {
    Filler filler = new Filler(context, node.endpoints(), TIMELINES, valueBytes);
    long appended = 0;
    long logBytes = 0;
    while (logBytes < logMib * MEBIBYTE) {
      appended += filler.fill(Math.max(1, logMib / FILL_STEPS) * MEBIBYTE);
      logBytes = logBytes(node);
    }
    return appended;
  }

  /** Bytes of the log that are surely in use: the size on disk contains what is reserved ahead. */
  private static long logBytes(LocalCluster node) {
    try (TidelineClient client = TidelineClient.builder().addresses(node.endpoint(0)).build()) {
      return client.admin().nodeStatus().logBytes() - UNUSED_SEGMENTS * SEGMENT_MIB * MEBIBYTE;
    }
  }

  /** Log entries that are in tables and need not be applied again; none is what is wanted. */
  private static long flushedEntries(LocalCluster node) {
    try (TidelineClient client = TidelineClient.builder().addresses(node.endpoint(0)).build()) {
      return client.admin().partitions(BenchStore.NAME).stream()
          .mapToLong(PartitionStatus::flushedIndex)
          .sum();
    }
  }

  private static double rounded(double value) {
    return Math.round(value * 100) / 100.0;
  }

  private void tell(String sentence) {
    context.err().println(sentence);
    context.err().flush();
  }

  private void inRange(String option, int value, int max) {
    if (value < 1 || value > max) {
      throw new ParameterException(
          commandSpec.commandLine(), option + " " + value + " is outside 1.." + max);
    }
  }
}
