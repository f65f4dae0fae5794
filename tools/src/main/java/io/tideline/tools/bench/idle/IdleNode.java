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

/** A node that is measured: a process on a directory and ports of its own. */
final class IdleNode implements AutoCloseable {

  /** A start with a thousand partitions takes seconds; on a busy machine a minute or two. */
  private static final Duration READY_MAX = Duration.ofMinutes(5);

  private static final Duration PROBE = Duration.ofMillis(500);
  private static final int LOG_LINES_SHOWN = 15;
  private static final int PORTS = 3;

  private final JavaLaunch launch;
  private final String id;
  private final Path data;
  private final Path log;
  private final List<Integer> ports;
  private final String members;
  private final LongSupplier nanoClock;
  private @Nullable NodeProcess process;
  private long startNanos;

  private IdleNode(
      JavaLaunch launch,
      String id,
      Path directory,
      List<Integer> ports,
      String members,
      LongSupplier nanoClock) {
    this.launch = launch;
    this.id = id;
    this.data = directory.resolve(id);
    this.log = directory.resolve(id + ".log");
    this.ports = ports;
    this.members = members;
    this.nanoClock = nanoClock;
  }

  /** The nodes of one cluster on free ports of this machine; none is started. */
  static List<IdleNode> cluster(
      JavaLaunch launch, Path directory, int count, LongSupplier nanoClock) throws IOException {
    List<List<Integer>> ports = freePorts(count);
    List<String> members = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      members.add(
          "node-%d=127.0.0.1:%d/%d".formatted(i + 1, ports.get(i).get(1), ports.get(i).get(0)));
    }
    String all = count == 1 ? "" : String.join(",", members);
    List<IdleNode> nodes = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      nodes.add(new IdleNode(launch, "node-" + (i + 1), directory, ports.get(i), all, nanoClock));
    }
    return nodes;
  }

  private static List<List<Integer>> freePorts(int count) throws IOException {
    List<ServerSocket> held = new ArrayList<>();
    try {
      List<List<Integer>> ports = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        List<Integer> ofNode = new ArrayList<>();
        for (int j = 0; j < PORTS; j++) {
          ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
          held.add(socket);
          ofNode.add(socket.getLocalPort());
        }
        ports.add(ofNode);
      }
      return ports;
    } finally {
      for (ServerSocket socket : held) {
        socket.close();
      }
    }
  }

  String endpoint() {
    return "127.0.0.1:" + ports.getFirst();
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

  /** Begins to start the process. */
  void start() throws IOException {
    startNanos = nanoClock.getAsLong();
    List<String> arguments = new ArrayList<>(List.of("server", "--data", data.toString()));
    for (String setting :
        List.of(
            "node.id=" + id,
            "cluster.members=" + members,
            "grpc.port=" + ports.get(0),
            "raft.port=" + ports.get(1),
            "http.port=" + ports.get(2))) {
      arguments.add("--set");
      arguments.add(setting);
    }
    process = NodeProcess.start(launch, arguments, log);
  }

  /**
   * Waits until it answers, which it does when its partitions have been opened.
   *
   * @return how long that took, from the start of the process
   * @throws ToolException if it ends or does not answer in time
   */
  Duration awaitServing() throws IOException {
    NodeProcess started = running();
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
