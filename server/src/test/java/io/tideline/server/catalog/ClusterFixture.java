package io.tideline.server.catalog;

import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.tideline.lsm.EngineOptions;
import io.tideline.lsm.EngineResources;
import io.tideline.lsm.fs.RealFileSystem;
import io.tideline.server.cluster.Member;
import io.tideline.server.cluster.Members;
import io.tideline.server.replica.ReadSettings;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The replicas of several nodes in this process, each with its directory, ports and peer calls. */
final class ClusterFixture implements AutoCloseable {

  private static final Duration ELECTION_TIMEOUT = Duration.ofMillis(1_000);

  private final Path directory;
  private final ReadSettings reads;
  private final List<Member> members = new ArrayList<>();
  private final List<InetSocketAddress> raftAddresses = new ArrayList<>();
  private final Node[] nodes;
  final List<Throwable> fatal = Collections.synchronizedList(new ArrayList<>());

  private record Node(ReplicaHost host, EngineResources resources, Server server) {}

  ClusterFixture(Path directory, int size) throws Exception {
    this(directory, size, ReadSettings.DEFAULTS);
  }

  ClusterFixture(Path directory, int size, ReadSettings reads) throws Exception {
    this.directory = directory;
    this.reads = reads;
    this.nodes = new Node[size];
    for (int i = 0; i < size; i++) {
      InetSocketAddress raft = HostFixture.freeAddress();
      raftAddresses.add(raft);
      members.add(
          new Member(
              "n" + (i + 1),
              "127.0.0.1:" + raft.getPort(),
              "127.0.0.1:" + HostFixture.freeAddress().getPort()));
    }
    startAll();
  }

  int size() {
    return nodes.length;
  }

  Member member(int i) {
    return members.get(i);
  }

  ReplicaHost host(int i) {
    Node node = nodes[i];
    if (node == null) {
      throw new IllegalStateException("node " + i + " is stopped");
    }
    return node.host();
  }

  /** A node's data directory. */
  Path data(int i) {
    return directory.resolve(members.get(i).nodeId());
  }

  boolean runs(int i) {
    return nodes[i] != null;
  }

  /** A start waits for a majority, so all begin at once. */
  void startAll() throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> started = new ArrayList<>();
      for (int i = 0; i < nodes.length; i++) {
        int n = i;
        if (nodes[n] == null) {
          started.add(
              threads.submit(
                  () -> {
                    start(n);
                    return null;
                  }));
        }
      }
      for (Future<?> one : started) {
        one.get(60, TimeUnit.SECONDS);
      }
    }
  }

  void start(int i) throws Exception {
    Path data = data(i);
    RealFileSystem files = new RealFileSystem();
    files.createDirectories(data);
    HostSettings settings =
        new HostSettings(
            data,
            raftAddresses.get(i),
            new Members(members.get(i), members),
            ELECTION_TIMEOUT,
            EngineOptions.DEFAULTS.withMemtableBytes(256 << 10),
            1 << 20,
            16L << 20,
            1 << 20,
            1L << 30,
            reads,
            Duration.ofDays(3));
    EngineResources resources = EngineResources.create(files, 64L << 20, 16L << 20, 1);
    ReplicaHost host = ReplicaHost.open(settings, resources, InstantSource.system(), fatal::add);
    String grpc = members.get(i).grpcAddress();
    Server server =
        NettyServerBuilder.forAddress(
                new InetSocketAddress(
                    "127.0.0.1", Integer.parseInt(grpc.substring(grpc.indexOf(':') + 1))))
            .addService(host.peerService())
            .addService(host.snapshotService())
            .build()
            .start();
    nodes[i] = new Node(host, resources, server);
    host.serve();
  }

  void stop(int i) {
    @Nullable Node node = nodes[i];
    if (node != null) {
      nodes[i] = null;
      node.server().shutdownNow();
      node.host().close();
      node.resources().close();
    }
  }

  @Override
  public void close() {
    for (int i = 0; i < nodes.length; i++) {
      stop(i);
    }
  }
}
