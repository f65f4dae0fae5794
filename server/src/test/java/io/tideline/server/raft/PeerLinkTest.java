package io.tideline.server.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.alipay.remoting.Connection;
import com.alipay.remoting.InvokeCallback;
import com.alipay.remoting.exception.RemotingException;
import com.alipay.sofa.jraft.error.InvokeTimeoutException;
import com.alipay.sofa.jraft.rpc.RpcRequests.AppendEntriesRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.TimeoutNowRequest;
import com.alipay.sofa.jraft.util.Endpoint;
import com.google.protobuf.ByteString;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.embedded.EmbeddedChannel;
import java.net.ConnectException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A link by itself: time is a variable, the network an object that does as it is told. */
final class PeerLinkTest {

  private static final Object VOTE = TimeoutNowRequest.getDefaultInstance();

  private final Network network = new Network();
  private final Outcome outcome = new Outcome();
  private long now = 1_000_000;
  private int cameUp;
  private int ended;
  private final PeerLink link =
      new PeerLink(
          new Endpoint("127.0.0.1", 7421),
          network,
          Runnable::run,
          () -> now,
          () -> cameUp++,
          () -> ended++);

  @Test
  void aLinkIsUpOnceAPingWasAnswered() {
    network.silent = true;
    link.tick();
    assertThat(link.isUp()).isFalse();
    assertThat(network.connections.getFirst().isActive()).isFalse();
    network.silent = false;
    now += PeerLink.BACKOFF_MILLIS_MAX;
    link.tick();
    assertThat(link.isUp()).isTrue();
    assertThat(cameUp).isEqualTo(1);
  }

  @Test
  void aLinkThatIsDownRefusesAtOnceAndSendsNothing() {
    network.refuses = true;
    link.tick();
    assertThatThrownBy(() -> link.send(VOTE, outcome, 100))
        .isInstanceOf(com.alipay.sofa.jraft.error.RemotingException.class)
        .hasMessageContaining("127.0.0.1:7421")
        .hasMessageContaining("not connected");
    assertThat(network.sent).isEmpty();
    assertThat(network.attempts).isEqualTo(1);
  }

  @Test
  void aProcessHasEndedWhenItsPortRefusesAfterTheLinkWasUpAndThatIsToldOnce() {
    network.refuses = true;
    link.tick();
    assertThat(ended).as("it was never up").isZero();
    network.refuses = false;
    now += PeerLink.BACKOFF_MILLIS_MAX;
    link.tick();
    for (int round = 1; round <= 2; round++) {
      network.connections.getLast().close();
      network.timesOut = true;
      link.tick();
      assertThat(ended).as("cut off is not ended").isEqualTo(round - 1);
      network.timesOut = false;
      network.refuses = true;
      for (int i = 0; i < 3; i++) {
        now += PeerLink.BACKOFF_MILLIS_MAX;
        link.tick();
      }
      assertThat(ended).isEqualTo(round);
      network.refuses = false;
      now += PeerLink.BACKOFF_MILLIS_MAX;
      link.tick();
      assertThat(link.isUp()).isTrue();
    }
  }

  @Test
  void pausesBetweenAttemptsDoubleUpToASecond() {
    network.refuses = true;
    List<Long> attempts = new ArrayList<>();
    long begin = now;
    for (int i = 0; i < 5_000 && attempts.size() < 8; i += 10) {
      int before = network.attempts;
      link.tick();
      if (network.attempts > before) {
        attempts.add(now - begin);
      }
      now += 10;
    }
    assertThat(attempts).containsExactly(0L, 50L, 150L, 350L, 750L, 1_550L, 2_550L, 3_550L);
  }

  @Test
  void aQuietLinkIsAskedForASignOfLifeAndGivenUpWithoutOne() {
    link.tick();
    int pings = network.pings;
    now += PeerLink.QUIET_MILLIS - 1;
    link.tick();
    assertThat(network.pings).isEqualTo(pings);
    now += 1;
    link.tick();
    assertThat(network.pings).isEqualTo(pings + 1);
    assertThat(link.isUp()).isTrue();

    network.silent = true;
    now += PeerLink.QUIET_MILLIS;
    link.tick();
    assertThat(link.isUp()).isFalse();
    assertThat(network.connections.getFirst().isActive()).isFalse();
  }

  @Test
  void anAnswerHeardWhileThePingWaitsKeepsTheLink() throws Exception {
    link.tick();
    link.send(VOTE, outcome, 100);
    network.silent = true;
    now += PeerLink.QUIET_MILLIS;
    network.beforePingFails =
        () -> {
          now += 10;
          network.sent.getFirst().onResponse("answer");
        };
    link.tick();
    assertThat(link.isUp()).isTrue();
    assertThat(outcome.result).isEqualTo("answer");
  }

