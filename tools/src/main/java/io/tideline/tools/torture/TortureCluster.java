package io.tideline.tools.torture;

import io.tideline.tools.cli.FileTrees;
import io.tideline.tools.cli.ToolException;
import io.tideline.tools.node.JavaLaunch;
import io.tideline.tools.node.LocalCluster;
import io.tideline.tools.node.NodePorts;
import io.tideline.tools.node.ReplicaWatch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;

/**
 * A cluster of server processes and what can be done to them.
 *
 * <p>Threading: confined, but for {@link #endpoints}. Lifetime: {@link #close} kills what runs and
 * removes disks and networks.
 */
final class TortureCluster implements AutoCloseable {

  private static final String HEAP = "384m";

  /** Small, so that flushes, merges and log deletion happen within seconds. */
  private static final List<String> SETTINGS =
      List.of(
          // A second, so that a run sees many elections.
          "raft.election_timeout_ms=1s",
          "memory.off_heap_bytes=256MiB",
          "engine.memtable_bytes=1MiB",
          "log.segment_bytes=4MiB",
          "log.backlog_bytes_max=64MiB",
          "disk.reserve_bytes=16MiB",
          "grpc.stop_grace_ms=1s");

  /** Of a node's own disk, where it has one: some segments, tables, and room to fill. */
  private static final String DISK_SIZE = "512m";

  private static final Duration CATCH_UP_MAX = Duration.ofSeconds(120);
  private static final String BALLAST = "ballast";
  private static final int BALLAST_CHUNK_BYTES = 1 << 20;

  private final LocalCluster processes;
  private final LongSupplier nanoClock;
  private final Network network;
  private final boolean ownDisks;

  /**
   * @param mainClass of this program
   * @param ownDisks whether each node gets a small disk of its own, which only root can make
   * @param leaseReads whether the nodes answer by leases
   */
  TortureCluster(
      String mainClass,
      Path directory,
      int nodes,
      Network network,
      boolean ownDisks,
      boolean leaseReads,
      LongSupplier nanoClock)
      throws IOException, InterruptedException {
    this.nanoClock = nanoClock;
    this.network = network;
    this.ownDisks = ownDisks;
    List<String> settings = new ArrayList<>(SETTINGS);
    settings.add("raft.lease_reads=" + leaseReads);
    this.processes =
        new LocalCluster(
            JavaLaunch.likeThisProcess(mainClass, HEAP),
            directory,
            new LocalCluster.Hosts(
                IntStream.range(0, nodes).mapToObj(network::address).toList(),
                IntStream.range(0, nodes).mapToObj(network::prefix).toList()),
            NodePorts.free(nodes),
            settings,
            nanoClock);
    for (int i = 0; i < nodes && ownDisks; i++) {
      Shell.run("mount", "-t", "tmpfs", "-o", "size=" + DISK_SIZE, "tmpfs", disk(i).toString());
    }
  }

  int size() {
    return processes.size();
  }

  List<String> endpoints() {
    return processes.endpoints();
  }

  String endpoint(int node) {
    return processes.endpoint(node);
  }

  private Path disk(int node) {
    return processes.home(node);
  }

  void start(int node) throws IOException {
    processes.start(node);
  }

  void startAll() throws IOException {
    processes.startAll();
  }

  void awaitServing(int node) throws IOException {
    processes.awaitServing(node);
  }

  /**
   * Returns once a node's replicas vote and have caught up; see {@link ReplicaWatch}.
   *
   * @throws ToolException if it does not come that far in time
   */
  void awaitCaughtUp(int node) throws InterruptedException {
    try (ReplicaWatch watch = new ReplicaWatch(endpoint((node + 1) % size()), nanoClock)) {
      var _ = watch.awaitCaughtUp(LocalCluster.nodeId(node), CATCH_UP_MAX);
    }
  }

  /** Nodes whose process has ended by itself. */
  List<Integer> dead() {
    return processes.dead();
  }

  void kill(int node) throws IOException, InterruptedException {
    processes.kill(node);
  }

  void pause(int node) throws IOException, InterruptedException {
    Shell.signal(processes.pid(node), "STOP");
  }

  void resume(int node) throws IOException, InterruptedException {
    Shell.signal(processes.pid(node), "CONT");
  }

  /** Deletes all data of a node that does not run. */
  void wipe(int node) throws IOException {
    FileTrees.deleteTree(processes.data(node));
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
    processes.close();
    for (int i = 0; i < size() && ownDisks; i++) {
      // The process is gone, but the kernel may still be tidying up after it.
      var _ = Shell.succeeds("umount", "--lazy", disk(i).toString());
    }
    network.close();
  }
}
