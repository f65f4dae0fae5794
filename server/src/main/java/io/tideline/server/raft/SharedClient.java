package io.tideline.server.raft;

import com.alipay.sofa.jraft.ReplicatorGroup;
import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.error.InvokeTimeoutException;
import com.alipay.sofa.jraft.error.RaftError;
import com.alipay.sofa.jraft.error.RemotingException;
import com.alipay.sofa.jraft.option.RpcOptions;
import com.alipay.sofa.jraft.rpc.InvokeCallback;
import com.alipay.sofa.jraft.rpc.InvokeContext;
import com.alipay.sofa.jraft.rpc.RpcClient;
import com.alipay.sofa.jraft.rpc.RpcRequests.AppendEntriesRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.ErrorResponse;
import com.alipay.sofa.jraft.rpc.RpcRequests.PingRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.RequestVoteRequest;
import com.alipay.sofa.jraft.util.Endpoint;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One group's use of the process's links: JRaft would give each group a client of its own, with
 * three threads and its own connections.
 *
 * <p>Nothing here waits for a connection. JRaft asks for one, and pings, while it holds the group's
 * lock on a timer's thread; with a member that is gone, hundreds of groups would then stand in line
 * for timeouts instead of electing. So these questions are answered from what the link knows.
 */
final class SharedClient implements RpcClient {

  /** Looks at what is sent in a group's name. */
  interface Sending {

    /**
     * A request for votes as it is to be sent.
     *
     * @throws RemotingException if it is not to be sent
     */
    RequestVoteRequest vote(RequestVoteRequest request) throws RemotingException;

    /** The callback for the answer of a member. */
    InvokeCallback append(Endpoint member, AppendEntriesRequest request, InvokeCallback callback);
  }

  /** Told of members whose process has ended; says when the group may stand for election then. */
  interface LossWatch {

    LossWatch NONE =
        new LossWatch() {
          @Override
          public void memberGone(Endpoint member) {}

          @Override
          public boolean isOthersTurn() {
            return false;
          }
        };

    void memberGone(Endpoint member);

    /** Whether another member is to stand for election now, so that this one asks nobody yet. */
    boolean isOthersTurn();
  }

  /** When this group last sent log entries or a heartbeat to a member. */
  private final Map<Endpoint, Long> appendedMillis = new ConcurrentHashMap<>();

  /** Whether the group must not ask for votes. */
  private volatile BooleanSupplier withholdsVotes = () -> false;

  private volatile @Nullable Sending sending;

  private volatile LossWatch lossWatch = LossWatch.NONE;
  private final Consumer<Endpoint> memberGone = member -> lossWatch.memberGone(member);
  private @Nullable ReplicatorGroup listener;
  private volatile @Nullable PeerLinks links;

  @Override
  public boolean init(RpcOptions options) {
    PeerLinks acquired = PeerLinks.acquire();
    if (listener != null) {
      acquired.addListener(listener);
    }
    acquired.addLossListener(memberGone);
    links = acquired;
    return true;
  }

  /** Stops using the links; once. */
  @Override
  public synchronized void shutdown() {
    PeerLinks used = links;
    if (used == null) {
      return;
    }
    links = null;
    if (listener != null) {
      used.removeListener(listener);
    }
    used.removeLossListener(memberGone);
    used.release();
  }

  /** JRaft registers before it initialises. */
  @Override
  public void registerConnectEventListener(ReplicatorGroup group) {
    listener = group;
  }

  /** Keeps the group from standing for election for as long as it is told so. */
  void withholdVotes(BooleanSupplier whether) {
    withholdsVotes = whether;
  }

  /** Has what is sent from now on looked at. */
  void sending(Sending by) {
    sending = by;
  }

  /** Tells the group of members whose process has ended. */
  void onMemberGone(LossWatch told) {
    lossWatch = told;
  }

  /** Begins to connect, so that the link is up when it is first needed. */
  void prepare(Collection<PeerId> peers, PeerId self) {
    PeerLinks used = links;
    if (used != null) {
      peers.stream()
          .filter(peer -> !peer.equals(self))
          .forEach(peer -> used.link(peer.getEndpoint()));
    }
  }

