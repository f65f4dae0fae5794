package io.tideline.server.raft;

import com.alipay.sofa.jraft.Node;
import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.util.Endpoint;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Elects at once when the leader's process has ended, instead of waiting for the election timeout.
 *
 * <p>The election timeout must be long: it bears pauses of the JVM and of disks, and its heartbeats
 * are what a thousand groups cost. But a process that was killed is known to be gone as soon as its
 * port refuses a connection ({@link PeerLink}), and one link tells it for all groups. Then every
 * other member of a group the process led shortens its timeout: from then on it grants pre-votes,
 * because it counts on that leader no longer, and the first in line stands for election. The others
 * follow one after the other if nobody was elected, so votes are not split. When there is a leader
 * the timeout is the configured one again.
 *
 * <p>Only the pace changes. An election still needs the pre-votes and the votes of a majority, so a
 * member that is mistaken about the leader is refused by those that hear it.
 *
 * <p>Threading: safe for many threads.
 */
final class LeaderLoss {

  /** Time for every member to learn of the loss before the first asks for pre-votes. */
  static final int HURRIED_MILLIS = 150;

  /** Random part of it. */
  private static final int HURRIED_SPREAD_MILLIS = 30;

  /** An election takes some tens of milliseconds; after this long the next in line tries. */
  private static final long STAGGER_MILLIS = 500;

  /** Whoever is not led by then is left to the usual timeout. */
  private static final long GIVE_UP_MILLIS = 10_000;

  private static final Logger LOG = LoggerFactory.getLogger(LeaderLoss.class);

  private final String group;
  private final PeerId self;
  private final List<PeerId> inLine;
  private final Supplier<Node> node;
  private final BooleanSupplier mayStand;
  private final int timeoutMillis;
  private final int spreadMillis;
  private final Delays delays;

  /** Counts losses, so that what was planned for an earlier one is left out. Guarded by this. */
  private long losses;

  /** Guarded by this. */
  private boolean hurried;

  /** Runs tasks later, each on a thread that may block. */
  interface Delays {
    void after(long millis, Runnable task);

    /** On threads of an executor. */
    static Delays on(Executor threads) {
      return (millis, task) ->
          CompletableFuture.delayedExecutor(millis, TimeUnit.MILLISECONDS, threads).execute(task);
    }
  }

  /**
   * @param inLine the group's voters in the order in which they stand for election, the same on all
   * @param mayStand whether this member has a vote
   * @param timeoutMillis the configured election timeout
   * @param spreadMillis its random part
   */
  LeaderLoss(
      String group,
      PeerId self,
      List<PeerId> inLine,
      Supplier<Node> node,
      BooleanSupplier mayStand,
      int timeoutMillis,
      int spreadMillis,
      Delays delays) {
    this.group = group;
    this.self = self;
    this.inLine = List.copyOf(inLine);
    this.node = node;
    this.mayStand = mayStand;
    this.timeoutMillis = timeoutMillis;
    this.spreadMillis = spreadMillis;
    this.delays = delays;
  }

  /** The process of a member has ended. */
  void memberGone(Endpoint member) {
    if (timeoutMillis <= HURRIED_MILLIS || !leads(member) || !mayStand.getAsBoolean()) {
      return;
    }
    long loss;
    synchronized (this) {
      hurried = true;
      loss = ++losses;
      node.get().getOptions().setElectionTimeoutMs(HURRIED_MILLIS);
    }
    int place = inLine.stream().filter(p -> !p.getEndpoint().equals(member)).toList().indexOf(self);
    LOG.info("{}: the leader's process {} has ended; in line {}", group, member, place);
    delays.after(STAGGER_MILLIS * Math.max(0, place), () -> stand(loss, member));
    delays.after(GIVE_UP_MILLIS, () -> calm(loss));
  }

  private boolean leads(Endpoint member) {
    PeerId leader = node.get().getLeaderId();
    return leader != null && leader.getEndpoint().equals(member);
  }

  private void stand(long loss, Endpoint gone) {
    synchronized (this) {
      if (!hurried || loss != losses) {
        return;
      }
    }
    PeerId leader = node.get().getLeaderId();
    if (leader == null || leader.isEmpty() || leader.getEndpoint().equals(gone)) {
      setTimeout(HURRIED_MILLIS, HURRIED_SPREAD_MILLIS);
    }
  }

  /** The group has a leader. May be called by JRaft's threads; does not block. */
  void leaderKnown() {
    long loss;
    synchronized (this) {
      if (!hurried) {
        return;
      }
      loss = losses;
    }
    // Not here: JRaft takes a lock to set a timer.
    delays.after(0, () -> calm(loss));
  }

  private void calm(long loss) {
    synchronized (this) {
      if (!hurried || loss != losses) {
        return;
      }
      hurried = false;
    }
    setTimeout(timeoutMillis, spreadMillis);
  }

  private void setTimeout(int millis, int spread) {
    Node now = node.get();
    now.getRaftOptions().setMaxElectionDelayMs(spread);
    now.resetElectionTimeoutMs(millis);
  }
}
