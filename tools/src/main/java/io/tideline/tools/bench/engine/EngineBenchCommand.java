package io.tideline.tools.bench.engine;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.FileTrees;
import io.tideline.tools.cli.Humans;
import io.tideline.tools.cli.Json;
import io.tideline.tools.cli.OutputOptions;
import io.tideline.tools.cli.ToolContext;
import io.tideline.tools.cli.ToolException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tideline bench engine}. */
@Command(
    name = "engine",
    description = "Measure the storage engine, and RocksDB beside it, on the same rows.",
    footer = {
      "",
      "Every system has a JVM of its own; they take turns, each in a fresh directory, after rounds to",
      "warm up that are thrown away. Figures are medians with their range; a ratio is RocksDB's best divided by",
      "ours, so more is better for us. docs/benchmarks.md defines every figure.",
      "With --output json the last line is one object: append_cpu_ratio, scan_cpu_ratio,",
      "empty_poll_per_second, disk_ratio, write_amplification, and under \"cells\" everything else.",
      "",
      "Examples:",
      "  tideline bench engine --peer rocksdb --scale smoke",
      "  tideline bench engine --peer rocksdb --scale full --workload all --value 100,200,1024,4096",
      "  tideline bench engine --scale full --workload log --data chat.jsonl.gz --compression zstd",
      "  tideline bench engine --peer rocksdb --scale full --workload cold --rate 100000",
      "  tideline bench engine --workload cold --timelines 10000000 --rows 20000000 --rounds 1",
    })
public final class EngineBenchCommand implements Callable<Integer> {

  /** Workloads by name, and all of them that need no data. */
  enum WorkloadChoice {
    COLD,
    WARM,
    ZIPF,
    GIANT,
    LOG,
    ALL;

