package io.tideline.tools.torture;

import io.tideline.client.TidelineClient;
import io.tideline.client.TidelineException;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.FileTrees;
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
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Server processes of one cluster, each with a directory and a log file of its own, and what can be
 * done to them.
 *
 * <p>Threading: confined, but for {@link #endpoints}. Lifetime: {@link #close} kills what runs and
 * removes disks.
 */
final class TortureCluster implements AutoCloseable {

  /** Starts wait for a majority, elections and replay on a busy machine. */
  private static final Duration READY_MAX = Duration.ofSeconds(120);

  private static final Duration PROBE = Duration.ofMillis(500);
  private static final String HEAP = "384m";
  private static final int PORTS = 3;

  /** Of a node's own disk, where it has one: some segments, tables, and room to fill. */
  private static final String DISK_SIZE = "512m";

  private static final String BALLAST = "ballast";
  private static final int BALLAST_CHUNK_BYTES = 1 << 20;

  private final JavaLaunch launch;
  private final Path directory;
  private final Network network;
  private final boolean ownDisks;
  private final LongSupplier nanoClock;
  private final List<List<Integer>> ports = new ArrayList<>();
  private final @Nullable NodeProcess[] processes;

  /**
   * @param ownDisks whether each node gets a small disk of its own, which only root can make
   */
  TortureCluster(
      JavaLaunch launch,
      Path directory,
      int nodes,
      Network network,
      boolean ownDisks,
      LongSupplier nanoClock)
      throws IOException, InterruptedException {
    this.launch = launch;
    this.directory = directory;
    this.network = network;
    this.ownDisks = ownDisks;
    this.nanoClock = nanoClock;
    this.processes = new NodeProcess[nodes];
    choosePorts(nodes);
    for (int i = 0; i < nodes; i++) {
      Files.createDirectories(disk(i));
      if (ownDisks) {
        Shell.run("mount", "-t", "tmpfs", "-o", "size=" + DISK_SIZE, "tmpfs", disk(i).toString());
      }
    }
  }

  private void choosePorts(int nodes) throws IOException {
    List<ServerSocket> held = new ArrayList<>();
    try {
      for (int i = 0; i < nodes * PORTS; i++) {
        held.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
      }
      for (int i = 0; i < nodes; i++) {
        ports.add(
            held.subList(i * PORTS, (i + 1) * PORTS).stream()
                .map(ServerSocket::getLocalPort)
                .toList());
      }
    } finally {
      for (ServerSocket socket : held) {
        socket.close();
      }
    }
  }

  int size() {
    return processes.length;
  }

  /** Where each node takes calls. */
  List<String> endpoints() {
    return IntStream.range(0, size()).mapToObj(this::endpoint).toList();
  }

  String endpoint(int node) {
    return network.address(node) + ":" + ports.get(node).get(0);
  }

  private Path disk(int node) {
    return directory.resolve("node-" + (node + 1));
  }

  private Path data(int node) {
    return disk(node).resolve("data");
  }

  Path log(int node) {
    return directory.resolve("node-" + (node + 1) + ".log");
  }

  /** Begins to start a node. */
  void start(int node) throws IOException {
    String members =
        IntStream.range(0, size())
            .mapToObj(
                i ->
                    "node-%d=%s:%d/%d"
                        .formatted(
                            i + 1, network.address(i), ports.get(i).get(1), ports.get(i).get(0)))
            .collect(Collectors.joining(","));
    List<String> arguments = new ArrayList<>(List.of("server", "--data", data(node).toString()));
    for (String setting :
        List.of(
            "node.id=node-" + (node + 1),
            "cluster.members=" + members,
            "network.bind_address=" + network.address(node),
            "grpc.port=" + ports.get(node).get(0),
            "raft.port=" + ports.get(node).get(1),
            "http.port=" + ports.get(node).get(2),
            // A second, so that a run sees many elections.
            "raft.election_timeout_ms=1s",
            "memory.off_heap_bytes=256MiB",
            "engine.memtable_bytes=1MiB",
            "log.segment_bytes=4MiB",
            "log.backlog_bytes_max=64MiB",
            "disk.reserve_bytes=16MiB",
            "grpc.stop_grace_ms=1s")) {
      arguments.add("--set");
      arguments.add(setting);
    }
    processes[node] = NodeProcess.start(launchOf(node), arguments, log(node));
  }

  private JavaLaunch launchOf(int node) {
    List<String> prefix = network.prefix(node);
    if (prefix.isEmpty()) {
      return launch;
    }
    List<String> options = new ArrayList<>(prefix.subList(1, prefix.size()));
    options.add(launch.java().toString());
    options.addAll(launch.jvmOptions());
    return new JavaLaunch(
        Path.of(prefix.getFirst()), options, launch.classPath(), launch.mainClass());
  }

  /** As this process, with little heap. */
  static JavaLaunch launch(String mainClass) {
    return JavaLaunch.likeThisProcess(mainClass, HEAP);
  }

  void startAll() throws IOException {
    for (int i = 0; i < size(); i++) {
      start(i);
    }
    for (int i = 0; i < size(); i++) {
      awaitServing(i);
    }
  }

  /**
   * Returns once a node answers.
   *
   * @throws ToolException if it ends or does not answer in time
   */
  void awaitServing(int node) throws IOException {
    long startNanos = nanoClock.getAsLong();
    try (TidelineClient probe =
        TidelineClient.builder().addresses(endpoint(node)).deadline(PROBE).build()) {
      while (!answers(probe)) {
        NodeProcess process = running(node);
        if (!process.isAlive() || nanoClock.getAsLong() - startNanos > READY_MAX.toNanos()) {
          throw new ToolException(
              ExitCode.FAILED,
              "node-"
                  + (node + 1)
                  + (process.isAlive()
                      ? " does not serve within " + READY_MAX.toSeconds() + " s"
                      : " ended with exit code " + process.exitCode()),
              "Its log is " + log(node) + ".");
        }
      }
    }
  }

  private static boolean answers(TidelineClient probe) {
    try {
      probe.stores().list();
      return true;
    } catch (TidelineException notYet) {
      // The client has retried until its deadline; the caller asks again.
      return false;
    }
  }

  private NodeProcess running(int node) {
    NodeProcess process = processes[node];
    if (process == null) {
      throw new IllegalStateException("node " + node + " was not started");
    }
    return process;
  }

  /** Nodes whose process has ended by itself. */
  List<Integer> dead() {
    return IntStream.range(0, size()).filter(i -> !running(i).isAlive()).boxed().toList();
  }

  void kill(int node) throws IOException, InterruptedException {
    running(node).kill();
  }

  void pause(int node) throws IOException, InterruptedException {
    Shell.signal(running(node).pid(), "STOP");
  }

  void resume(int node) throws IOException, InterruptedException {
    Shell.signal(running(node).pid(), "CONT");
  }

  /** Deletes all data of a node that does not run. */
  void wipe(int node) throws IOException {
    FileTrees.deleteTree(data(node));
  }

  boolean canFill() {
    return ownDisks;
  }

  /** Leaves no room on a node's disk. */
  void fill(int node) throws IOException {
    byte[] chunk = new byte[BALLAST_CHUNK_BYTES];
    try (var out = Files.newOutputStream(disk(node).resolve(BALLAST))) {
      while (Files.getFileStore(disk(node)).getUsableSpace() > 0) {
        out.write(chunk);
      }
    } catch (IOException full) {
      // Which is what it is for.
      if (!Files.exists(disk(node).resolve(BALLAST))) {
        throw full;
      }
    }
  }

  void unfill(int node) throws IOException {
    Files.deleteIfExists(disk(node).resolve(BALLAST));
  }

  Network network() {
    return network;
  }

  @Override
  public void close() throws IOException {
    try {
      for (NodeProcess process : processes) {
        if (process != null && process.isAlive()) {
          process.kill();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (ownDisks) {
      for (int i = 0; i < size(); i++) {
        var _ = Shell.succeeds("umount", disk(i).toString());
      }
    }
    network.close();
  }
}
