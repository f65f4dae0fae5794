package io.tideline.tools.bench.engine;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.Json;
import io.tideline.tools.cli.ToolException;
import io.tideline.tools.node.JavaLaunch;
import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The parent's end of a {@link BenchChild}.
 *
 * <p>Lifetime: until {@link #close}; ended by its process id and nothing else.
 */
final class ChildProcess implements Closeable {
  /** Heap beside what the rows to draw need: batches, garbage, the head cache, room to collect. */
  private static final long HEAP_BASE_MEBIBYTES = 1_024;

  /** A row of the plan is two integers, and the plan is copied once. */
  private static final long HEAP_BYTES_PER_ROW = 4L * Integer.BYTES;

  private static final long MEBIBYTE = 1 << 20;

  /** Lines of the log shown when a child fails: a stack trace. */
  private static final int LOG_LINES_SHOWN = 30;

  /** A child that is asked to end in the middle of a round has not ended by then. */
  private static final long END_SECONDS_MAX = 5;

  private final String system;
  private final Path log;
  private final Process process;
  private final PrintStream requests;
  private final BufferedReader answers;

  private ChildProcess(String system, Path log, Process process) {
    this.system = system;
    this.log = log;
    this.process = process;
    requests = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
    answers =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  /**
   * Starts the JVM of a system.
   *
   * @param rowsMax rows of the longest round it will be asked for
   * @param jvmOptions further options, for example of a profiler
   * @param log file for what it prints beside its answers
   */
  static ChildProcess start(String system, int rowsMax, List<String> jvmOptions, Path log)
      throws IOException {
    long heap = HEAP_BASE_MEBIBYTES + rowsMax * HEAP_BYTES_PER_ROW / MEBIBYTE;
    JavaLaunch like = JavaLaunch.likeThisProcess(BenchChild.class.getName(), heap + "m");
    List<String> options = new ArrayList<>(like.jvmOptions());
    options.addAll(jvmOptions);
    JavaLaunch launch = new JavaLaunch(like.java(), options, like.classPath(), like.mainClass());
    Process process =
        new ProcessBuilder(launch.command(List.of()))
            .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    return new ChildProcess(system, log, process);
  }

  String system() {
    return system;
  }

  /**
   * Runs a round.
   *
   * @param spec what to do; the system is this one
   * @param rows how many of the specification's rows
   * @param directory does not exist yet; left behind
   * @param progress told the phase and how much of it is done
   * @return the figures by name
   */
  Map<String, Double> round(
      RoundSpec spec, int rows, Path directory, BiConsumer<String, Double> progress)
      throws IOException {
    return answer(request(spec, rows, directory), progress);
  }

  /**
   * Runs a paced round.
   *
   * @param spec what to do; the system is this one
   * @param rowsPerSecond how fast rows arrive
   * @param directory does not exist yet; left behind
   * @param progress told the phase and how much of it is done
   * @return the figures by name
   */
  Map<String, Double> pacedRound(
      RoundSpec spec, double rowsPerSecond, Path directory, BiConsumer<String, Double> progress)
      throws IOException {
    ObjectNode request = request(spec, spec.rows(), directory);
    request.put(BenchChild.ROWS_PER_SECOND, rowsPerSecond);
    return answer(request, progress);
  }

  private ObjectNode request(RoundSpec spec, int rows, Path directory) {
    ObjectNode request = Json.object();
    request.set(BenchChild.SPEC, spec.withSystem(system).toJson());
    return request.put(BenchChild.ROWS, rows).put(BenchChild.DIRECTORY, directory.toString());
  }

  private Map<String, Double> answer(ObjectNode request, BiConsumer<String, Double> progress)
      throws IOException {
    requests.println(Json.write(request));
    while (true) {
      String line = answers.readLine();
      if (line == null) {
        throw failed("its process ended");
      }
      if (!line.startsWith("{")) {
        continue; // The JVM itself speaks here too, for example when a profiler starts.
      }
      ObjectNode answer = Json.parseObject(line);
      if (answer.has(BenchChild.FIGURES)) {
        Map<String, Double> figures = new LinkedHashMap<>();
        answer
            .path(BenchChild.FIGURES)
            .properties()
            .forEach(figure -> figures.put(figure.getKey(), figure.getValue().asDouble()));
        return figures;
      }
      if (answer.has(BenchChild.FAILURE)) {
        throw failed(answer.path(BenchChild.FAILURE).asText());
      }
      progress.accept(
          answer.path(BenchChild.PHASE).asText(), answer.path(BenchChild.DONE).asDouble());
    }
  }

  private ToolException failed(@Nullable String why) throws IOException {
    List<String> printed = Files.readAllLines(log);
    String last =
        String.join(
            "\n", printed.subList(Math.max(0, printed.size() - LOG_LINES_SHOWN), printed.size()));
    return new ToolException(
        ExitCode.FAILED,
        system + " failed: " + why + (last.isEmpty() ? "" : "\n" + last),
        "With --keep its files stay; rerun with --verbose for more.");
  }

  /** Lets the process end by itself, so that a profiler can write what it has; else kills it. */
  @Override
  public void close() {
    requests.close();
    try {
      if (!process.waitFor(END_SECONDS_MAX, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException interrupted) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
