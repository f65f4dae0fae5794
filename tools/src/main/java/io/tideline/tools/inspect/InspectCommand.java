package io.tideline.tools.inspect;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tideline.lsm.inspect.EngineInspector;
import io.tideline.server.log.LogInspector;
import io.tideline.tools.cli.Column;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.Humans;
import io.tideline.tools.cli.Json;
import io.tideline.tools.cli.Output;
import io.tideline.tools.cli.OutputOptions;
import io.tideline.tools.cli.Progress;
import io.tideline.tools.cli.ToolContext;
import io.tideline.tools.cli.ToolException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tideline inspect}. */
@Command(
    name = "inspect",
    description =
        "Show the files of a stopped node: tables, manifests, log; verify every checksum.",
    footer = {
      "",
      "Changes nothing, and refuses while a node runs on the directory. With --verify every byte is read",
      "and each damage is reported with file, offset, what was expected and what was found; exit code 65",
      "if there is any.",
      "With --output json: one object per line, told apart by \"kind\": manifest, table, segment, record,",
      "problem, leftover, verification.",
      "",
      "Examples:",
      "  tideline inspect --data ./tideline-data",
      "  tideline inspect --data ./tideline-data --verify",
      "  tideline inspect --data ./tideline-data log --records --output json",
    })
public final class InspectCommand implements Callable<Integer> {

  /** What to show. */
  enum Part {
    TABLES,
    MANIFEST,
    LOG,
    ALL;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }

