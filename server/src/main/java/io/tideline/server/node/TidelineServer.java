package io.tideline.server.node;

import io.grpc.Server;
import io.grpc.ServerInterceptors;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.tideline.lsm.EngineResources;
import io.tideline.lsm.fs.FileSystem;
import io.tideline.lsm.fs.RealFileSystem;
import io.tideline.server.catalog.HostSettings;
import io.tideline.server.catalog.PartitionFailure;
import io.tideline.server.catalog.ReplicaHost;
import io.tideline.server.config.ClusterMember;
import io.tideline.server.config.ConfigException;
import io.tideline.server.config.ConfigKey;
import io.tideline.server.config.MemoryPlan;
import io.tideline.server.config.NodeConfig;
import io.tideline.server.metrics.HttpEndpoint;
import io.tideline.server.metrics.NodeMetrics;
import io.tideline.server.replica.ReadSettings;
import io.tideline.server.service.CallMemory;
import io.tideline.server.service.CallRunner;
import io.tideline.server.service.GrpcServices;
import io.tideline.server.service.InboundBudget;
import io.tideline.server.service.InboundGuard;
import io.tideline.server.service.Limits;
import io.tideline.server.service.NodeAddress;
import io.tideline.server.service.NodeInfo;
import io.tideline.server.service.Tails;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One node: everything wired by hand, from the data directory up to the ports.
 *
 * <p>Lifetime: {@link #start} returns a node that serves; until then its gRPC port serves the other
 * members alone and refuses clients as PARTITION_UNAVAILABLE. {@link #stop} ends calls in flight,
 * then closes everything in the reverse order of its start. Acknowledged writes are in the log;
 * they are flushed first only to make the next start short.
 *
 * <p>Threading: safe for many threads; {@link #stop} may be called again, and by another thread
 * while it runs, and returns when the node has stopped.
 */
public final class TidelineServer implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(TidelineServer.class);

  /**
   * What a connection may send unasked. Fixed, for a window that grows with the line's speed is
   * memory nobody counts; still a gigabyte a second at a round trip of a millisecond.
   */
  private static final int FLOW_CONTROL_WINDOW_BYTES = 1 << 20;

  /**
   * Read at once from a connection: one HTTP/2 frame. Larger buffers hold parts of several requests
   * and are kept until the last of those is gone.
   */
  private static final int READ_BYTES = 16 << 10;

  private final NodeConfig config;
  private final InstantSource clock;
  private final FileSystem files;
  private final boolean rejoin;
  private final long startTimeMillis;

  /** What was started, last first; guarded by this. */
  private final Deque<Part> parts = new ArrayDeque<>();

  /** Set once the node serves; asked by calls. */
  private final CompletableFuture<NodeInfo> info = new CompletableFuture<>();

  /** Completes with the error that ends this node, if one does. */
  private final CompletableFuture<Throwable> fatal = new CompletableFuture<>();

  private volatile boolean serving;

  /** Something to close, and what to call it in the log. */
  private record Part(String name, AutoCloseable closeable) {}

  private TidelineServer(NodeConfig config, InstantSource clock, FileSystem files, boolean rejoin) {
    this.config = config;
    this.clock = clock;
    this.files = files;
    this.rejoin = rejoin;
    this.startTimeMillis = clock.millis();
  }

  /** Starts a node on the machine's clock. */
  public static TidelineServer start(NodeConfig config)
      throws ConfigException, StartException, IOException, InterruptedException {
    return start(config, InstantSource.system());
  }

  /**
   * Starts a node.
   *
   * @throws ConfigException if the configuration does not fit the machine
   * @throws StartException if the data directory or a port cannot be used
   * @throws IOException if stored data is damaged or the disk fails
   */
  public static TidelineServer start(NodeConfig config, InstantSource clock)
      throws ConfigException, StartException, IOException, InterruptedException {
    return start(config, clock, new RealFileSystem());
  }

  /**
   * As {@link #start(NodeConfig)}; but if the log is damaged in the middle, the node's data is set
   * aside and it copies everything from the other members of its cluster.
   *
   * @throws StartException also if it is no member of a cluster
   * @throws IOException also if the other members do not answer or are not well; nothing was
   *     changed then
   */
  public static TidelineServer startRejoining(NodeConfig config)
      throws ConfigException, StartException, IOException, InterruptedException {
    return start(config, InstantSource.system(), new RealFileSystem(), true);
  }

  /** As above, on a given disk: tests pass one that fails. */
  static TidelineServer start(NodeConfig config, InstantSource clock, FileSystem files)
      throws ConfigException, StartException, IOException, InterruptedException {
    return start(config, clock, files, false);
  }

  private static TidelineServer start(
      NodeConfig config, InstantSource clock, FileSystem files, boolean rejoin)
      throws ConfigException, StartException, IOException, InterruptedException {
    TidelineServer server = new TidelineServer(config, clock, files, rejoin);
    try {
      server.open();
      return server;
    } catch (Throwable e) {
      server.stop();
      throw e;
    }
  }

  // --- Start, top to bottom ---

  private void open() throws ConfigException, StartException, IOException, InterruptedException {
    MemoryPlan memory = MemoryPlan.of(config, Machine.heapLimitBytes(), Machine.memoryBytes());
    Machine.limitNetworkMemory(memory.networkBytes());
    log.info(
        "starting Tideline {} on Java {}, {} processors, pid {}",
        Machine.version(),
        Runtime.version(),
        Runtime.getRuntime().availableProcessors(),
        ProcessHandle.current().pid());
    log.info("memory: {}", memory.describe());

    NodeMetrics metrics = opened("metrics", new NodeMetrics());
    HttpEndpoint http = openHttp(metrics);
    InetSocketAddress grpcAddress = bindAddress(ConfigKey.GRPC_PORT);
    if (grpcAddress.getPort() != 0) {
      Ports.requireFree(grpcAddress, ConfigKey.GRPC_PORT);
    }

    DataDirectory directory = opened("data directory", openDirectory());
    ReadyFile ready = new ReadyFile(directory.path());
    ready.delete();
    EngineResources resources =
        opened(
            "engine resources",
            EngineResources.create(
                files,
                memory.memtablePoolBytes(),
                memory.blockCacheBytes(),
                config.count(ConfigKey.ENGINE_COMPACTION_THREADS)));
    resources.setCompactionBytesPerSecond(config.number(ConfigKey.ENGINE_COMPACTION_RATE));
    resources.setScrubPeriodMillis(config.number(ConfigKey.ENGINE_SCRUB_PERIOD));
    resources.setBackgroundReadBytesPerSecond(config.number(ConfigKey.ENGINE_SCRUB_RATE));
    ReplicaHost host = openHost(directory, resources, memory);
    opened("flush before the stop", () -> flush(host, directory));

    CallMemory callMemory = new CallMemory(memory.callBytes());
    CallRunner runner =
        new CallRunner(callMemory, metrics.rpc(), config.number(ConfigKey.GRPC_WAIT));
    runner.refuseUntilStarted();
    HealthStatusManager health = new HealthStatusManager();
    InboundBudget inbound = new InboundBudget(memory.networkBytes());
    // Before the host serves: other members may need its snapshots to make a majority with it.
    Server grpc = openGrpc(grpcAddress, host, runner, inbound, health, metrics);
    host.serve();

    metrics.observe(resources);
    observe(metrics, host, inbound, callMemory, memory);
    NodeInfo node = describe(directory.identity(), grpc.getPort(), http.port(), memory);
    info.complete(node);
    ready.write(node.address(), node.version());
    opened("ready file", ready::delete);
    opened("leaderships", host::handOver);
    serving = true;
    runner.started();
    setHealth(grpc, health, ServingStatus.SERVING);
    log.info(
        "ready: gRPC {}, Raft {}, HTTP {}; {} partitions, {} log entries applied again, {} ms",
        node.address().grpcAddress(),
        node.address().raftAddress(),
        node.address().httpAddress(),
        host.catalog().partitions().size(),
        host.replayedEntries(),
        node.startupMillis());
    List<PartitionFailure> failures = host.catalog().failures();
    if (!failures.isEmpty()) {
      log.error(
          "{} partitions COULD NOT BE OPENED and are not served: {}",
          failures.size(),
          failures.stream().map(f -> f.partitionId() + " (" + f.place() + ")").toList());
    }
  }

  private HttpEndpoint openHttp(NodeMetrics metrics) throws StartException {
    InetSocketAddress address = bindAddress(ConfigKey.HTTP_PORT);
    try {
      return opened("HTTP port", HttpEndpoint.start(address, metrics::scrape, () -> serving));
    } catch (IOException e) {
      throw Ports.inUse(address, ConfigKey.HTTP_PORT, e);
    }
  }

  private DataDirectory openDirectory() throws ConfigException, StartException {
    InetSocketAddress raft = bindAddress(ConfigKey.RAFT_PORT);
    int raftPort = raft.getPort() == 0 ? Ports.pickFree(raft.getAddress()) : raft.getPort();
    List<ClusterMember> members = config.members();
    String raftAddress = ClusterSetup.raftAddress(config, members, raftPort);
    DataDirectory directory =
        DataDirectory.open(
            files,
            config.dataDirectory(),
            config.text(ConfigKey.NODE_ID),
            config.clusterId(),
            () ->
                new NodeIdentity(
                    config.clusterId().orElseGet(() -> ClusterSetup.newClusterId(members)),
                    config.text(ConfigKey.NODE_ID),
                    raftAddress));
    NodeIdentity identity = directory.identity();
    log.info(
        "data directory {} ({}): cluster {}, node {}",
        directory.path(),
        directory.isNew() ? "new" : "existing",
        identity.clusterId(),
        identity.nodeId());
    boolean portGiven = config.count(ConfigKey.RAFT_PORT) != 0;
    if (portGiven && !identity.raftAddress().equals(raftAddress)) {
      parts.push(new Part("data directory", directory));
      throw new StartException(
          "raft.port and network.advertised_address make "
              + raftAddress
              + ", but the data in "
              + directory.path()
              + " was written as "
              + identity.raftAddress()
              + ", which is this node's name in its replication groups; set them back, or raft.port"
              + " to 0 to keep what was");
    }
    return directory;
  }

  private ReplicaHost openHost(
      DataDirectory directory, EngineResources resources, MemoryPlan memory)
      throws InterruptedException, ConfigException, StartException, IOException {
    InetSocketAddress raftAddress = raftAddress(directory.identity());
    Ports.requireFree(raftAddress, ConfigKey.RAFT_PORT);
    HostSettings settings =
        new HostSettings(
            directory.path(),
            raftAddress,
            ClusterSetup.members(config, raftAddress),
            Duration.ofMillis(config.number(ConfigKey.RAFT_ELECTION_TIMEOUT)),
            config.engineOptions().withMemtableBytes(memory.memtableBytes()),
            config.count(ConfigKey.LOG_SEGMENT_BYTES),
            memory.writeBytes(),
            config.number(ConfigKey.DISK_RESERVE_BYTES),
            config.number(ConfigKey.LOG_BACKLOG_BYTES_MAX),
            new ReadSettings(
                Boolean.parseBoolean(config.text(ConfigKey.RAFT_LEASE_READS)),
                Duration.ofMillis(config.number(ConfigKey.READS_SESSION_STALENESS))),
            Duration.ofMillis(config.number(ConfigKey.DROP_GRACE)));
    if (rejoin && settings.members().isAlone()) {
      throw new StartException(
          "this node is on its own, so there is nobody to rejoin; set cluster.members, or start it"
              + " without --rejoin");
    }
    return opened(
        "replicas",
        rejoin
            ? ReplicaHost.openRejoining(settings, resources, clock, this::onFatal)
            : ReplicaHost.open(settings, resources, clock, this::onFatal));
  }

  /** Before the replicas close, and only if the node served and is sound: see {@link StopFlush}. */
  private void flush(ReplicaHost host, DataDirectory directory)
      throws IOException, InterruptedException {
    if (info.isDone() && !fatal.isDone()) {
      long freeBytes =
          files.usableBytes(directory.path()) - config.number(ConfigKey.DISK_RESERVE_BYTES);
      StopFlush.run(host.catalog().partitions(), freeBytes);
    }
  }

  @SuppressWarnings("deprecation") // RCVBUF_ALLOCATOR: Netty 4.2 has no other way to set it yet.
  private Server openGrpc(
      InetSocketAddress address,
      ReplicaHost host,
      CallRunner runner,
      InboundBudget inbound,
      HealthStatusManager health,
      NodeMetrics metrics)
      throws StartException {
    ExecutorService threads =
        Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("call-", 0).factory());
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(address)
            .executor(threads)
            .maxInboundMessageSize(Limits.TRANSPORT_MESSAGE_BYTES_MAX)
            .flowControlWindow(FLOW_CONTROL_WINDOW_BYTES)
            .withChildOption(
                ChannelOption.RCVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(READ_BYTES))
            .addStreamTracerFactory(inbound)
            .maxConcurrentCallsPerConnection(config.count(ConfigKey.GRPC_CALLS_PER_CONNECTION))
            .keepAliveTime(config.number(ConfigKey.GRPC_KEEPALIVE_TIME), TimeUnit.MILLISECONDS)
            .keepAliveTimeout(
                config.number(ConfigKey.GRPC_KEEPALIVE_TIMEOUT), TimeUnit.MILLISECONDS)
            .permitKeepAliveTime(
                config.number(ConfigKey.GRPC_KEEPALIVE_PERMITTED), TimeUnit.MILLISECONDS)
            .permitKeepAliveWithoutCalls(true)
            .addService(ServerInterceptors.intercept(health.getHealthService(), new InboundGuard()))
            .addService(ServerInterceptors.intercept(host.peerService(), new InboundGuard()))
            .addService(ServerInterceptors.intercept(host.snapshotService(), new InboundGuard()))
            .addService(
                ServerInterceptors.intercept(
                    ProtoReflectionServiceV1.newInstance(), new InboundGuard()));
    ScheduledThreadPoolExecutor heartbeats =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("tail-heartbeats").factory());
    heartbeats.setRemoveOnCancelPolicy(true);
    GrpcServices services =
        GrpcServices.create(
            host.catalog(),
            host.peerAdmin(),
            host.peerCalls(),
            host.watchers(),
            new Tails.Threads(heartbeats, threads, clock),
            runner,
            config.count(ConfigKey.MESSAGE_BYTES_MAX),
            info::join,
            host::logBytes,
            host::replayedEntries);
    services.definitions().forEach(builder::addService);
    metrics.gauge("tideline.tails", "Open tails", "", () -> services.tails().count());
    metrics.counter(
        "tideline.syncs.shared",
        "Sync calls that were answered by the read of an equal call",
        services::sharedSyncs);
    Server server = builder.build();
    setHealth(server, health, ServingStatus.NOT_SERVING);
    try {
      server.start();
    } catch (IOException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw Ports.inUse(address, ConfigKey.GRPC_PORT, cause);
    }
    opened(
        "gRPC port",
        () -> {
          try {
            stopGrpc(server, runner, services.tails(), health, threads);
          } finally {
            heartbeats.shutdownNow();
          }
        });
    return server;
  }

  private void observe(
      NodeMetrics metrics,
      ReplicaHost host,
      InboundBudget inbound,
      CallMemory callMemory,
      MemoryPlan memory) {
    metrics.observe(host.catalog()::partitions);
    metrics.gauge(
        "tideline.partitions.not.opened",
        "Partitions whose files were found damaged at start",
        "",
        () -> host.catalog().failures().size());
    metrics.gauge("tideline.log.size", "Bytes of log segments", "bytes", host::logBytes);
    metrics.gauge(
        "tideline.log.syncs",
        "Forces of log segments since the start",
        "",
        () -> host.logStats().syncs());
    metrics.gauge(
        "tideline.log.written",
        "Bytes written to log segments since the start",
        "bytes",
        () -> host.logStats().writtenBytes());
    metrics.gauge(
        "tideline.log.replayed", "Log entries applied again at start", "", host::replayedEntries);
    metrics.gauge(
        "tideline.writes.in.flight", "Bytes of writes in flight", "bytes", host::inFlightBytes);
    metrics.gauge("tideline.writes.in.flight.limit", "Limit of it", "bytes", memory::writeBytes);
    metrics.gauge(
        "tideline.calls.in.flight", "Bytes of calls in flight", "bytes", callMemory::usedBytes);
    metrics.gauge(
        "tideline.calls.arriving", "Bytes of requests arriving", "bytes", inbound::usedBytes);
    metrics.gauge("tideline.calls.arriving.limit", "Limit of it", "bytes", inbound::limitBytes);
    metrics.gauge("tideline.calls.in.flight.limit", "Limit of it", "bytes", callMemory::limitBytes);
    metrics.gauge(
        "tideline.memtable.pool.limit", "Memory for memtables", "bytes", memory::memtablePoolBytes);
    metrics.gauge(
        "tideline.block.cache.limit", "Memory for blocks", "bytes", memory::blockCacheBytes);
    metrics.gauge(
        "tideline.network.memory.limit", "Memory for buffers", "bytes", memory::networkBytes);
  }

  private NodeInfo describe(NodeIdentity identity, int grpcPort, int httpPort, MemoryPlan memory) {
    String host = config.advertisedAddress();
    return new NodeInfo(
        new NodeAddress(
            identity.nodeId(),
            Ports.join(host, grpcPort),
            identity.raftAddress(),
            Ports.join(host, httpPort)),
        identity.clusterId(),
        Machine.version(),
        startTimeMillis,
        clock.millis() - startTimeMillis,
        memory.heapLimitBytes(),
        memory.memtablePoolBytes(),
        memory.blockCacheBytes(),
        memory.networkBytes());
  }

  // --- While it runs ---

  /** Addresses with the ports that were chosen, and what else the node tells of itself. */
  public NodeInfo info() {
    return info.join();
  }

  /** Waits for an error after which the node must not go on. */
  public Throwable awaitFatal() throws InterruptedException {
    try {
      return fatal.get();
    } catch (java.util.concurrent.ExecutionException e) {
      throw new AssertionError("fatal never fails", e);
    }
  }

  /** As {@link #awaitFatal}, but as a future. */
  public CompletableFuture<Throwable> whenFatal() {
    return fatal.copy();
  }

  private void onFatal(Throwable error) {
    serving = false;
    if (fatal.complete(error)) {
      log.error("this node must stop: {}", String.valueOf(error.getMessage()), error);
    }
  }

  // --- Stop ---

  /** Stops the node; returns when everything is closed. */
  public synchronized void stop() {
    serving = false;
    boolean stopped = !parts.isEmpty();
    while (!parts.isEmpty()) {
      Part part = parts.pop();
      try {
        part.closeable().close();
      } catch (Exception e) {
        // The rest must still be closed; the data is safe in the log either way.
        log.error("closing the {} failed", part.name(), e);
      }
    }
    if (stopped) {
      log.info("stopped");
    }
  }

  @Override
  public void close() {
    stop();
  }

  private void stopGrpc(
      Server server,
      CallRunner runner,
      Tails tails,
      HealthStatusManager health,
      ExecutorService threads)
      throws InterruptedException {
    long graceMillis = config.number(ConfigKey.GRPC_STOP_GRACE);
    log.info("stopping: no new calls, up to {} ms for those in flight", graceMillis);
    health.enterTerminalState();
    runner.stopAccepting();
    tails.stop();
    server.shutdown();
    if (!server.awaitTermination(graceMillis, TimeUnit.MILLISECONDS)) {
      log.warn("calls still in flight after {} ms are cut off", graceMillis);
      server.shutdownNow();
      server.awaitTermination(graceMillis, TimeUnit.MILLISECONDS);
    }
    threads.shutdownNow();
  }

  private static void setHealth(Server grpc, HealthStatusManager health, ServingStatus status) {
    health.setStatus(HealthStatusManager.SERVICE_NAME_ALL_SERVICES, status);
    grpc.getServices()
        .forEach(service -> health.setStatus(service.getServiceDescriptor().getName(), status));
  }

  private synchronized <T extends AutoCloseable> T opened(String name, T part) {
    parts.push(new Part(name, part));
    return part;
  }

  private InetSocketAddress bindAddress(ConfigKey port) throws StartException {
    return Ports.address(config.text(ConfigKey.BIND_ADDRESS), config.count(port));
  }

  private static InetSocketAddress raftAddress(NodeIdentity identity) throws StartException {
    String address = identity.raftAddress();
    return Ports.address(Ports.host(address), Ports.port(address));
  }
}