  @Test
  void aClosedConnectionIsReplacedAtTheNextTick() {
    link.tick();
    network.connections.getFirst().close();
    assertThat(link.isUp()).isFalse();
    link.tick();
    assertThat(link.isUp()).isTrue();
    assertThat(cameUp).isEqualTo(2);
  }

  @Test
  void aLinkThatIsEndedConnectsNoMore() {
    link.tick();
    link.close();
    assertThat(link.isUp()).isFalse();
    assertThat(network.connections.getFirst().isActive()).isFalse();
    now += 60_000;
    link.tick();
    assertThat(network.attempts).isEqualTo(1);
  }

  @Test
  void bytesOfUnansweredEntriesAreBoundedAndHeartbeatsPass() throws Exception {
    link.tick();
    AppendEntriesRequest entries = append(1 << 20);
    int accepted = 0;
    while (accepted < 1_000) {
      try {
        link.send(entries, outcome, 100);
        accepted++;
      } catch (com.alipay.sofa.jraft.error.RemotingException e) {
        assertThat(e).hasMessageContaining(Long.toString(PeerLink.OUTSTANDING_BYTES_MAX));
        break;
      }
    }
    assertThat(accepted).isEqualTo((int) (PeerLink.OUTSTANDING_BYTES_MAX >> 20) + 1);
    link.send(append(0), outcome, 100);
    link.send(VOTE, outcome, 100);
    for (InvokeCallback callback : network.sent) {
      callback.onResponse("answer");
    }
    assertThat(link.outstandingBytes()).isZero();
    link.send(entries, outcome, 100);
  }

  @Test
  void failuresToSendAndTimeoutsAreToldInTermsOfJRaftAndHoldNoBytes() throws Exception {
    link.tick();
    link.send(append(10), outcome, 100);
    network
        .sent
        .getFirst()
        .onException(new com.alipay.remoting.rpc.exception.InvokeTimeoutException("late"));
    assertThat(outcome.error).isInstanceOf(InvokeTimeoutException.class);
    network.unsendable = true;
    assertThatThrownBy(() -> link.send(append(10), outcome, 100))
        .isInstanceOf(com.alipay.sofa.jraft.error.RemotingException.class)
        .hasMessageContaining("unsendable on purpose");
    assertThat(link.outstandingBytes()).isZero();
  }

  private static AppendEntriesRequest append(int bytes) {
    return AppendEntriesRequest.newBuilder()
        .setGroupId("p1")
        .setServerId("127.0.0.1:1")
        .setPeerId("127.0.0.1:2")
        .setTerm(1)
        .setPrevLogTerm(1)
        .setPrevLogIndex(1)
        .setCommittedIndex(1)
        .setData(ByteString.copyFrom(new byte[bytes]))
        .build();
  }

  private static final class Outcome implements com.alipay.sofa.jraft.rpc.InvokeCallback {
    @Nullable Object result;
    @Nullable Throwable error;

    @Override
    public void complete(@Nullable Object answered, @Nullable Throwable failed) {
      result = answered;
      error = failed;
    }

    @Override
    public Executor executor() {
      return Runnable::run;
    }
  }

  private static final class Network implements PeerLink.Wire {
    final List<EmbeddedChannel> connections = new ArrayList<>();
    final List<InvokeCallback> sent = new ArrayList<>();
    int attempts;
    int pings;
    boolean refuses;
    boolean timesOut;
    boolean silent;
    boolean unsendable;
    Runnable beforePingFails = () -> {};

    @Override
    public Connection connect(Endpoint endpoint) throws RemotingException {
      attempts++;
      if (timesOut) {
        throw new RemotingException("nobody answers", new ConnectTimeoutException("on purpose"));
      }
      if (refuses) {
        throw new RemotingException("refused on purpose", new ConnectException("refused"));
      }
      EmbeddedChannel channel = new EmbeddedChannel();
      connections.add(channel);
      return new Connection(channel);
    }

    @Override
    public void ping(Connection connection, int timeoutMillis) throws RemotingException {
      pings++;
      if (silent) {
        beforePingFails.run();
        throw new RemotingException("silent on purpose");
      }
    }

    @Override
    public void send(
        Connection connection, Object request, InvokeCallback callback, int timeoutMillis)
        throws RemotingException {
      if (unsendable) {
        throw new RemotingException("unsendable on purpose");
      }
      sent.add(callback);
    }
  }
}
