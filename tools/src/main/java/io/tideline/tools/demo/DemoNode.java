package io.tideline.tools.demo;

import io.tideline.client.NodeStatus;
import io.tideline.client.TidelineClient;
import io.tideline.client.TidelineException;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.ToolException;
import io.tideline.tools.node.JavaLaunch;
import io.tideline.tools.node.NodeProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The node of the demo: a process that is started, killed and started again on the same data and
 * ports.
 *
 * <p>Threading: {@link #kill} and {@link #start} may be called from another thread than the rest,
 * one at a time.
 */
final class DemoNode implements AutoCloseable {
  /** A start takes seconds; on a machine that is busy with other things, a minute or two. */
  private static final Duration READY_MAX = Duration.ofSeconds(150);

  private static final Duration PROBE = Duration.ofMillis(500);
  private static final int LOG_LINES_SHOWN = 15;
  private static final int DEFAULT_PORT = 7420;
  private static final int PORTS = 3;

  private final JavaLaunch launch;
  private final Path data;
  private final Path log;
  private final List<Integer> ports;
  private final LongSupplier nanoClock;
  private volatile @Nullable NodeProcess process;

  DemoNode(JavaLaunch launch, Path directory, LongSupplier nanoClock) throws IOException {
    this.launch = launch;
    this.data = directory.resolve("data");
    this.log = directory.resolve("server.log");
    this.ports = choosePorts();
    this.nanoClock = nanoClock;
  }

  /** The usual ports if all are free, else any. */
  private static List<Integer> choosePorts() throws IOException {
    List<Integer> usual = List.of(DEFAULT_PORT, DEFAULT_PORT + 1, DEFAULT_PORT + 2);
    List<ServerSocket> held = new ArrayList<>();
    try {
      for (int port : usual) {
        held.add(new ServerSocket(port, 1, InetAddress.getLoopbackAddress()));
      }
      return usual;
    } catch (IOException inUse) {
      while (held.size() < PORTS) {
        held.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
      }
      // Some of the usual ones may be among them: those are free as well.
      return held.stream().map(ServerSocket::getLocalPort).toList();
    } finally {
      for (ServerSocket socket : held) {
        socket.close();
      }
    }
  }

  String endpoint() {
    return "localhost:" + ports.getFirst();
  }

  Path data() {
    return data;
  }

  Path log() {
    return log;
  }

  long pid() {
    return running().pid();
  }

  private NodeProcess running() {
    NodeProcess present = process;
    if (present == null) {
      throw new IllegalStateException("the node was not started");
    }
    return present;
  }

  /**
   * Starts the process and waits until it answers.
   *
   * @return how long that took, from the start of the process
   * @throws ToolException if it ends or does not answer in time
   */
  Duration start() throws IOException {
    long startNanos = nanoClock.getAsLong();
    NodeProcess started =
        NodeProcess.start(
            launch,
            List.of(
                "server",
                "--data",
                data.toString(),
                "--set",
                "grpc.port=" + ports.get(0),
                "--set",
                "raft.port=" + ports.get(1),
                "--set",
                "http.port=" + ports.get(2)),
            log);
    process = started;
    try (TidelineClient probe =
        TidelineClient.builder().addresses(endpoint()).deadline(PROBE).build()) {
      while (!answers(probe)) {
        long waited = nanoClock.getAsLong() - startNanos;
        if (!started.isAlive() || waited > READY_MAX.toNanos()) {
          throw notReady(started);
        }
      }
    }
    return Duration.ofNanos(nanoClock.getAsLong() - startNanos);
  }

  private static boolean answers(TidelineClient probe) {
    try {
      probe.stores().list();
      return true;
    } catch (TidelineException notYet) {
      // The client has retried until its deadline; the loop asks again.
      return false;
    }
  }

  private ToolException notReady(NodeProcess started) throws IOException {
    List<String> lines = Files.readAllLines(log);
    String tail =
        String.join(
            "\n    ", lines.subList(Math.max(0, lines.size() - LOG_LINES_SHOWN), lines.size()));
    return new ToolException(
        ExitCode.UNAVAILABLE,
        (started.isAlive()
                ? "the node does not answer within " + READY_MAX.toSeconds() + " s"
                : "the node ended with exit code " + started.exitCode())
            + "; the end of its log:\n    "
            + tail,
        "Run 'tideline doctor' to see what is wrong with this machine; the whole log is "
            + log
            + ".");
  }

  NodeStatus status(TidelineClient client) {
    return client.admin().nodeStatus();
  }

  void kill() throws IOException, InterruptedException {
    running().kill();
  }

  /** Kills it, if it was ever started, and returns when it is gone. */
  void end() throws IOException, InterruptedException {
    NodeProcess present = process;
    if (present != null) {
      present.kill();
    }
  }

  /** Stops it in order. */
  void stop() throws IOException, InterruptedException {
    running().stop(READY_MAX);
  }

  /** Leaves it running when this process ends. */
  void release() {
    running().release();
  }

  /** Kills it unless it was released or stopped. */
  @Override
  public void close() {
    NodeProcess present = process;
    if (present != null) {
      present.close();
    }
  }
}
