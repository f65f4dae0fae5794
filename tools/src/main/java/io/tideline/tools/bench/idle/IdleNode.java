package io.tideline.tools.bench.idle;

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

/** The node that is measured: a process on a directory and ports of its own. */
final class IdleNode implements AutoCloseable {

  /** A start with a thousand partitions takes seconds; on a busy machine a minute or two. */
  private static final Duration READY_MAX = Duration.ofMinutes(5);

  private static final Duration PROBE = Duration.ofMillis(500);
  private static final int LOG_LINES_SHOWN = 15;

  private final JavaLaunch launch;
  private final Path data;
  private final Path log;
  private final List<Integer> ports;
  private final LongSupplier nanoClock;
  private @Nullable NodeProcess process;

  IdleNode(JavaLaunch launch, Path directory, LongSupplier nanoClock) throws IOException {
    this.launch = launch;
    this.data = directory.resolve("data");
    this.log = directory.resolve("server.log");
    this.ports = freePorts();
    this.nanoClock = nanoClock;
  }

  private static List<Integer> freePorts() throws IOException {
    List<ServerSocket> held = new ArrayList<>();
    try {
      for (int i = 0; i < 3; i++) {
        held.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
      }
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
   * Starts the process and waits until it answers, which it does when all partitions serve.
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
        "Run 'tideline doctor' to see what is wrong with this machine.");
  }

  /** Stops it in order. */
  void stop() throws IOException, InterruptedException {
    running().stop(READY_MAX);
  }

  /** Kills it if it is still there, and returns when it is gone: its files can be deleted. */
  @Override
  public void close() throws IOException {
    NodeProcess present = process;
    if (present == null || !present.isAlive()) {
      return;
    }
    try {
      present.kill();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