  @Override
  public boolean checkConnection(Endpoint endpoint) {
    PeerLinks used = links;
    return used != null && used.link(endpoint).isUp();
  }

  /** A link connects by itself, whether asked to or not. */
  @Override
  public boolean checkConnection(Endpoint endpoint, boolean createIfAbsent) {
    return checkConnection(endpoint);
  }

  /** Connections are shared by all groups: the links close those that break. */
  @Override
  public void closeConnection(Endpoint endpoint) {}

  /** A ping is answered from what is known, anything else by the other end. */
  @Override
  public Object invokeSync(
      Endpoint endpoint, Object request, @Nullable InvokeContext context, long timeoutMillis)
      throws InterruptedException, RemotingException {
    if (request instanceof PingRequest) {
      return checkConnection(endpoint)
          ? ErrorResponse.newBuilder().setErrorCode(0).build()
          : ErrorResponse.newBuilder()
              .setErrorCode(RaftError.EHOSTDOWN.getNumber())
              .setErrorMsg("member " + endpoint + " is not connected")
              .build();
    }
    CompletableFuture<Object> answer = new CompletableFuture<>();
    invokeAsync(endpoint, request, context, new Completing(answer), timeoutMillis);
    try {
      return answer.get(timeoutMillis, TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new InvokeTimeoutException(e);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RemotingException remote
          ? remote
          : new RemotingException(e.getCause());
    }
  }

  @Override
  public void invokeAsync(
      Endpoint endpoint,
      Object request,
      @Nullable InvokeContext context,
      InvokeCallback callback,
      long timeoutMillis)
      throws RemotingException {
    PeerLinks used = links;
    if (used == null) {
      throw new RemotingException("the Raft transport client is shut down");
    }
    if (request instanceof RequestVoteRequest && withholdsVotes.getAsBoolean()) {
      throw new RemotingException("this member does not stand for election until it has caught up");
    }
    if (request instanceof RequestVoteRequest vote
        && vote.getPreVote()
        && lossWatch.isOthersTurn()) {
      throw new RemotingException("another member stands for election first");
    }
    if (request instanceof AppendEntriesRequest) {
      appendedMillis.put(endpoint, MonotonicClock.MILLIS.getAsLong());
    }
    Sending by = sending;
    PeerLink link = used.link(endpoint);
    switch (request) {
      case RequestVoteRequest vote when by != null ->
          link.send(by.vote(vote), callback, timeoutMillis);
      case AppendEntriesRequest append when by != null ->
          link.send(append, by.append(endpoint, append, callback), timeoutMillis);
      default -> link.send(request, callback, timeoutMillis);
    }
  }

  /**
   * For how long a member that can be reached was sent nothing, not even a heartbeat; of several
   * members the longest time, 0 if there are none.
   *
   * @param sinceMillis time before this does not count: this node did not lead then
   */
  long silentMillis(Collection<PeerId> peers, PeerId self, long sinceMillis) {
    PeerLinks used = links;
    if (used == null) {
      return 0;
    }
    long now = MonotonicClock.MILLIS.getAsLong();
    long longest = 0;
    for (PeerId peer : peers) {
      PeerLink link = peer.equals(self) ? null : used.link(peer.getEndpoint());
      if (link != null && link.isUp()) {
        long sent = appendedMillis.getOrDefault(peer.getEndpoint(), sinceMillis);
        long since = Math.max(sent, Math.max(sinceMillis, link.upSinceMillis()));
        longest = Math.max(longest, now - since);
      }
    }
    return longest;
  }

  private record Completing(CompletableFuture<Object> answer) implements InvokeCallback {

    @Override
    public void complete(@Nullable Object result, @Nullable Throwable error) {
      if (error != null) {
        answer.completeExceptionally(error);
      } else {
        answer.complete(result);
      }
    }

    @Override
    public Executor executor() {
      return JRaftProcess.executor();
    }
  }
}
