package io.tideline.server.raft;

import com.alipay.sofa.jraft.Node;
import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.util.Endpoint;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
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
 * follow one after the other if nobody was elected, and ask for nothing before, though their own
 * timers may fire: two that stand at once split the votes, and that costs a whole election timeout.
 * When there is a leader the timeout is the configured one again.
 *
 * <p>Only the pace changes. An election still needs the pre-votes and the votes of a majority, so a
 * member that is mistaken about the leader is refused by those that hear it.
 *
 * <p>Threading: safe for many threads.
 */
final class LeaderLoss implements SharedClient.LossWatch {

  /** Time for every member to learn of the loss before the first asks for pre-votes. */
  static final int HURRIED_MILLIS = 150;

  /** Random part of it. */
  private static final int HURRIED_SPREAD_MILLIS = 30;

  /** An election takes some tens of milliseconds; after this long the next in line tries. */
  private static final long STAGGER_MILLIS = 500;

  /** How often one that stands looks whether it has been elected. */
  private static final long LEADS_MILLIS = 100;

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
  private Pace pace = Pace.USUAL;

  private final ReentrantLock setting = new ReentrantLock();

  private enum Pace {
    /** The configured timeout. */
    USUAL,
    /** The leader is not counted on, but it is another member's turn. */
    WAITING,
    /** The timeout is short. */
    STANDING
  }

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

  @Override
  public void memberGone(Endpoint member) {
    if (timeoutMillis <= HURRIED_MILLIS || !leads(member) || !mayStand.getAsBoolean()) {
      return;
    }
    int place = inLine.stream().filter(p -> !p.getEndpoint().equals(member)).toList().indexOf(self);
    long loss;
    synchronized (this) {
      pace = place > 0 ? Pace.WAITING : Pace.STANDING;
      loss = ++losses;
    }
    LOG.info("{}: the leader's process {} has ended; in line {}", group, member, place);
    delays.after(0, this::setPace);
    if (place > 0) {
      delays.after(STAGGER_MILLIS * place, () -> stand(loss, member));
    } else {
      delays.after(LEADS_MILLIS, () -> calmIfLeading(loss));
    }
    delays.after(GIVE_UP_MILLIS, () -> calm(loss));
  }

  @Override
  public synchronized boolean isOthersTurn() {
    return pace == Pace.WAITING;
  }

  private boolean leads(Endpoint member) {
    PeerId leader = node.get().getLeaderId();
    return leader != null && leader.getEndpoint().equals(member);
  }

  private void stand(long loss, Endpoint gone) {
    PeerId leader = node.get().getLeaderId();
    boolean led = leader != null && !leader.isEmpty() && !leader.getEndpoint().equals(gone);
    synchronized (this) {
      if (loss != losses || pace != Pace.WAITING || led) {
        return;
      }
      pace = Pace.STANDING;
    }
    setPace();
    delays.after(LEADS_MILLIS, () -> calmIfLeading(loss));
  }

  /**
   * A leader calms down at once, not when it has committed its first entry: by the short timeout it
   * would take members for dead that only have a slow disk.
   */
  private void calmIfLeading(long loss) {
    synchronized (this) {
      if (loss != losses || pace != Pace.STANDING) {
        return;
      }
    }
    if (node.get().isLeader(false)) {
      calm(loss);
    } else {
      delays.after(LEADS_MILLIS, () -> calmIfLeading(loss));
    }
  }

  /** The group has a leader. May be called by JRaft's threads; does not block. */
  void leaderKnown() {
    long loss;
    synchronized (this) {
      if (pace == Pace.USUAL) {
        return;
      }
      loss = losses;
    }
    // Not here: JRaft takes a lock to set a timer.
    delays.after(0, () -> calm(loss));
  }

  private void calm(long loss) {
    synchronized (this) {
      if (loss != losses || pace == Pace.USUAL) {
        return;
      }
      pace = Pace.USUAL;
    }
    setPace();
  }

  /**
   * Gives JRaft the pace of this moment. One at a time, so that the last to set it has seen the
   * newest. Its lock is not this object's monitor, which JRaft's threads take: JRaft locks its node
   * to set a timer.
   */
  private void setPace() {
    setting.lock();
    try {
      Pace now;
      synchronized (this) {
        now = pace;
      }
      Node raft = node.get();
      switch (now) {
        // Grants pre-votes; the timer is left alone, and what it asks for is not sent.
        case WAITING -> raft.getOptions().setElectionTimeoutMs(HURRIED_MILLIS);
        case STANDING -> setTimeout(raft, HURRIED_MILLIS, HURRIED_SPREAD_MILLIS);
        case USUAL -> setTimeout(raft, timeoutMillis, spreadMillis);
      }
    } finally {
      setting.unlock();
    }
  }

  private static void setTimeout(Node raft, int millis, int spread) {
    raft.getRaftOptions().setMaxElectionDelayMs(spread);
    raft.resetElectionTimeoutMs(millis);
  }
}
