package io.tideline.tools.node;

import io.tideline.client.TidelineClient;
import io.tideline.client.TidelineException;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.ToolException;
import java.io.IOException;
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
 * Server processes on this machine that are one cluster, or one node on its own: {@code node-1}
 * with its data in {@code DIR/node-1/data} and its output in {@code DIR/node-1.log}, and so on.
 *
 * <p>Threading: confined, but for what only reads. Lifetime: {@link #close} kills what runs.
 */
public final class LocalCluster implements AutoCloseable {

  /**
   * Where the nodes' processes run.
   *
   * @param addresses one per node; their listening address
   * @param prefixes one per node; what its command line begins with, often nothing
   */
  public record Hosts(List<String> addresses, List<List<String>> prefixes) {

    public Hosts {
      addresses = List.copyOf(addresses);
      prefixes = List.copyOf(prefixes);
    }

    /** All on loopback. */
    public static Hosts loopback(int nodes) {
      return new Hosts(
          IntStream.range(0, nodes).mapToObj(i -> "127.0.0.1").toList(),
          IntStream.range(0, nodes).mapToObj(i -> List.<String>of()).toList());
    }
  }

  /**
   * Starts wait for a majority, elections and replay: seconds; with a thousand partitions on a busy
   * machine a minute or two.
   */
  private static final Duration READY_MAX = Duration.ofMinutes(5);

  private static final Duration PROBE = Duration.ofMillis(500);
  private static final int LOG_LINES_SHOWN = 15;

  private final JavaLaunch launch;
  private final Path directory;
  private final Hosts hosts;
  private final List<String> settings;
  private final LongSupplier nanoClock;
  private final List<NodePorts> ports;
  private final @Nullable NodeProcess[] processes;
  private final long[] startNanos;

  /**
   * @param ports one triple per node; must stay the same over the life of the directory
   * @param settings of every node, each "key=value", beside identity, members and ports
   */
  public LocalCluster(
      JavaLaunch launch,
      Path directory,
      Hosts hosts,
      List<NodePorts> ports,
      List<String> settings,
      LongSupplier nanoClock)
      throws IOException {
    this.launch = launch;
    this.directory = directory;
    this.hosts = hosts;
    this.ports = List.copyOf(ports);
    this.settings = List.copyOf(settings);
    this.nanoClock = nanoClock;
    this.processes = new NodeProcess[hosts.addresses().size()];
    this.startNanos = new long[processes.length];
    for (int i = 0; i < size(); i++) {
      Files.createDirectories(home(i));
    }
  }

  public int size() {
    return processes.length;
  }

  /** Where each node takes calls. */
  public List<String> endpoints() {
    return IntStream.range(0, size()).mapToObj(this::endpoint).toList();
  }

  /** Where a node takes calls. */
  public String endpoint(int node) {
    return hosts.addresses().get(node) + ":" + ports.get(node).grpc();
  }

  /** Where a node tells its metrics. */
  public String httpEndpoint(int node) {
    return hosts.addresses().get(node) + ":" + ports.get(node).http();
  }

  /** What the cluster calls a node. */
  public static String nodeId(int node) {
    return "node-" + (node + 1);
  }

  /** A node's directory. */
  public Path home(int node) {
    return directory.resolve(nodeId(node));
  }

  /** A node's data directory. */
  public Path data(int node) {
    return home(node).resolve("data");
  }

  /** A node's output. */
  public Path log(int node) {
    return directory.resolve(nodeId(node) + ".log");
  }

  /** Process id of a node that was started. */
  public long pid(int node) {
    return running(node).pid();
  }

  /** Begins to start a node. */
  public void start(int node) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("server", "--data", data(node).toString()));
    arguments.add("--parent");
    arguments.add(Long.toString(ProcessHandle.current().pid()));
    List<String> all = new ArrayList<>();
    all.add("node.id=" + nodeId(node));
    if (size() > 1) {
      all.add("cluster.members=" + members());
    }
    all.add("network.bind_address=" + hosts.addresses().get(node));
    all.add("grpc.port=" + ports.get(node).grpc());
    all.add("raft.port=" + ports.get(node).raft());
    all.add("http.port=" + ports.get(node).http());
    all.addAll(settings);
    for (String setting : all) {
      arguments.add("--set");
      arguments.add(setting);
    }
    startNanos[node] = nanoClock.getAsLong();
    processes[node] = NodeProcess.start(launchOf(node), arguments, log(node));
  }

  private String members() {
    return IntStream.range(0, size())
        .mapToObj(
            i ->
                "node-%d=%s:%d/%d"
                    .formatted(
                        i + 1, hosts.addresses().get(i), ports.get(i).raft(), ports.get(i).grpc()))
        .collect(Collectors.joining(","));
  }

  private JavaLaunch launchOf(int node) {
    List<String> prefix = hosts.prefixes().get(node);
    if (prefix.isEmpty()) {
      return launch;
    }
    List<String> options = new ArrayList<>(prefix.subList(1, prefix.size()));
    options.add(launch.java().toString());
    options.addAll(launch.jvmOptions());
    return new JavaLaunch(
        Path.of(prefix.getFirst()), options, launch.classPath(), launch.mainClass());
  }

  /** Starts all nodes at once; returns once each answers, with how long the last one took. */
  public Duration startAll() throws IOException {
    for (int i = 0; i < size(); i++) {
      start(i);
    }
    Duration longest = Duration.ZERO;
    for (int i = 0; i < size(); i++) {
      Duration took = awaitServing(i);
      longest = took.compareTo(longest) > 0 ? took : longest;
    }
    return longest;
  }

  /**
   * Returns once a node answers, which it does when its partitions have been opened.
   *
   * @return how long that took, from the start of its process
   * @throws ToolException if it ends or does not answer in time
   */
  public Duration awaitServing(int node) throws IOException {
    try (TidelineClient probe =
        TidelineClient.builder().addresses(endpoint(node)).deadline(PROBE).build()) {
      while (!answers(probe)) {
        NodeProcess process = running(node);
        if (!process.isAlive() || sinceStart(node).compareTo(READY_MAX) > 0) {
          throw notReady(node, process);
        }
      }
    }
    return sinceStart(node);
  }

  private Duration sinceStart(int node) {
    return Duration.ofNanos(nanoClock.getAsLong() - startNanos[node]);
  }

  private ToolException notReady(int node, NodeProcess process) throws IOException {
    List<String> lines = Files.readAllLines(log(node));
    return new ToolException(
        ExitCode.FAILED,
        nodeId(node)
            + (process.isAlive()
                ? " does not serve within " + READY_MAX.toSeconds() + " s"
                : " ended with exit code " + process.exitCode())
            + "; the end of its log:\n    "
            + String.join(
                "\n    ", lines.subList(Math.max(0, lines.size() - LOG_LINES_SHOWN), lines.size())),
        "Its log is " + log(node) + "; 'tideline doctor' tells what is wrong with this machine.");
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

  /** Nodes whose process has ended. */
  public List<Integer> dead() {
    return IntStream.range(0, size()).filter(i -> !running(i).isAlive()).boxed().toList();
  }

  /** Leaves the nodes running when this process ends, unless they are stopped before. */
  public void release() {
    for (int i = 0; i < size(); i++) {
      running(i).release();
    }
  }

  /** As {@code kill -9}; returns when the process is gone. */
  public void kill(int node) throws IOException, InterruptedException {
    running(node).kill();
  }

  /** Asks a node to stop; returns when it has, or was killed after {@code timeout}. */
  public void stop(int node, Duration timeout) throws IOException, InterruptedException {
    var _ = running(node).stop(timeout);
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
  }
}
