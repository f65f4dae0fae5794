package io.tideline.server.raft;

import com.alipay.remoting.Connection;
import com.alipay.remoting.InvokeContext;
import com.alipay.remoting.Url;
import com.alipay.remoting.config.BoltClientOption;
import com.alipay.remoting.exception.RemotingException;
import com.alipay.remoting.rpc.RpcClient;
import com.alipay.remoting.rpc.protocol.RpcProtocolV2;
import com.alipay.sofa.jraft.ReplicatorGroup;
import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.rpc.RpcRequests.PingRequest;
import com.alipay.sofa.jraft.util.Endpoint;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The links of this process to other members, one each, over one transport client.
 *
 * <p>Lifetime: begins with the first {@link #acquire} and ends with the last {@link #release}; then
 * all connections are closed.
 *
 * <p>Threading: safe for many threads.
 */
final class PeerLinks {

  /** How often links are looked after; a fraction of the shortest pause that matters. */
  private static final long TICK_MILLIS = 50;

  /** A connection on a data centre's network takes a millisecond, or it does not come about. */
  private static final int CONNECT_TIMEOUT_MILLIS = 300;

  private static final Object LOCK = new Object();

  // Guarded by LOCK.
  private static @Nullable PeerLinks shared;
  private static int users;

  private final RpcClient client = new RpcClient();
  private final Executor threads = JRaftProcess.executor();
  private final Map<Endpoint, PeerLink> links = new ConcurrentHashMap<>();

  /** Told of links that come up, so that their replicators start. */
  private final Set<ReplicatorGroup> listeners = ConcurrentHashMap.newKeySet();

  private final Set<Consumer<Endpoint>> lossListeners = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean ticking = new AtomicBoolean();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(Thread.ofVirtual().name("raft-links").factory());

  private PeerLinks(ChannelSecurity security) {
    client.option(BoltClientOption.NETTY_FLUSH_CONSOLIDATION, true);
    client.option(BoltClientOption.CONN_RECONNECT_SWITCH, false);
    security.prepare(client);
    client.startup();
  }

  /** Begins to use the links of the process; each call needs its {@link #release}. */
  static PeerLinks acquire() {
    synchronized (LOCK) {
      PeerLinks started = shared;
      if (started == null) {
        started = new PeerLinks(JRaftProcess.channelSecurity());
        shared = started;
      }
      users++;
      return started;
    }
  }

  void release() {
    synchronized (LOCK) {
      users--;
      if (users > 0) {
        return;
      }
      shared = null;
    }
    timer.shutdownNow();
    links.values().forEach(PeerLink::close);
    client.shutdown();
  }

  /** The link to a member; a new one begins to connect at once. */
  PeerLink link(Endpoint endpoint) {
    PeerLink known = links.get(endpoint);
    if (known != null) {
      return known;
    }
    PeerLink link = links.computeIfAbsent(endpoint, this::newLink);
    link.tick();
    // A node without other members has no links and needs no timer.
    if (ticking.compareAndSet(false, true)) {
      var _ =
          timer.scheduleWithFixedDelay(
              () -> links.values().forEach(PeerLink::tick),
              TICK_MILLIS,
              TICK_MILLIS,
              TimeUnit.MILLISECONDS);
    }
    return link;
  }

  private PeerLink newLink(Endpoint endpoint) {
    return new PeerLink(
        endpoint,
        new BoltWire(),
        threads,
        MonotonicClock.MILLIS,
        () -> connected(endpoint),
        () -> gone(endpoint));
  }

  void addListener(ReplicatorGroup group) {
    listeners.add(group);
  }

  void removeListener(ReplicatorGroup group) {
    listeners.remove(group);
  }

  /** Each on a thread of its own: a group may hold its lock while its disk is slow. */
  private void connected(Endpoint endpoint) {
    PeerId peer = new PeerId(endpoint, 0);
    for (ReplicatorGroup group : listeners) {
      threads.execute(() -> group.checkReplicator(peer, true));
    }
  }

  /** Has the listener told of members whose process has ended. */
  void addLossListener(Consumer<Endpoint> listener) {
    lossListeners.add(listener);
  }

  void removeLossListener(Consumer<Endpoint> listener) {
    lossListeners.remove(listener);
  }

  /** Each on a thread of its own, for the same reason. */
  private void gone(Endpoint endpoint) {
    for (Consumer<Endpoint> listener : lossListeners) {
      threads.execute(() -> listener.accept(endpoint));
    }
  }

  private final class BoltWire implements PeerLink.Wire {

    @Override
    public Connection connect(Endpoint endpoint) throws RemotingException {
      Url url = new Url(endpoint.getIp(), endpoint.getPort());
      url.setConnectTimeout(CONNECT_TIMEOUT_MILLIS);
      // The version with a checksum over each message.
      url.setProtocol(RpcProtocolV2.PROTOCOL_CODE);
      url.setVersion(RpcProtocolV2.PROTOCOL_VERSION_2);
      return client.getConnectionManager().create(url);
    }

    @Override
    public void ping(Connection connection, int timeoutMillis)
        throws RemotingException, InterruptedException {
      PingRequest ping = PingRequest.newBuilder().setSendTimestamp(0).build();
      Object answer = client.invokeSync(connection, ping, checked(), timeoutMillis);
      if (answer == null) {
        throw new RemotingException("an empty answer to a ping");
      }
    }

    @Override
    public void send(
        Connection connection,
        Object request,
        com.alipay.remoting.InvokeCallback callback,
        int timeoutMillis)
        throws RemotingException {
      client.invokeWithCallback(connection, request, checked(), callback, timeoutMillis);
    }

    private static InvokeContext checked() {
      InvokeContext context = new InvokeContext();
      context.put(InvokeContext.BOLT_CRC_SWITCH, true);
      return context;
    }
  }
}
