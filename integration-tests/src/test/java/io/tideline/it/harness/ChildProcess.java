package io.tideline.it.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * A process this JVM started. Its output goes to a file, so that nobody has to drain a pipe and the
 * last words of a killed process are kept. Whatever still runs when this JVM exits is killed.
 *
 * <p>Safe for many threads.
 */
public final class ChildProcess implements AutoCloseable {

  private static final Set<Process> RUNNING = ConcurrentHashMap.newKeySet();

  /** After SIGKILL only the kernel's own work is left. */
  private static final Duration KILL_TIMEOUT = Duration.ofSeconds(20);

  static {
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(() -> RUNNING.forEach(Process::destroyForcibly), "kill-child-processes"));
  }

  private final String name;
  private final Process process;
  private final Path output;

  private ChildProcess(String name, Process process, Path output) {
    this.name = name;
    this.process = process;
    this.output = output;
  }

  /**
   * Starts a command; standard output and error are appended to {@code output} in the order
   * written.
   *
   * @param environment variables to set on top of this JVM's own
   */
  public static ChildProcess start(
      String name, List<String> command, Map<String, String> environment, Path output) {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(environment);
    builder.redirectErrorStream(true);
    builder.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
    builder.redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()));
    return start(name, builder, output);
  }

  static ChildProcess start(String name, ProcessBuilder builder, Path output) {
    try {
      Process process = builder.start();
      RUNNING.add(process);
      return new ChildProcess(name, process, output);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot start " + name + ": " + builder.command(), e);
    }
  }

  public String name() {
    return name;
  }

  public long pid() {
    return process.pid();
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /** Waits for the process to end by itself; its exit code. */
  public int awaitExit(Duration timeout) {
    try {
      if (!process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new AssertionError(
            name + " still runs after " + timeout + "; the end of its output:\n" + tail(60));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted while waiting for " + name, e);
    }
    RUNNING.remove(process);
    return process.exitValue();
  }

  /** SIGKILL: the process gets no chance to do anything. Returns when it is gone. */
  public void kill9() {
    process.destroyForcibly();
    awaitExit(KILL_TIMEOUT);
  }

  /** SIGTERM: the process is asked to stop. */
  public void terminate() {
    process.destroy();
  }

  /** Everything it printed so far. */
  public String output() {
    return read(output);
  }

  /** The last lines it printed. */
  public String tail(int lines) {
    List<String> all = output().lines().toList();
    return String.join("\n", all.subList(Math.max(0, all.size() - lines), all.size()));
  }

  /** The text of a file, whatever bytes are in it. */
  static String read(Path file) {
    try {
      return Files.exists(file) ? new String(Files.readAllBytes(file), StandardCharsets.UTF_8) : "";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    if (process.isAlive()) {
      kill9();
    }
    RUNNING.remove(process);
  }

  @Override
  public String toString() {
    return name + " (pid " + pid() + ")";
  }
}
