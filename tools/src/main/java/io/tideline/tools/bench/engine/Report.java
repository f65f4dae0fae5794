package io.tideline.tools.bench.engine;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tideline.tools.cli.Column;
import io.tideline.tools.cli.Json;
import io.tideline.tools.cli.Output;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** What is printed at the end: a table for each cell, or one JSON object for all. */
final class Report {
  /** A figure of the table, by the name it has in JSON. */
  private record Line(String figure, String title) {}

  private static final List<Line> LINES =
      List.of(
          new Line("append.cpu_us", "append, CPU µs"),
          new Line("append.apply_cpu_us", "  of it apply thread"),
          new Line("append.flush_cpu_us", "  of it flushes"),
          new Line("append.compaction_cpu_us", "  of it compactions"),
          new Line("append.wall_us", "append, wall µs"),
          new Line("append.batch_p50_us", "apply batch p50 µs"),
          new Line("append.batch_p99_us", "apply batch p99 µs"),
          new Line("append.batch_p999_us", "apply batch p99.9 µs"),
          new Line("append.batch_max_us", "apply batch max µs"),
          new Line("paced.rows_per_second", "paced, rows a second"),
          new Line("paced.batch_p50_us", "paced batch p50 µs"),
          new Line("paced.batch_p99_us", "paced batch p99 µs"),
          new Line("paced.batch_p999_us", "paced batch p99.9 µs"),
          new Line("paced.batch_max_us", "paced batch max µs"),
          new Line("paced.service_p999_us", "paced, in apply p99.9 µs"),
          new Line("paced.service_max_us", "paced, in apply max µs"),
          new Line("paced.stalls", "paced, applies over 20 ms"),
          new Line("paced.write_amplification", "paced, write amplification"),
          new Line("append.garbage_bytes", "append, garbage bytes"),
          new Line("append.written_per_raw", "bytes written per raw byte"),
          new Line("append.write_amplification", "write amplification"),
          new Line("append.disk_per_raw", "bytes on disk per raw byte"),
          new Line("tail_scan.cpu_us", "scan 20, CPU µs"),
          new Line("tail_scan.p50_us", "scan 20, p50 µs"),
          new Line("tail_scan.p99_us", "scan 20, p99 µs"),
          new Line("tail_scan.p999_us", "scan 20, p99.9 µs"),
          new Line("tail_scan.garbage_bytes", "scan 20, garbage bytes"),
          new Line("deep_scan.cpu_us", "scan 100 backward, CPU µs"),
          new Line("get.cpu_us", "get, CPU µs"),
          new Line("poll.cpu_us", "empty poll, CPU µs"),
          new Line("open.cpu_ms", "open, CPU ms"),
          new Line("open.wall_ms", "open, wall ms"),
          new Line("reads.rss_bytes", "resident bytes"));

  private final List<Cell> cells;
  private final ObjectNode surroundings;

  /**
   * @param surroundings what else belongs to a result: the machine, its load, the versions
   */
  Report(List<Cell> cells, ObjectNode surroundings) {
    this.cells = cells;
    this.surroundings = surroundings;
  }

  void print(Output output) {
    if (output.isJson()) {
      output.done("", toJson());
      return;
    }
    for (Cell cell : cells) {
      printTable(cell, output);
      output.gap();
    }
  }

  private static void printTable(Cell cell, Output output) {
    List<Column> columns = new ArrayList<>();
    columns.add(Column.text(cell.title().toUpperCase(Locale.ROOT), "title"));
    for (String system : cell.samples().keySet()) {
      columns.add(new Column(system, true, row -> row.path(system).asText()));
    }
    columns.add(new Column("BEST/OURS", true, row -> row.path("ratio").asText()));
    Stream<Line> lines = Stream.concat(LINES.stream(), millions(cell));
    output.list(columns, lines.map(line -> row(cell, line)), "");
  }