    List<Workload> workloads() {
      return this == ALL
          ? List.of(Workload.COLD, Workload.WARM, Workload.ZIPF, Workload.GIANT)
          : List.of(Workload.valueOf(name()));
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Systems to compare with. */
  enum Peer {
    ROCKSDB;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Codecs of blocks. */
  enum Codec {
    LZ4,
    ZSTD;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Values as large as the engine's documentation promises to be fast with. */
  private static final int VALUE_BYTES_MAX = 1 << 20;

  /**
   * Room a round may need for each raw byte: the data, a compaction's input beside its output, and
   * what waits to be deleted.
   */
  private static final int DISK_PER_RAW = 3;

  private final ToolContext context;
  @Mixin private OutputOptions outputOptions;
  @Spec private CommandSpec commandSpec;

  @Option(
      names = "--peer",
      paramLabel = "SYSTEM",
      description = "Compare with: ${COMPLETION-CANDIDATES}.")
  private @Nullable Peer peer;

  @Option(
      names = "--peer-config",
      split = ",",
      paramLabel = "NAME",
      description =
          "Configurations of RocksDB to run, of: skiplist+universal, skiplist+leveled,"
              + " skiplist+tiered, hashskiplist+universal, hashskiplist+tiered (default: all; with"
              + " --scale smoke the third and fourth).")
  private List<String> peerConfigs = List.of();

  @Option(
      names = "--scale",
      paramLabel = "SCALE",
      defaultValue = "smoke",
      description =
          "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}). smoke takes half a minute and shows"
              + " that it works; full is the honest one.")
  private Scale scale;

  @Option(
      names = "--workload",
      paramLabel = "NAME",
      split = ",",
      defaultValue = "cold,warm",
      description =
          "${COMPLETION-CANDIDATES}; several with commas (default: ${DEFAULT-VALUE}). log needs --data.")
  private List<WorkloadChoice> workloads;

  @Option(
      names = "--value",
      split = ",",
      paramLabel = "BYTES",
      defaultValue = "200",
      description = "Size of values; several with commas (default: ${DEFAULT-VALUE}).")
  private List<Integer> valueBytes;

  @Option(
      names = "--data",
      paramLabel = "FILE",
      description = "Chat log (JSON Lines, also gzip) to take values from instead of --value.")
  private @Nullable Path data;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      description = "Measured rounds of every system (default: 2 for smoke, 5 for full).")
  private @Nullable Integer roundsWanted;

  @Option(
      names = "--warm-up",
      paramLabel = "SECONDS",
      description = "How long systems warm up at most (default: smoke 12, else 30).")
  private @Nullable Integer warmUpSeconds;

  @Option(
      names = "--rate",
      paramLabel = "ROWS_PER_S",
      description =
          "Then also apply batches when they are due at this rate, for their latency while flushes"
              + " and compactions go on: rows a second, auto for half of what the slowest system"
              + " sustained, or none (default: auto for full, else none).")
  private @Nullable String rate;

  @Option(names = "--rows", paramLabel = "N", description = "Rows a round (default: the scale's).")
  private @Nullable Integer rows;

  @Option(
      names = "--timelines",
      paramLabel = "N",
      description = "Timelines (default: the scale's).")
  private @Nullable Integer timelines;

  @Option(
      names = "--reads",
      paramLabel = "N",
      description = "Scans of each kind a round (default: the scale's).")
  private @Nullable Integer reads;

  @Option(
      names = "--store-shape",
      paramLabel = "SHAPE",
      defaultValue = "long-lived",
      description =
          "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}). With short-ttl rows expire after a"
              + " third of a round; RocksDB has nothing like a replicated expiry and keeps them.")
  private StoreShape shape;

  @Option(
      names = "--compression",
      paramLabel = "CODEC",
      defaultValue = "lz4",
      description = "${COMPLETION-CANDIDATES}, for all systems (default: ${DEFAULT-VALUE}).")
  private Codec codec;

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description =
          "Where to work; emptied afterwards (default: the directory for temporary files).")
  private @Nullable Path dir;

  @Option(names = "--keep", description = "Leave the last round's files and the logs there.")
  private boolean keep;

  @Option(
      names = "--jvm-option",
      paramLabel = "OPTION",
      description = "Further option for the JVMs of the systems, for example of a profiler.")
  private List<String> jvmOptions = List.of();

  public EngineBenchCommand(ToolContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException {
    List<RoundSpec> specs = specs();
    List<String> systems = systems();
    Pace pace = pace();
    Path directory = workDirectory();
    Thread interrupted = new Thread(() -> deleteAtLast(directory), "tideline-bench-clean-up");
    Runtime.getRuntime().addShutdownHook(interrupted);
    try {
      for (RoundSpec spec : specs) {
        checkRoom(directory, spec);
      }
      ObjectNode surroundings = surroundings();
      List<Cell> cells = runAll(specs, systems, pace, directory);
      surroundings.put("load_average_after", load());
      new Report(cells, surroundings).print(outputOptions.output(context));
    } finally {
      if (forget(interrupted) && !keep) {
        FileTrees.deleteTree(directory);
      }
    }
    return ExitCode.OK;
  }

  /** Takes a shutdown hook back; false if it is running already. */
  private static boolean forget(Thread hook) {
    try {
      return Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException shuttingDown) {
      return false;
    }
  }

  /** After Ctrl-C, which ends the systems' processes too. */
  private void deleteAtLast(Path directory) {
    try {
      FileTrees.deleteTree(directory);
    } catch (IOException failure) {
      context.err().println("left behind: " + directory + " (" + failure + ")");
      context.err().flush();
    }
  }

  private List<Cell> runAll(List<RoundSpec> specs, List<String> systems, Pace pace, Path directory)
      throws IOException {
    long deadline = scale.deadlineNanos(context.nanoClock().getAsLong());
    long warmUp =
        warmUpSeconds == null ? scale.warmUpNanos() : TimeUnit.SECONDS.toNanos(warmUpSeconds);
    int rounds = roundsWanted == null ? scale.rounds() : roundsWanted;
    int rowsMax = specs.stream().mapToInt(RoundSpec::rows).max().orElseThrow();
    List<Cell> cells = new ArrayList<>();
    for (List<RoundSpec> together : scale.sharesProcesses() ? List.of(specs) : each(specs)) {
      try (Tournament tournament =
          Tournament.start(context, directory, systems, rowsMax, jvmOptions, keep)) {
        tournament.warmUp(together, warmUp);
        for (RoundSpec spec : together) {
          cells.add(tournament.run(spec, rounds, pace, deadline));
        }
      }
    }
    return cells;
  }

  private static List<List<RoundSpec>> each(List<RoundSpec> specs) {
    return specs.stream().map(List::of).toList();
  }

  private List<RoundSpec> specs() {
    List<RoundSpec> specs = new ArrayList<>();
    List<Integer> sizes = data == null ? valueBytes : List.of(0);
    for (WorkloadChoice choice : workloads) {
      for (Workload workload : choice.workloads()) {
        for (int bytes : sizes) {
          specs.add(spec(workload, bytes));
        }
      }
    }
    return specs;
  }

  private RoundSpec spec(Workload workload, int bytes) {
    require(workload != Workload.LOG || data != null, "--workload log needs --data");
    if (data != null && !Files.isReadable(data)) {
      throw new ToolException(
          ExitCode.NO_INPUT, "there is no " + data, "Name a chat log with --data.");
    }
    require(
        data != null || (bytes >= TextValues.BYTES_MIN && bytes <= VALUE_BYTES_MAX),
        "--value " + bytes + " is outside " + TextValues.BYTES_MIN + ".." + VALUE_BYTES_MAX);
    int rowCount = rows == null ? workload.rows(scale) : rows;
    int timelineCount = timelines == null ? workload.timelines(scale) : timelines;
    int readCount = reads == null ? scale.reads() : reads;
    require(rowCount >= RowBatch.ROWS, "--rows " + rowCount + " is below " + RowBatch.ROWS);
    require(readCount >= 1, "--reads " + readCount + " is below 1");
    require(timelineCount >= (workload == Workload.LOG ? 0 : 1), "--timelines is below 1");
    require(roundsWanted == null || roundsWanted >= 1, "--rounds " + roundsWanted + " is below 1");
    return new RoundSpec(
        RoundSpec.TIDELINE,
        workload,
        rowCount,
        timelineCount,
        bytes,
        data == null ? null : data.toAbsolutePath().toString(),
        readCount,
        seed,
        shape,
        codec == Codec.ZSTD,
        scale.memtableBytes(),
        scale.blockCacheBytes());
  }

  private Pace pace() {
    if (rate == null) {
      return scale == Scale.FULL ? Pace.CALIBRATED : Pace.NONE;
    }
    try {
      return Pace.parse(rate);
    } catch (IllegalArgumentException malformed) {
      throw new ParameterException(
          commandSpec.commandLine(), String.valueOf(malformed.getMessage()), malformed);
    }
  }

  private void require(boolean condition, String otherwise) {
    if (!condition) {
      throw new ParameterException(commandSpec.commandLine(), otherwise);
    }
  }

  private List<String> systems() {
    List<String> systems = new ArrayList<>();
    systems.add(RoundSpec.TIDELINE);
    if (peer == null) {
      require(peerConfigs.isEmpty(), "--peer-config needs --peer rocksdb");
      return systems;
    }
    if (peerConfigs.isEmpty()) {
      List<RocksConfig> configs =
          scale == Scale.SMOKE
              ? List.of(RocksConfig.SKIPLIST_TIERED, RocksConfig.HASHSKIPLIST_UNIVERSAL)
              : List.of(RocksConfig.values());
      configs.forEach(config -> systems.add(config.systemName()));
      return systems;
    }
    for (String name : peerConfigs) {
      String system = "rocksdb/" + name;
      require(
          RocksConfig.ofSystem(system).isPresent(),
          "no --peer-config " + name + "; there are: " + RocksConfig.systemNames());
      systems.add(system);
    }
    return systems;
  }

  private Path workDirectory() {
    try {
      if (dir == null) {
        return Files.createTempDirectory("tideline-bench-");
      }
      Files.createDirectories(dir);
      return Files.createTempDirectory(dir.toAbsolutePath(), "tideline-bench-");
    } catch (IOException failure) {
      throw new ToolException(
          ExitCode.CANNOT_CREATE,
          "cannot make a directory to work in: " + failure,
          "Name another with --dir.",
          failure);
    }
  }

  private static void checkRoom(Path directory, RoundSpec spec) throws IOException {
    long valueSize = spec.valueBytes() == 0 ? LOG_VALUE_BYTES : spec.valueBytes();
    long needed = spec.rows() * (TimelineKeys.ROW_KEY_BYTES + valueSize) * DISK_PER_RAW;
    long usable = Files.getFileStore(directory).getUsableSpace();
    if (usable < needed) {
      throw new ToolException(
          ExitCode.CANNOT_CREATE,
          "a round may need "
              + Humans.size(needed)
              + " in "
              + directory
              + ", which has "
              + Humans.size(usable)
              + " left",
          "Make room, use fewer --rows, or name another disk with --dir.");
    }
  }

  /** Assumed for real text when looking for room: several times the mean of chat. */
  private static final long LOG_VALUE_BYTES = 400;

  private static double load() {
    return ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
  }

  private ObjectNode surroundings() {
    return Json.object()
        .put("scale", scale.toString())
        .put("seed", seed)
        .put("processors", Runtime.getRuntime().availableProcessors())
        .put("java", Runtime.version().toString())
        .put("load_average_before", load());
  }
}
