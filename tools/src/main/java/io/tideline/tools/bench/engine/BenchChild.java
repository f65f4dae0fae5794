package io.tideline.tools.bench.engine;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tideline.tools.cli.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The JVM that one system under test has to itself. Each line on standard input, {@code
 * {"spec","rows","directory"}}, asks for a round, with {@code "rows_per_second"} for a paced one;
 * it answers with lines of JSON: {@code {"phase","done"}} meanwhile, then {@code {"figures"}} or
 * {@code {"failure"}}. Ends with its input, so never outlives its parent by more than a round.
 */
public final class BenchChild {
  static final String SPEC = "spec";
  static final String ROWS = "rows";
  static final String ROWS_PER_SECOND = "rows_per_second";
  static final String DIRECTORY = "directory";
  static final String PHASE = "phase";
  static final String DONE = "done";
  static final String FIGURES = "figures";
  static final String FAILURE = "failure";

  private final PrintStream answers;
  private @Nullable Generated latest;

  /** What a specification's rounds have in common; costs seconds to make. */
  private record Generated(RoundSpec spec, RowPlan plan, Values values) {
    static Generated of(RoundSpec spec) throws IOException {
      String file = spec.dataFile();
      if (file == null) {
        return new Generated(
            spec,
            RowPlan.draw(spec.workload(), spec.rows(), spec.timelines(), spec.seed()),
            new TextValues(spec.valueBytes(), spec.seed()));
      }
      LogValues log = LogValues.read(Path.of(file), Math.min(spec.rows(), LogValues.LINES_MAX));
      return new Generated(
          spec,
          spec.workload() == Workload.LOG
              ? RowPlan.of(log.timelines(spec.rows()))
              : RowPlan.draw(spec.workload(), spec.rows(), spec.timelines(), spec.seed()),
          log);
    }
  }

  private BenchChild(PrintStream answers) {
    this.answers = answers;
  }

  public static void main(String[] args) throws IOException {
    PrintStream answers = System.out;
    System.setOut(System.err); // Whatever libraries print must not get between the answers.
    BenchChild child = new BenchChild(answers);
    BufferedReader requests =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = requests.readLine(); line != null; line = requests.readLine()) {
      child.round(Json.parseObject(line));
    }
  }

  private void round(ObjectNode request) {
    try {
      Generated generated = generated(RoundSpec.fromJson(request.path(SPEC)));
      RowPlan plan = generated.plan().first(request.path(ROWS).asInt());
      RoundSpec spec = generated.spec();
      Path directory = Path.of(request.path(DIRECTORY).asText());
      Map<String, Double> figures =
          request.has(ROWS_PER_SECOND)
              ? paced(generated, plan, request.path(ROWS_PER_SECOND).asDouble()).run(directory)
              : new Round(spec, factory(spec), plan, generated.values(), this::progress)
                  .run(directory);
      ObjectNode answer = Json.object();
      ObjectNode object = answer.putObject(FIGURES);
      figures.forEach(object::put);
      answers.println(Json.write(answer));
    } catch (IOException | RuntimeException | InterruptedException failure) {
      // Told to the parent, which ends the benchmark; the stack trace goes to the log it shows.
      failure.printStackTrace();
      answers.println(Json.write(Json.object().put(FAILURE, String.valueOf(failure))));
    }
  }

  private PacedRound paced(Generated generated, RowPlan plan, double rowsPerSecond) {
    RoundSpec spec = generated.spec();
    RoundSpec often = spec.withMemtableBytes(spec.memtableBytes() / PacedRound.MEMTABLE_DIVISOR);
    return new PacedRound(
        spec, factory(often), plan, generated.values(), rowsPerSecond, this::progress);
  }

  private Generated generated(RoundSpec spec) throws IOException {
    Generated known = latest;
    if (known == null || !known.spec().equals(spec)) {
      known = Generated.of(spec);
      latest = known;
    }
    return known;
  }

  private void progress(String phase, double done) {
    answers.println(Json.write(Json.object().put(PHASE, phase).put(DONE, done)));
  }

  /** Opens the system that a specification names. */
  static Subject.Factory factory(RoundSpec spec) {
    if (spec.system().equals(RoundSpec.TIDELINE)) {
      return directory -> TidelineSubject.open(directory, spec);
    }
    RocksConfig config =
        RocksConfig.ofSystem(spec.system())
            .orElseThrow(() -> new IllegalArgumentException("no system " + spec.system()));
    return directory -> RocksSubject.open(directory, spec, config);
  }
}
