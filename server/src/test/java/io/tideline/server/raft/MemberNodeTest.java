package io.tideline.server.raft;

import static org.assertj.core.api.Assertions.assertThat;

import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.rpc.RpcRequests.ErrorResponse;
import com.alipay.sofa.jraft.rpc.RpcRequests.RequestVoteRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.RequestVoteResponse;
import com.google.protobuf.Message;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;

/** A node by itself that was never started, so that JRaft answers every request with an error. */
final class MemberNodeTest {

  private static final long ELECTION_TIMEOUT_MILLIS = 1_000;
  private static final long NOW = 5_000;
  private static final PeerId SELF = new PeerId("127.0.0.1", 1);
  private static final RequestVoteRequest CANDIDACY =
      RequestVoteRequest.newBuilder()
          .setGroupId("p1")
          .setServerId("127.0.0.1:2")
          .setPeerId(SELF.toString())
          .setTerm(7)
          .setLastLogTerm(6)
          .setLastLogIndex(100)
          .setPreVote(false)
          .build();

  private final LeaderContact contact = new LeaderContact(() -> NOW, ELECTION_TIMEOUT_MILLIS);

  @Test
  void aPromiseMadeWhileARequestForVotesIsHandledIsKept() {
    AtomicInteger asked = new AtomicInteger();
    Message answer =
        vote(
            () -> {
              if (asked.incrementAndGet() == 2) {
                contact.arrived();
              }
              return NOW;
            });
    assertThat(answer)
        .as("JRaft's answer is not told")
        .isInstanceOfSatisfying(
            RequestVoteResponse.class, refused -> assertThat(refused.getGranted()).isFalse());
  }

  @Test
  void withoutAPromiseTheAnswerIsJRafts() {
    assertThat(vote(() -> NOW)).isInstanceOf(ErrorResponse.class);
  }

  private Message vote(LongSupplier clock) {
    MemberNode node =
        new MemberNode(
            "p1",
            SELF,
            contact,
            new LeaderLease(clock, ELECTION_TIMEOUT_MILLIS),
            clock,
            NOW,
            index -> 0);
    return node.handleRequestVoteRequest(CANDIDACY);
  }
}
