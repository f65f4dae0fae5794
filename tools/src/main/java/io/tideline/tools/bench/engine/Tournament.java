package io.tideline.tools.bench.engine;

import io.tideline.tools.cli.FileTrees;
import io.tideline.tools.cli.Progress;
import io.tideline.tools.cli.ToolContext;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BiConsumer;

/**
 * Lets systems take turns: first all warm up at once, unmeasured; then A B C A B C, one at a time,
 * so that whatever else happens on the machine hits all of them.
 *
 * <p>Lifetime: the systems' processes live until {@link #close}.
 */
final class Tournament implements Closeable {
  /** Turns that are thrown away at least: the second runs what the first compiled. */
  private static final int WARM_UP_TURNS_MIN = 2;

  /**
   * A system is warm when a turn spends less of its CPU time than this on compiling. Native code is
   * soon, and leaves the processors to systems whose code is still being compiled.
   */
  private static final double COMPILING_SHARE_WARM = 0.05;

  /** Rows of such a round at most: more would only take longer. */
  private static final int WARM_UP_ROWS_MAX = 500_000;

  private final ToolContext context;
  private final Path directory;
  private final boolean keep;
  private final List<ChildProcess> children = new ArrayList<>();

  private Tournament(ToolContext context, Path directory, boolean keep) {
    this.context = context;
    this.directory = directory;
    this.keep = keep;
  }

  /**
   * Starts the systems' processes.
   *
   * @param directory where they work
   * @param rowsMax rows of the longest round to come
   * @param keep whether each system's last files are left in {@code directory}
   */
  static Tournament start(
      ToolContext context,
      Path directory,
      List<String> systems,
      int rowsMax,
      List<String> jvmOptions,
      boolean keep)
      throws IOException {
    Tournament tournament = new Tournament(context, directory, keep);
    try {
      for (String system : systems) {
        Path log = directory.resolve(fileName(system) + ".log");
        tournament.children.add(ChildProcess.start(system, rowsMax, jvmOptions, log));
      }
      return tournament;
    } catch (IOException failure) {
      tournament.close();
      throw failure;
    }
  }

  private static String fileName(String system) {
    return system.replace('/', '-');
  }

  /** What a system does in its turn. */
  private interface Turn {
    Map<String, Double> run(ChildProcess child, Path home, BiConsumer<String, Double> phases)
        throws IOException;
  }

  /**
   * Runs one cell: rounds as fast as each system can, then as many paced ones if asked for, at one
   * rate for all systems.
   *
   * @param deadlineNanos on the context's clock: no round begins later, but one is always run
   */
  Cell run(RoundSpec spec, int rounds, Pace pace, long deadlineNanos) throws IOException {
    Cell cell = Cell.empty(spec);
    try (Progress progress = new Progress(context, cell.title(), "turns")) {
      takeTurns(
          cell,
          rounds,
          deadlineNanos,
          progress,
          (child, home, phases) -> child.round(spec, spec.rows(), home, phases));
      OptionalDouble rate = pace.rate(cell);
      if (rate.isPresent()) {
        takeTurns(
            cell,
            rounds,
            deadlineNanos,
            progress,
            (child, home, phases) -> child.pacedRound(spec, rate.getAsDouble(), home, phases));
      }
    }
    return cell;
  }

  private void takeTurns(Cell cell, int rounds, long deadlineNanos, Progress progress, Turn turn)
      throws IOException {
    int turns = rounds * children.size();
    int done = 0;
    for (int round = 0; round < rounds; round++) {
      if (round > 0 && !isBefore(deadlineNanos)) {
        break;
      }
      for (ChildProcess child : children) {
        int before = done;
        Path home = freshHome(child);
        cell.add(
            child.system(),
            turn.run(
                child, home, (phase, part) -> progress.update(before, (before + part) / turns)));
        if (!keep) {
          FileTrees.deleteTree(home);
        }
        done++;
      }
    }
  }

  private boolean isBefore(long nanos) {
    return context.nanoClock().getAsLong() - nanos < 0;
  }

  /**
   * Runs rounds that are thrown away. All systems at once: nothing is measured, and the machine may
   * have several processors.
   *
   * @param specs what will be measured, run in turn
   * @param nanos how long at most, two turns at least
   */
  void warmUp(List<RoundSpec> specs, long nanos) throws IOException {
    long end = context.nanoClock().getAsLong() + nanos;
    try (ExecutorService atOnce = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> running = new ArrayList<>();
      for (ChildProcess child : children) {
        running.add(
            atOnce.submit(
                () -> {
                  warmUp(child, specs, end);
                  return null;
                }));
      }
      for (Future<?> each : running) {
        each.get();
      }
    } catch (ExecutionException failed) {
      switch (failed.getCause()) {
        case RuntimeException known -> throw known;
        case IOException known -> throw known;
        case null, default -> throw new IOException(failed);
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", interrupted);
    }
  }

  private void warmUp(ChildProcess child, List<RoundSpec> specs, long end) throws IOException {
    boolean warm = false;
    for (int turn = 0; turn < WARM_UP_TURNS_MIN || (!warm && isBefore(end)); turn++) {
      warm = true;
      for (RoundSpec spec : specs) {
        Path home = freshHome(child);
        int rows = Math.min(spec.rows(), WARM_UP_ROWS_MAX);
        Map<String, Double> figures = child.round(spec, rows, home, (phase, done) -> {});
        FileTrees.deleteTree(home);
        warm &= figures.getOrDefault(Round.COMPILING_SHARE, 0.0) < COMPILING_SHARE_WARM;
      }
    }
  }

  private Path freshHome(ChildProcess child) throws IOException {
    Path home = directory.resolve(fileName(child.system()));
    if (Files.exists(home)) {
      FileTrees.deleteTree(home);
    }
    return home;
  }

  @Override
  public void close() {
    children.forEach(ChildProcess::close);
  }
}