    boolean includes(Part other) {
      return this == ALL || this == other;
    }
  }

  private static final List<Column> MANIFEST_COLUMNS =
      List.of(
          Column.number("PARTITION", "partition"),
          Column.number("RUNS", "runs"),
          Column.number("TABLES", "tables"),
          Column.size("SIZE", "table_bytes"),
          Column.number("DURABLE INDEX", "durable_index"),
          Column.number("EDITS", "edits"),
          Column.size("MANIFEST", "manifest_bytes"),
          Column.text("TORN TAIL", "torn_tail"),
          Column.text("QUARANTINED", "quarantined"));

  private static final List<Column> TABLE_COLUMNS =
      List.of(
          Column.number("PARTITION", "partition"),
          Column.text("GENERATIONS", "generations"),
          Column.text("TABLE", "file"),
          Column.size("SIZE", "bytes"),
          Column.number("TIMELINES", "groups"),
          Column.number("ROWS", "rows"),
          Column.size("RAW", "raw_bytes"),
          Column.time("OLDEST", "min_time_ms"),
          Column.time("NEWEST", "max_time_ms"),
          Column.text("CRC32C", "crc32c"));

  private static final List<Column> SEGMENT_COLUMNS =
      List.of(
          Column.number("SEGMENT", "segment"),
          Column.text("FILE", "file"),
          Column.size("SIZE", "bytes"),
          Column.size("USED", "end_offset"),
          Column.number("RECORDS", "records"));

  private static final List<Column> RECORD_COLUMNS =
      List.of(
          Column.text("FILE", "file"),
          Column.number("OFFSET", "offset"),
          Column.text("TYPE", "type"),
          Column.number("GROUP", "group"),
          Column.number("INDEX", "index"),
          Column.number("TERM", "term"),
          Column.number("PAYLOAD", "payload_bytes"));

  private final ToolContext context;
  @Mixin private OutputOptions outputOptions;

  @Parameters(
      arity = "0..1",
      defaultValue = "all",
      paramLabel = "tables|manifest|log|all",
      description = "What to show: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  private Part part;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      defaultValue = "tideline-data",
      description = "Data directory of the node (default: ${DEFAULT-VALUE}).")
  private Path data;

  @Option(
      names = "--verify",
      description = "Read every byte, verify every checksum and the structure of tables.")
  private boolean verify;

  @Option(names = "--records", description = "List each record of the log as well.")
  private boolean records;

  public InspectCommand(ToolContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException {
    Output output = outputOptions.output(context);
    if (!NodeFiles.isDataDirectory(data)) {
      throw new ToolException(
          ExitCode.NO_INPUT,
          data + " is not the data directory of a node",
          "Name it with --data; it has a file IDENTITY and directories partitions and log.");
    }
    try (NodeFiles files = lock()) {
      boolean damaged = show(files, output);
      if (verify) {
        damaged |= verify(files, output);
      }
      return damaged ? ExitCode.DATA : ExitCode.OK;
    }
  }

  private NodeFiles lock() {
    try {
      return NodeFiles.lock(data);
    } catch (IOException locked) {
      throw new ToolException(
          ExitCode.FAILED,
          String.valueOf(locked.getMessage()),
          "Stop the node first: its files change while it runs.",
          locked);
    }
  }

  /** Shows what was asked for; true if something could not be read because it is damaged. */
  private boolean show(NodeFiles files, Output output) throws IOException {
    List<NodeFiles.Problem> problems = new ArrayList<>();
    if (part.includes(Part.MANIFEST) || part.includes(Part.TABLES)) {
      showEngines(files, output, problems);
    }
    if (part.includes(Part.LOG)) {
      showLog(files, output, problems);
    }
    if (!verify) {
      problems.forEach(problem -> tell(problem, output));
    }
    return !problems.isEmpty();
  }

  private void showEngines(NodeFiles files, Output output, List<NodeFiles.Problem> problems)
      throws IOException {
    List<ObjectNode> manifests = new ArrayList<>();
    List<ObjectNode> tables = new ArrayList<>();
    for (Path engine : files.engines()) {
      long partition = Long.parseLong(engine.getFileName().toString());
      try {
        EngineInspector.ManifestInfo manifest = files.manifest(engine);
        manifests.add(manifestJson(partition, manifest, files.quarantined(engine)));
        for (EngineInspector.RunInfo run : manifest.runs()) {
          run.tables().forEach(table -> tables.add(tableJson(partition, run, table)));
        }
      } catch (io.tideline.lsm.CorruptionException damage) {
        problems.add(
            new NodeFiles.Problem(
                damage.file(), damage.offset(), damage.expected(), damage.found()));
      }
    }
    if (part.includes(Part.MANIFEST)) {
      output.list(MANIFEST_COLUMNS, manifests.stream(), "There is no partition.");
      output.gap();
    }
    if (part.includes(Part.TABLES)) {
      output.list(
          TABLE_COLUMNS, tables.stream(), "There is no table yet: everything is in the log.");
      output.gap();
    }
  }

  private static ObjectNode manifestJson(
      long partition, EngineInspector.ManifestInfo manifest, List<String> quarantined) {
    long tables = 0;
    long bytes = 0;
    for (EngineInspector.RunInfo run : manifest.runs()) {
      tables += run.tables().size();
      bytes += run.tables().stream().mapToLong(EngineInspector.TableInfo::size).sum();
    }
    return Json.object()
        .put("kind", "manifest")
        .put("partition", partition)
        .put("engine_id", manifest.engineId().toString())
        .put("runs", manifest.runs().size())
        .put("tables", tables)
        .put("table_bytes", bytes)
        .put("durable_index", manifest.state().position().index())
        .put("durable_term", manifest.state().position().term())
        .put("edits", manifest.edits())
        .put("manifest_bytes", manifest.validBytes())
        .put("torn_tail", manifest.tornTail())
        .put("quarantined", String.join(" ", quarantined));
  }

  private static ObjectNode tableJson(
      long partition, EngineInspector.RunInfo run, EngineInspector.TableInfo table) {
    return Json.object()
        .put("kind", "table")
        .put("partition", partition)
        .put("generations", run.minGeneration() + "-" + run.maxGeneration())
        .put("file", table.name())
        .put("bytes", table.size())
        .put("live_bytes", table.liveBytes())
        .put("bounds", String.join(" ", table.bounds()))
        .put("origin", table.origin())
        .put("groups", table.groups())
        .put("rows", table.rows())
        .put("raw_bytes", table.rawBytes())
        .put("min_time_ms", table.minMillis())
        .put("max_time_ms", table.maxMillis())
        .put("min_log_index", table.minLogIndex())
        .put("max_log_index", table.maxLogIndex())
        .put("first_key", table.firstKey())
        .put("last_key", table.lastKey())
        .put("crc32c", HexFormat.of().toHexDigits(table.crc32c()));
  }

  private void showLog(NodeFiles files, Output output, List<NodeFiles.Problem> problems)
      throws IOException {
    List<ObjectNode> listed = new ArrayList<>();
    LogInspector.Report log =
        files.log(
            record -> {
              if (records) {
                listed.add(recordJson(record));
              }
            });
    output.list(
        SEGMENT_COLUMNS,
        log.segments().stream().map(InspectCommand::segmentJson),
        "There is no log segment.");
    output.gap();
    if (records) {
      output.list(RECORD_COLUMNS, listed.stream(), "The log has no record.");
      output.gap();
    }
    if (log.tornTail()) {
      output.note(
          "The log ends with the rest of an interrupted write; harmless: never acknowledged.");
    }
    log.problems()
        .forEach(
            p ->
                problems.add(new NodeFiles.Problem(p.file(), p.offset(), p.expected(), p.found())));
  }

  private static ObjectNode segmentJson(LogInspector.SegmentInfo segment) {
    return Json.object()
        .put("kind", "segment")
        .put("segment", segment.number())
        .put("file", segment.file().getFileName().toString())
        .put("bytes", segment.fileBytes())
        .put("end_offset", segment.endOffset())
        .put("records", segment.records());
  }

  private static ObjectNode recordJson(LogInspector.RecordInfo record) {
    return Json.object()
        .put("kind", "record")
        .put("file", record.file().getFileName().toString())
        .put("offset", record.offset())
        .put("bytes", record.bytes())
        .put("type", record.type())
        .put("group", record.group())
        .put("index", record.index())
        .put("term", record.term())
        .put("payload_bytes", record.payloadBytes());
  }

  /** Verifies everything; true if there is damage. */
  private boolean verify(NodeFiles files, Output output) throws IOException {
    NodeFiles.Verification found;
    try (Progress progress = new Progress(context, "verify", "MiB")) {
      double all = Math.max(1, files.totalBytes());
      found = files.verify(bytes -> progress.update(bytes >> 20, bytes / all));
    }
    found.problems().forEach(problem -> tell(problem, output));
    found
        .leftovers()
        .forEach(
            file ->
                output.done(
                    "leftover " + file + ": harmless, removed at the next start",
                    Json.object().put("kind", "leftover").put("file", file.toString())));
    output.done(
        "Verified "
            + Humans.count(found.files())
            + " files, "
            + Humans.size(found.bytes())
            + ": "
            + (found.problems().isEmpty()
                ? "every checksum is right."
                : found.problems().size() + " damaged places."),
        Json.object()
            .put("kind", "verification")
            .put("files", found.files())
            .put("bytes", found.bytes())
            .put("problems", found.problems().size())
            .put("torn_tail", found.tornTail()));
    return !found.problems().isEmpty();
  }

  private static void tell(NodeFiles.Problem problem, Output output) {
    output.done(
        "DAMAGED "
            + problem.file()
            + (problem.offset() < 0 ? "" : " at offset " + problem.offset())
            + ": expected "
            + problem.expected()
            + ", found "
            + problem.found(),
        Json.object()
            .put("kind", "problem")
            .put("file", problem.file().toString())
            .put("offset", problem.offset())
            .put("expected", problem.expected())
            .put("found", problem.found()));
  }
}
