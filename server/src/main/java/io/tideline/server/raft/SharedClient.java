package io.tideline.server.raft;

import com.alipay.remoting.ConnectionEventType;
import com.alipay.sofa.jraft.ReplicatorGroup;
import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.error.RemotingException;
import com.alipay.sofa.jraft.option.RpcOptions;
import com.alipay.sofa.jraft.rpc.InvokeCallback;
import com.alipay.sofa.jraft.rpc.InvokeContext;
import com.alipay.sofa.jraft.rpc.RpcClient;
import com.alipay.sofa.jraft.rpc.impl.BoltRpcClient;
import com.alipay.sofa.jraft.util.Endpoint;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * One group's use of the process's one transport client: JRaft would give each group a client of
 * its own, with three threads and its own connections.
 *
 * <p>Lifetime: the transport client starts with the first user and stops with the last.
 */
final class SharedClient implements RpcClient {

  private static final Object LOCK = new Object();

  /** Told of new connections, so that their replicators look at them. */
  private static final Set<ReplicatorGroup> LISTENERS = ConcurrentHashMap.newKeySet();

  // Guarded by LOCK.
  private static @Nullable BoltRpcClient shared;
  private static int users;

  private @Nullable ReplicatorGroup listener;
  private volatile @Nullable BoltRpcClient client;

  @Override
  public boolean init(RpcOptions options) {
    synchronized (LOCK) {
      BoltRpcClient started = shared;
      if (started == null) {
        started = new BoltRpcClient(new com.alipay.remoting.rpc.RpcClient());
        started
            .getRpcClient()
            .addConnectionEventProcessor(
                ConnectionEventType.CONNECT, (address, connection) -> connected(address));
        started.init(options);
        shared = started;
      }
      users++;
      client = started;
    }
    return true;
  }

  private static void connected(String address) {
    PeerId peer = new PeerId();
    if (peer.parse(address)) {
      LISTENERS.forEach(group -> group.checkReplicator(peer, true));
    }
  }

  /** Stops using the client; once. */
  @Override
  public void shutdown() {
    synchronized (LOCK) {
      BoltRpcClient used = client;
      if (used == null) {
        return;
      }
      client = null;
      if (listener != null) {
        LISTENERS.remove(listener);
      }
      users--;
      if (users == 0) {
        shared = null;
        used.shutdown();
      }
    }
  }

  @Override
  public void registerConnectEventListener(ReplicatorGroup group) {
    listener = group;
    LISTENERS.add(group);
  }

  @Override
  public boolean checkConnection(Endpoint endpoint) {
    BoltRpcClient used = client;
    return used != null && used.checkConnection(endpoint);
  }

  @Override
  public boolean checkConnection(Endpoint endpoint, boolean createIfAbsent) {
    BoltRpcClient used = client;
    return used != null && used.checkConnection(endpoint, createIfAbsent);
  }

  /** Connections are shared by all groups: the transport closes those that break. */
  @Override
  public void closeConnection(Endpoint endpoint) {}

  @Override
  public Object invokeSync(
      Endpoint endpoint, Object request, @Nullable InvokeContext context, long timeoutMillis)
      throws InterruptedException, RemotingException {
    return started().invokeSync(endpoint, request, context, timeoutMillis);
  }

  @Override
  public void invokeAsync(
      Endpoint endpoint,
      Object request,
      @Nullable InvokeContext context,
      InvokeCallback callback,
      long timeoutMillis)
      throws InterruptedException, RemotingException {
    started().invokeAsync(endpoint, request, context, callback, timeoutMillis);
  }

  private BoltRpcClient started() throws RemotingException {
    BoltRpcClient used = client;
    if (used == null) {
      throw new RemotingException("the Raft transport client is shut down");
    }
    return used;
  }
}
