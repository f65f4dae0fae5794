package io.tideline.server.node;

import io.tideline.server.config.ConfigKey;
import io.tideline.server.config.NodeConfig;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/** Whole nodes of one cluster in this process; node i is named {@code n} and i + 1. */
public final class TestCluster implements AutoCloseable {

  private static final long START_SECONDS = 60;

  private final List<NodeConfig> configs = new ArrayList<>();
  private final Map<Integer, TestNode> nodes = new ConcurrentHashMap<>();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  private TestCluster(Path directory, int size) throws Exception {
    List<Integer> ports = freePorts(2 * size);
    List<String> members = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      members.add("n" + (i + 1) + "=127.0.0.1:" + ports.get(2 * i) + "/" + ports.get(2 * i + 1));
    }
    for (int i = 0; i < size; i++) {
      String name = "n" + (i + 1);
      configs.add(
          TestNode.config(directory.resolve(name))
              .with(
                  "node.id=" + name,
                  "cluster.members=" + String.join(",", members),
                  "raft.port=" + ports.get(2 * i),
                  "grpc.port=" + ports.get(2 * i + 1),
                  "raft.election_timeout_ms=1s"));
    }
  }

  /** Starts all nodes at once, for a start waits for a majority. */
  public static TestCluster start(Path directory, int size) throws Exception {
    TestCluster cluster = new TestCluster(directory, size);
    List<Future<TestNode>> started =
        IntStream.range(0, size).mapToObj(cluster::beginStart).toList();
    for (Future<TestNode> one : started) {
      one.get(START_SECONDS, TimeUnit.SECONDS);
    }
    return cluster;
  }

  /** Starts a node that is stopped; the future completes when it serves. */
  public Future<TestNode> beginStart(int i) {
    return threads.submit(
        () -> {
          TestNode node = TestNode.start(configs.get(i), InstantSource.system());
          nodes.put(i, node);
          return node;
        });
  }

  /** Stops nodes in order, one after the other. */
  public void stop(int... which) {
    for (int i : which) {
      TestNode node = nodes.remove(i);
      if (node != null) {
        node.close();
      }
    }
  }

  /** Where a node serves gRPC, whether it runs or not. */
  public String grpcAddress(int i) {
    return "127.0.0.1:" + configs.get(i).count(ConfigKey.GRPC_PORT);
  }

  /** Those that run, in order. */
  public List<TestNode> nodes() {
    return nodes.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .map(Map.Entry::getValue)
        .toList();
  }

  public TestNode node(int i) {
    TestNode node = nodes.get(i);
    if (node == null) {
      throw new IllegalStateException("node " + i + " is stopped");
    }
    return node;
  }

  /** Not of those the system gives to outgoing connections, which could be taken meanwhile. */
  private static List<Integer> freePorts(int count) throws IOException {
    Set<Integer> free = new HashSet<>();
    while (free.size() < count) {
      int port = 20_000 + ThreadLocalRandom.current().nextInt(12_000);
      try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        free.add(socket.getLocalPort());
      } catch (BindException inUse) {
        continue;
      }
    }
    return List.copyOf(free);
  }

  @Override
  public void close() {
    threads.shutdownNow(); // What is still starting gives up.
    try {
      if (!threads.awaitTermination(START_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException("a node neither starts nor stops");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    nodes().parallelStream().forEach(TestNode::close);
  }
}
