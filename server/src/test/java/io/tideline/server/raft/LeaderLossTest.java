package io.tideline.server.raft;

import static org.assertj.core.api.Assertions.assertThat;

import com.alipay.sofa.jraft.Node;
import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.option.NodeOptions;
import com.alipay.sofa.jraft.option.RaftOptions;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

final class LeaderLossTest {

  private static final int USUAL = 5_000;
  private static final int HURRIED = LeaderLoss.HURRIED_MILLIS;
  private static final PeerId A = new PeerId("127.0.0.1", 1);
  private static final PeerId B = new PeerId("127.0.0.1", 2);
  private static final PeerId C = new PeerId("127.0.0.1", 3);

  private final NodeOptions options = new NodeOptions();
  private final RaftOptions raftOptions = new RaftOptions();

  /** What the timer was set to. */
  private final List<Integer> timers = new ArrayList<>();

  private PeerId leader = C;
  private boolean leads;
  private boolean hasVote = true;

  /** Runs once, when JRaft's timer is set. */
  private Runnable atTimer = () -> {};

  private long now;
  private final List<Planned> planned = new ArrayList<>();

  private record Planned(long at, Runnable task) {}

  LeaderLossTest() {
    options.setElectionTimeoutMs(USUAL);
  }

  @Test
  void theFirstInLineStandsAtOnce() {
    LeaderLoss loss = lossOf(A);
    loss.memberGone(C.getEndpoint());
    pass(0);
    assertThat(timers).containsExactly(HURRIED);
    assertThat(loss.isOthersTurn()).isFalse();
  }

  @Test
  void theNextInLineGrantsButAsksForNothingUntilItsTurn() {
    LeaderLoss loss = lossOf(B);
    loss.memberGone(C.getEndpoint());
    pass(0);
    assertThat(options.getElectionTimeoutMs()).isEqualTo(HURRIED);
    assertThat(timers).as("its own timer is left alone").isEmpty();
    assertThat(loss.isOthersTurn()).isTrue();
    pass(600);
    assertThat(timers).containsExactly(HURRIED);
    assertThat(loss.isOthersTurn()).isFalse();
  }

  @Test
  void theNextInLineStaysQuietIfTheFirstWasElected() {
    LeaderLoss loss = lossOf(B);
    loss.memberGone(C.getEndpoint());
    pass(100);
    leader = A;
    loss.leaderKnown();
    pass(1_000);
    assertThat(timers).containsExactly(USUAL);
    assertThat(loss.isOthersTurn()).isFalse();
  }

  @Test
  void oneThatIsElectedIsCalmBeforeItHasCommittedAnything() {
    LeaderLoss loss = lossOf(A);
    loss.memberGone(C.getEndpoint());
    pass(50);
    leads = true;
    pass(200);
    assertThat(timers).containsExactly(HURRIED, USUAL);
  }

  @Test
  void whoIsNotLedAfterLongGoesBackToTheUsualTimeout() {
    LeaderLoss loss = lossOf(A);
    loss.memberGone(C.getEndpoint());
    pass(20_000);
    assertThat(timers).containsExactly(HURRIED, USUAL);
  }

  @Test
  void aLossWhileItCalmsDownIsNotForgotten() {
    LeaderLoss loss = lossOf(A);
    loss.memberGone(C.getEndpoint());
    pass(0);
    leader = B;
    atTimer = () -> loss.memberGone(B.getEndpoint());
    loss.leaderKnown();
    pass(0);
    assertThat(options.getElectionTimeoutMs()).as("the usual one was set first").isEqualTo(HURRIED);
    pass(600);
    assertThat(timers).containsExactly(HURRIED, USUAL, HURRIED);
  }

  @Test
  void whoDoesNotLeadIsNotMissed() {
    LeaderLoss loss = lossOf(A);
    loss.memberGone(B.getEndpoint());
    pass(1_000);
    assertThat(timers).isEmpty();
    assertThat(options.getElectionTimeoutMs()).isEqualTo(USUAL);
  }

  @Test
  void whoHasNoVoteStandsNot() {
    hasVote = false;
    LeaderLoss loss = lossOf(A);
    loss.memberGone(C.getEndpoint());
    pass(1_000);
    assertThat(timers).isEmpty();
    assertThat(options.getElectionTimeoutMs()).isEqualTo(USUAL);
  }

  private LeaderLoss lossOf(PeerId self) {
    Node node = node();
    return new LeaderLoss(
        "partition 1",
        self,
        List.of(C, A, B),
        () -> node,
        () -> hasVote,
        USUAL,
        USUAL,
        (millis, task) -> planned.add(new Planned(now + millis, task)));
  }

  /** Runs what was planned for the next so many milliseconds, in order. */
  private void pass(long millis) {
    long end = now + millis;
    while (true) {
      Planned next =
          planned.stream()
              .filter(one -> one.at <= end)
              .min(Comparator.comparingLong(Planned::at))
              .orElse(null);
      if (next == null) {
        now = end;
        return;
      }
      planned.remove(next);
      now = next.at;
      next.task.run();
    }
  }

  private Node node() {
    Consumer<Integer> reset =
        millis -> {
          timers.add(millis);
          options.setElectionTimeoutMs(millis);
          Runnable once = atTimer;
          atTimer = () -> {};
          once.run();
        };
    return (Node)
        Proxy.newProxyInstance(
            Node.class.getClassLoader(),
            new Class<?>[] {Node.class},
            (proxy, method, arguments) ->
                switch (method.getName()) {
                  case "getLeaderId" -> leader;
                  case "isLeader" -> leads;
                  case "getOptions" -> options;
                  case "getRaftOptions" -> raftOptions;
                  case "resetElectionTimeoutMs" -> {
                    reset.accept((Integer) arguments[0]);
                    yield null;
                  }
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }
}
