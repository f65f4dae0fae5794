package io.tideline.tools.node;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A child process with a node in it. Ended by its process id and nothing else.
 *
 * <p>Lifetime: from {@link #start} until {@link #kill}, {@link #stop} or {@link #release}; until
 * then a shutdown hook kills the child when this process ends, however it ends short of a kill -9,
 * so that no node is left behind unasked.
 */
public final class NodeProcess implements AutoCloseable {
  private static final Duration KILL_TIMEOUT = Duration.ofSeconds(10);

  private final Process process;
  private final Path log;
  private final Thread killHook;
  private volatile boolean released;

  private NodeProcess(Process process, Path log) {
    this.process = process;
    this.log = log;
    this.killHook = new Thread(process::destroyForcibly, "tideline-kill-child-" + process.pid());
  }

  /**
   * Starts a child.
   *
   * @param arguments of the main class, for example {@code server --data DIR}
   * @param log file that its output is appended to
   */
  public static NodeProcess start(JavaLaunch launch, List<String> arguments, Path log)
      throws IOException {
    Process process =
        new ProcessBuilder(launch.command(arguments))
            .redirectErrorStream(true)
            .redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")))
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    NodeProcess started = new NodeProcess(process, log);
    try {
      Runtime.getRuntime().addShutdownHook(started.killHook);
    } catch (IllegalStateException shuttingDown) {
      process.destroyForcibly();
      throw new IOException("this process is ending; no node was left behind", shuttingDown);
    }
    return started;
  }

  public long pid() {
    return process.pid();
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /** Where its output goes. */
  public Path log() {
    return log;
  }

  /** Exit code of a process that has ended. */
  public int exitCode() {
    return process.exitValue();
  }

  /** As {@code kill -9}: the process gets no chance to do anything. Returns when it is gone. */
  public void kill() throws IOException, InterruptedException {
    process.destroyForcibly();
    if (!process.waitFor(KILL_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new IOException(
          "process "
              + process.pid()
              + " is still there "
              + KILL_TIMEOUT.toSeconds()
              + " s after kill -9");
    }
    forgetHook();
  }

  /**
   * Asks it to stop, and kills it if it has not within {@code timeout}; true if it stopped itself.
   */
  public boolean stop(Duration timeout) throws IOException, InterruptedException {
    process.destroy();
    if (process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
      forgetHook();
      return true;
    }
    kill();
    return false;
  }

  /** Leaves it running when this process ends. */
  public void release() {
    released = true;
    forgetHook();
  }

  private void forgetHook() {
    try {
      Runtime.getRuntime().removeShutdownHook(killHook);
    } catch (IllegalStateException shuttingDown) {
      // The hook runs or has run: the child is dead or about to be, which is what it is for.
      killHook.setName(killHook.getName() + "-fired");
    }
  }

  /** Kills it unless it was released. */
  @Override
  public void close() {
    if (!released && process.isAlive()) {
      process.destroyForcibly();
    }
    forgetHook();
  }
}
