package io.tideline.server.raft;

import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.rpc.InvokeCallback;
import com.alipay.sofa.jraft.rpc.RpcRequests.AppendEntriesRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.AppendEntriesResponse;
import com.alipay.sofa.jraft.util.Endpoint;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * For how long a leader may trust that nobody else leads: a member that has taken a message from it
 * gives no vote for an election timeout, so while a majority has taken one that was <em>sent</em> a
 * somewhat shorter time ago, there is no other leader.
 *
 * <p>JRaft's own lease is not enough: it also counts members that it has just begun to replicate to
 * and that have not answered.
 *
 * <p>Threading: safe for many threads.
 */
final class LeaderLease {

  /**
   * Percent of the election timeout. The rest bears clocks that run at different rates: up to a
   * fifth slower here than at the members.
   */
  static final int PERCENT = 80;

  /** The newest message of a leader that a member has taken. */
  private record Taken(long term, long sentMillis) {}

  private final LongSupplier clock;
  private final long leaseMillis;
  private final Map<Endpoint, Taken> taken = new ConcurrentHashMap<>();

  LeaderLease(LongSupplier clock, long electionTimeoutMillis) {
    this.clock = clock;
    this.leaseMillis = electionTimeoutMillis * PERCENT / 100;
  }

  /** The callback of a message that is about to be sent, which then also counts here. */
  InvokeCallback noting(Endpoint member, AppendEntriesRequest request, InvokeCallback callback) {
    long sentMillis = clock.getAsLong();
    return new InvokeCallback() {
      @Override
      public void complete(@Nullable Object answer, @Nullable Throwable error) {
        // Also one that lacks the entry before has taken the message for its leader's.
        if (answer instanceof AppendEntriesResponse response
            && !response.hasErrorResponse()
            && response.getTerm() == request.getTerm()) {
          note(member, request.getTerm(), sentMillis);
        }
        callback.complete(answer, error);
      }

      @Override
      public Executor executor() {
        return callback.executor();
      }
    };
  }

  void note(Endpoint member, long term, long sentMillis) {
    taken.merge(
        member,
        new Taken(term, sentMillis),
        (old, now) ->
            old.term() > now.term()
                    || (old.term() == now.term() && old.sentMillis() > now.sentMillis())
                ? old
                : now);
  }

  /**
   * Whether the leader of a term is the only one now.
   *
   * @param voters of the group, {@code self} among them
   */
  boolean isHeld(long term, Collection<PeerId> voters, PeerId self) {
    long now = clock.getAsLong();
    long holding = voters.stream().filter(v -> v.equals(self) || promises(v, term, now)).count();
    return holding >= voters.size() / 2 + 1;
  }

  private boolean promises(PeerId voter, long term, long now) {
    Taken newest = taken.get(voter.getEndpoint());
    return newest != null && newest.term() == term && now - newest.sentMillis() < leaseMillis;
  }
}