  /** How the cost of an append goes on as the store grows. */
  private static Stream<Line> millions(Cell cell) {
    return cell.samples().values().stream()
        .flatMap(samples -> samples.names().stream())
        .filter(name -> name.startsWith(MillionMeter.PREFIX))
        .distinct()
        .map(name -> new Line(name, "append " + MillionMeter.title(name) + ", CPU µs"));
  }

  private static ObjectNode row(Cell cell, Line line) {
    ObjectNode row = Json.object().put("title", line.title());
    cell.samples()
        .forEach(
            (system, samples) ->
                samples
                    .median(line.figure())
                    .ifPresent(median -> row.put(system, cellText(samples, line, median))));
    cell.ratio(line.figure())
        .ifPresent(ratio -> row.put("ratio", String.format(Locale.ROOT, "%.2f", ratio)));
    return row;
  }

  private static String cellText(Samples samples, Line line, double median) {
    double min = samples.min(line.figure()).orElse(median);
    double max = samples.max(line.figure()).orElse(median);
    return min == max
        ? number(median)
        : number(median) + " (" + number(min) + "–" + number(max) + ")";
  }

  private static String number(double value) {
    double size = Math.abs(value);
    String format = size >= 100 ? "%,.0f" : size >= 10 ? "%.1f" : "%.2f";
    return String.format(Locale.ROOT, format, value);
  }

  /** The whole result. The five headline figures come first; then every cell. */
  ObjectNode toJson() {
    ObjectNode json = Json.object();
    Cell appends = first(cell -> cell.spec().workload() == Workload.COLD);
    Cell scans = first(cell -> cell.spec().workload() == Workload.WARM);
    put(json, "append_cpu_ratio", appends.ratio("append.cpu_us"));
    put(json, "scan_cpu_ratio", scans.ratio("tail_scan.cpu_us"));
    put(json, "empty_poll_per_second", scans.ours("poll.per_cpu_second"));
    put(json, "disk_ratio", appends.ratio("append.disk_per_raw"));
    put(json, "write_amplification", appends.ours("append.write_amplification"));
    put(json, "disk_per_raw", appends.ours("append.disk_per_raw"));
    json.put("append_cell", appends.title());
    json.put("scan_cell", scans.title());
    json.setAll(surroundings);
    cells.forEach(cell -> json.withArray("cells").add(cellJson(cell)));
    return json;
  }

  /** The first cell of the kind asked for, or the first at all. */
  private Cell first(Predicate<Cell> kind) {
    return cells.stream().filter(kind).findFirst().orElse(cells.getFirst());
  }

  private static ObjectNode cellJson(Cell cell) {
    ObjectNode json = Json.object().put("title", cell.title());
    json.set("spec", cell.spec().toJson().without("system"));
    ObjectNode systems = json.putObject("systems");
    cell.samples().forEach((system, samples) -> systems.set(system, samplesJson(samples)));
    ObjectNode ratios = json.putObject("ratios");
    ObjectNode best = json.putObject("best_peers");
    for (Line line : LINES) {
      put(ratios, line.figure(), cell.ratio(line.figure()));
      cell.bestPeer(line.figure()).ifPresent(peer -> best.put(line.figure(), peer));
    }
    return json;
  }

  private static ObjectNode samplesJson(Samples samples) {
    ObjectNode json = Json.object();
    for (String name : samples.names()) {
      ObjectNode figure = json.putObject(name);
      put(figure, "median", samples.median(name));
      put(figure, "min", samples.min(name));
      put(figure, "max", samples.max(name));
    }
    return json;
  }

  private static void put(ObjectNode json, String name, OptionalDouble value) {
    if (value.isPresent()) {
      json.put(name, rounded(value.getAsDouble()));
    } else {
      json.putNull(name);
    }
  }

  /** Four significant digits: more would claim what was not measured. */
  static double rounded(double value) {
    if (value == 0 || !Double.isFinite(value)) {
      return 0;
    }
    return new java.math.BigDecimal(value).round(new java.math.MathContext(4)).doubleValue();
  }
}
