package io.tideline.server.raft;

import static org.assertj.core.api.Assertions.assertThat;

import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.rpc.InvokeCallback;
import com.alipay.sofa.jraft.rpc.RpcRequests.AppendEntriesRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.AppendEntriesResponse;
import com.alipay.sofa.jraft.rpc.RpcRequests.ErrorResponse;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.Test;

final class LeaderLeaseTest {

  private static final long TIMEOUT = 1_000;
  private static final long LEASE = TIMEOUT * LeaderLease.PERCENT / 100;
  private static final List<PeerId> VOTERS =
      List.of(voter(1), voter(2), voter(3), voter(4), voter(5));

  private long now = 70_000;
  private final LeaderLease lease = new LeaderLease(() -> now, TIMEOUT);

  @Test
  void aMajorityMustHaveTakenARecentMessage() {
    assertThat(held(7)).isFalse();
    lease.note(voter(2).getEndpoint(), 7, now);
    assertThat(held(7)).isFalse();
    now += 300;
    lease.note(voter(3).getEndpoint(), 7, now);
    assertThat(held(7)).isTrue();
    now += LEASE - 301;
    assertThat(held(7)).isTrue();
    now += 1;
    assertThat(held(7)).as("the older of the two is over").isFalse();
    lease.note(voter(5).getEndpoint(), 7, now);
    assertThat(held(7)).isTrue();
  }

  @Test
  void messagesOfAnEarlierTermCountForNothing() {
    lease.note(voter(2).getEndpoint(), 7, now);
    lease.note(voter(3).getEndpoint(), 7, now);
    assertThat(held(8)).isFalse();
    lease.note(voter(2).getEndpoint(), 8, now - 10);
    lease.note(voter(3).getEndpoint(), 8, now - 10);
    assertThat(held(8)).isTrue();
    lease.note(voter(2).getEndpoint(), 7, now);
    assertThat(held(8)).isTrue();
  }

  /** An answer that comes late, or out of order, tells of when its message was sent. */
  @Test
  void theTimeOfSendingCounts() {
    InvokeCallback first = sent(2, 7);
    InvokeCallback alsoSent = sent(3, 7);
    now += 100;
    InvokeCallback second = sent(2, 7);
    now += LEASE - 100;
    second.complete(taken(7), null);
    first.complete(taken(7), null);
    alsoSent.complete(taken(7), null);
    assertThat(held(7)).isFalse();
    now -= 1;
    assertThat(held(7)).isTrue();
  }

  @Test
  void refusalsAndFailuresPromiseNothing() {
    sent(2, 7).complete(taken(8), null);
    sent(3, 7).complete(null, new IOException("broken"));
    sent(4, 7).complete(ErrorResponse.newBuilder().setErrorCode(1).build(), null);
    sent(5, 7)
        .complete(
            taken(7).toBuilder()
                .setErrorResponse(ErrorResponse.newBuilder().setErrorCode(1))
                .build(),
            null);
    assertThat(held(7)).isFalse();
  }

  @Test
  void aLeaderOfOneNeedsNobody() {
    assertThat(lease.isHeld(7, List.of(voter(1)), voter(1))).isTrue();
  }

  private boolean held(long term) {
    return lease.isHeld(term, VOTERS, voter(1));
  }

  private InvokeCallback sent(int voter, long term) {
    return lease.noting(
        voter(voter).getEndpoint(),
        AppendEntriesRequest.newBuilder()
            .setGroupId("p1")
            .setServerId(voter(1).toString())
            .setPeerId(voter(voter).toString())
            .setTerm(term)
            .setPrevLogTerm(1)
            .setPrevLogIndex(1)
            .setCommittedIndex(1)
            .build(),
        new InvokeCallback() {
          @Override
          public void complete(Object result, Throwable error) {}

          @Override
          public Executor executor() {
            return Runnable::run;
          }
        });
  }

  private static AppendEntriesResponse taken(long term) {
    return AppendEntriesResponse.newBuilder().setTerm(term).setSuccess(true).build();
  }

  private static PeerId voter(int number) {
    return new PeerId("127.0.0." + number, 7421);
  }
}
