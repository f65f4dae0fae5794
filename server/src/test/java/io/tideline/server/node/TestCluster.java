package io.tideline.server.node;

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
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/** Whole nodes of one cluster in this process; node i is named {@code n} and i + 1. */
public final class TestCluster implements AutoCloseable {

  private final List<TestNode> nodes = new ArrayList<>();

  private TestCluster() {}

  /** Starts all nodes at once, for a start waits for a majority. */
  public static TestCluster start(Path directory, int size) throws Exception {
    List<Integer> ports = freePorts(2 * size);
    List<String> members = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      members.add("n" + (i + 1) + "=127.0.0.1:" + ports.get(2 * i) + "/" + ports.get(2 * i + 1));
    }
    TestCluster cluster = new TestCluster();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<TestNode>> started = new ArrayList<>();
      for (int i = 0; i < size; i++) {
        String name = "n" + (i + 1);
        NodeConfig config =
            TestNode.config(directory.resolve(name))
                .with(
                    "node.id=" + name,
                    "cluster.members=" + String.join(",", members),
                    "raft.port=" + ports.get(2 * i),
                    "grpc.port=" + ports.get(2 * i + 1),
                    "raft.election_timeout_ms=1s");
        started.add(threads.submit(() -> TestNode.start(config, InstantSource.system())));
      }
      for (Future<TestNode> one : started) {
        cluster.nodes.add(one.get(60, TimeUnit.SECONDS));
      }
    }
    return cluster;
  }

  public List<TestNode> nodes() {
    return nodes;
  }

  public TestNode node(int i) {
    return nodes.get(i);
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
    nodes.parallelStream().forEach(TestNode::close);
  }
}
