package io.tideline.client;

import io.grpc.Channel;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.netty.channel.ChannelOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The channel to the cluster's nodes, tuned to survive their restarts, and the threads that
 * complete calls.
 *
 * <p>gRPC waits up to two minutes between attempts to connect to a node that was away for long.
 * Here a failing channel is told to try again within a second: see {@link Hurrying}.
 *
 * <p>Thread-safe.
 */
final class Connection implements Caller.Channels, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Connection.class);

  /** In one network a connection that is not there after this long will not come. */
  private static final int CONNECT_TIMEOUT_MILLIS = 2_000;

  /** With {@link #KEEPALIVE_TIMEOUT_SECONDS}: how soon a host that vanished is noticed. */
  private static final int KEEPALIVE_SECONDS = 20;

  private static final int KEEPALIVE_TIMEOUT_SECONDS = 5;

  /** Between two attempts to connect, the random half of it included. */
  private static final long RECONNECT_NANOS_MAX = TimeUnit.SECONDS.toNanos(1);

  /** A sync or scan is at most 4 MiB; the newest entries of 1,000 timelines may be much more. */
  private static final int RESPONSE_BYTES_MAX = 64 << 20;

  /** How long close lets calls on their way finish before it cuts them. */
  private static final long CLOSE_GRACE_SECONDS = 5;

  private static final long THREAD_IDLE_SECONDS = 30;

  private final ClientClock clock;
  private final ThreadPoolExecutor executor;
  private final ManagedChannel channel;
  private final String userAgent;
  private final boolean several;

  /**
   * Connections of their own to nodes that lead something. Few: one per node of the cluster.
   * Changed under the lock of this.
   */
  private final Map<ServerAddress, ManagedChannel> direct = new ConcurrentHashMap<>();

  private volatile boolean closed;

  Connection(List<ServerAddress> addresses, String userAgent, ClientClock clock) {
    this.clock = clock;
    this.executor =
        new ThreadPoolExecutor(
            0,
            Integer.MAX_VALUE,
            THREAD_IDLE_SECONDS,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            ClientThreads.factory("tideline-client-io"));
    this.userAgent = userAgent(userAgent);
    this.several = addresses.size() > 1;
    this.channel = open(addresses);
  }

  private ManagedChannel open(List<ServerAddress> addresses) {
    ManagedChannel opened =
        NettyChannelBuilder.forTarget(StaticAddresses.target(addresses))
            .usePlaintext()
            .executor(executor)
            .offloadExecutor(executor)
            .defaultLoadBalancingPolicy(addresses.size() > 1 ? "round_robin" : "pick_first")
            .userAgent(userAgent)
            .maxInboundMessageSize(RESPONSE_BYTES_MAX)
            .withOption(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MILLIS)
            .keepAliveTime(KEEPALIVE_SECONDS, TimeUnit.SECONDS)
            .keepAliveTimeout(KEEPALIVE_TIMEOUT_SECONDS, TimeUnit.SECONDS)
            .build();
    new Hurrying(opened).watch(ConnectivityState.IDLE);
    return opened;
  }

  private static String userAgent(String application) {
    String version = Connection.class.getPackage().getImplementationVersion();
    String own = "tideline-java/" + (version == null ? "dev" : version);
    return application.isEmpty() ? own : application + " " + own;
  }

  @Override
  public Channel any() {
    return channel;
  }

  @Override
  public boolean toSeveral() {
    return several;
  }

  /** Never waits for a node: one that is away is reached through {@link #any} or not at all. */
  @Override
  public @Nullable Channel connected(ServerAddress node) {
    ManagedChannel own = direct.get(node);
    if (own == null) {
      own = openDirect(node);
    }
    return own != null && own.getState(true) == ConnectivityState.READY ? own : null;
  }

  /** Null once closed. */
  private synchronized @Nullable ManagedChannel openDirect(ServerAddress node) {
    return closed ? null : direct.computeIfAbsent(node, address -> open(List.of(address)));
  }

  @Override
  public synchronized void keepOnly(Set<ServerAddress> nodes) {
    direct
        .entrySet()
        .removeIf(
            kept -> {
              boolean gone = !nodes.contains(kept.getKey());
              if (gone) {
                kept.getValue().shutdown();
              }
              return gone;
            });
  }

  /** Follows a channel's state, and hurries it while it cannot connect. */
  private final class Hurrying {
    private final ManagedChannel channel;
    private final AtomicBoolean reconnecting = new AtomicBoolean();

    Hurrying(ManagedChannel channel) {
      this.channel = channel;
    }

    /** From the state that was seen last. */
    void watch(ConnectivityState seen) {
      channel.notifyWhenStateChanged(
          seen,
          () -> {
            ConnectivityState now = channel.getState(false);
            if (now == ConnectivityState.TRANSIENT_FAILURE
                && reconnecting.compareAndSet(false, true)) {
              LOG.info("no connection to {}; trying again until it is back", channel.authority());
              scheduleReconnect();
            }
            if (now != ConnectivityState.SHUTDOWN) {
              watch(now);
            }
          });
    }

    private void scheduleReconnect() {
      long delay = (long) (RECONNECT_NANOS_MAX * (1 + clock.random()) / 2);
      clock.schedule(delay, this::reconnect);
    }

    private void reconnect() {
      if (channel.getState(false) == ConnectivityState.TRANSIENT_FAILURE) {
        channel.resetConnectBackoff();
        scheduleReconnect();
      } else {
        reconnecting.set(false);
      }
    }
  }

  /** Lets calls on their way finish for some seconds, then ends connections and threads. */
  @Override
  public void close() {
    List<ManagedChannel> all = new ArrayList<>();
    synchronized (this) {
      closed = true;
      all.addAll(direct.values());
    }
    all.add(channel);
    all.forEach(ManagedChannel::shutdown);
    try {
      if (!awaitTermination(all)) {
        all.forEach(ManagedChannel::shutdownNow);
        if (!awaitTermination(all)) {
          LOG.warn("connections to {} did not close in time", channel.authority());
        }
      }
    } catch (InterruptedException e) {
      all.forEach(ManagedChannel::shutdownNow);
      Thread.currentThread().interrupt();
    } finally {
      executor.shutdown();
    }
  }

  /** Whether all ended within {@link #CLOSE_GRACE_SECONDS} together. */
  private boolean awaitTermination(List<ManagedChannel> all) throws InterruptedException {
    long end = clock.nanoTime() + TimeUnit.SECONDS.toNanos(CLOSE_GRACE_SECONDS);
    boolean ended = true;
    for (ManagedChannel one : all) {
      ended &= one.awaitTermination(Math.max(0, end - clock.nanoTime()), TimeUnit.NANOSECONDS);
    }
    return ended;
  }
}
