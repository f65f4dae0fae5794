package io.tideline.server.raft;

import com.alipay.sofa.jraft.entity.PeerId;
import io.tideline.server.log.LogGroup;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets a member that may have lost its disk back into a group without breaking what it promised
 * before.
 *
 * <p>A member promises with every answer: not to vote twice in a term, not to listen to older terms
 * than it has seen, and to have the entries it has acknowledged. One that comes back empty under
 * the same name has forgotten all three. Of members a, b and c, let a lead and have an entry from c
 * acknowledged, so that it is committed; c loses its disk; a dies. Then b and c, empty, could elect
 * b, and the entry is lost.
 *
 * <p>So an empty member of a group that may have a past goes through two stages.
 *
 * <ol>
 *   <li>ASKING. It takes no part at all until every other member has told its term. Whatever this
 *       member promised in its earlier life was for a term that one of them has seen. It makes the
 *       highest its own and its vote in it spent: now nothing older than its promises reaches it,
 *       and no vote can be the second one.
 *   <li>WITHHELD. It takes entries and snapshots, but neither votes nor stands for election, until
 *       its log reaches as far as that of a leader it follows did after it had joined. Such a
 *       leader was elected without this member's new vote, or with its old and honest one, so its
 *       log has everything committed. What the earlier life acknowledged comes before the end of
 *       the leader's log then; with it on this disk the promise is kept again.
 * </ol>
 *
 * <p>If no other member has an entry, nothing was ever committed and the second stage is left out:
 * this is how new groups begin. The second stage survives restarts, as a mark beside the vote.
 *
 * <p>Threading: {@link #mute} and {@link #withholdsVotes} by any thread; the rest is one thread's.
 *
 * <p>Lifetime: {@link #start} to {@link #end}, or to the end of the last stage.
 */
final class Rejoin {

  private enum Stage {
    ASKING,
    WITHHELD,
    MEMBER
  }

  /**
   * What another member says.
   *
   * @param term the newest it has seen
   * @param endsThere whether its log has nothing after the index it was asked about
   */
  record Answer(long term, boolean endsThere) {}

  /** Asks another member. */
  interface Question {

    /**
     * @throws IOException if it does not answer
     */
    Answer ask(PeerId member, long index) throws IOException, InterruptedException;
  }

  /** Replaces the group's node by one that reads term and vote anew. */
  interface Remaking {

    /**
     * @param between runs while there is no node
     */
    void remake(Change between) throws IOException;
  }

  interface Change {

    void make() throws IOException;
  }

  /** The leader's log ended at {@code index} or before when it was asked in {@code term}. */
  private record Target(long term, long index) {}

  /** Pause after the first round; doubles with each further one, so that many groups ask little. */
  private static final long PAUSE_MILLIS_MIN = 50;

  /**
   * Longest pause: another disk must not be lost while this member could vote and does not know.
   */
  private static final long PAUSE_MILLIS_MAX = 500;

  private static final long TOLD_SECONDS = 10;

  /**
   * First guess of how far ahead a leader is that is being written to; each next one is 4 times.
   */
  private static final long AHEAD = 1_024;

  private static final long AHEAD_MAX = AHEAD << 30;
  private static final Logger LOG = LoggerFactory.getLogger(Rejoin.class);

  private final PeerId self;
  private final List<PeerId> others;
  private final LogGroup log;
  private final GroupMetaStorage meta;
  private final Question question;
  private volatile Stage stage;
  private @Nullable Thread thread;
  private final CountDownLatch closing = new CountDownLatch(1);

  // Confined to the thread.
  private final Map<PeerId, Answer> answers = new HashMap<>();
  private @Nullable Target target;
  private long toldAtMillis;

  /**
   * @param others all voters but this member
   * @param mayHavePast whether the log is empty and the group may not be new
   */
  Rejoin(
      PeerId self,
      List<PeerId> others,
      LogGroup log,
      GroupMetaStorage meta,
      Question question,
      boolean mayHavePast) {
    this.self = self;
    this.others = List.copyOf(others);
    this.log = log;
    this.meta = meta;
    this.question = question;
    if (meta.isRejoining()) {
      stage = Stage.WITHHELD;
    } else {
      stage = mayHavePast && !others.isEmpty() ? Stage.ASKING : Stage.MEMBER;
    }
  }

  /** Whether nothing that other members say may reach the node. */
  boolean mute() {
    return stage == Stage.ASKING;
  }

  /** Whether the member must neither vote nor stand for election. */
  boolean withholdsVotes() {
    return stage != Stage.MEMBER;
  }

  /**
   * Begins, unless there is nothing to do.
   *
   * @param leader the member that the node follows, empty if none
   */
  void start(Remaking remaking, Supplier<PeerId> leader) {
    if (stage != Stage.MEMBER) {
      toldAtMillis = MonotonicClock.MILLIS.getAsLong();
      thread =
          Thread.ofVirtual().name("raft-rejoin-" + log.id()).start(() -> run(remaking, leader));
    }
  }

  private void run(Remaking remaking, Supplier<PeerId> leader) {
    long pauseMillis = PAUSE_MILLIS_MIN;
    try {
      while (stage != Stage.MEMBER) {
        Stage before = stage;
        try {
          step(remaking, leader.get());
        } catch (IOException | RuntimeException e) {
          LOG.warn("group {}: rejoining goes on after an error", log.id(), e);
        }
        pauseMillis =
            stage == before ? Math.min(2 * pauseMillis, PAUSE_MILLIS_MAX) : PAUSE_MILLIS_MIN;
        if (stage != Stage.MEMBER && closing.await(pauseMillis, TimeUnit.MILLISECONDS)) {
          return;
        }
      }
    } catch (InterruptedException e) {
      LOG.warn("group {}: rejoining was interrupted", log.id(), e);
      Thread.currentThread().interrupt();
    }
  }

  /** One round of questions. */
  void step(Remaking remaking, PeerId leader) throws IOException, InterruptedException {
    if (stage == Stage.ASKING) {
      askAll(remaking);
    } else if (!leader.isEmpty() && !leader.equals(self)) {
      catchUp(leader);
    }
  }

  private void askAll(Remaking remaking) throws IOException, InterruptedException {
    for (PeerId other : others) {
      if (!answers.containsKey(other)) {
        try {
          answers.put(other, question.ask(other, 0));
        } catch (IOException e) {
          LOG.debug("group {}: {} does not answer yet", log.id(), other, e);
        }
      }
    }
    if (answers.size() < others.size()) {
      tellWaiting();
      return;
    }
    long term =
        Math.max(
            log.meta().term(), answers.values().stream().mapToLong(Answer::term).max().orElse(0));
    boolean hasPast = answers.values().stream().anyMatch(answer -> !answer.endsThere());
    if (term == 0 && !hasPast) {
      stage = Stage.MEMBER;
      return;
    }
    if (hasPast) {
      LOG.warn(
          "group {} has entries and this member has none: its disk was lost or it joins late. It"
              + " begins in term {} and does not vote until it has caught up",
          log.id(),
          term);
    }
    remaking.remake(
        () -> {
          meta.begin(term, self, hasPast);
          stage = hasPast ? Stage.WITHHELD : Stage.MEMBER;
        });
  }

  private void tellWaiting() {
    long now = MonotonicClock.MILLIS.getAsLong();
    if (now - toldAtMillis >= TimeUnit.SECONDS.toMillis(TOLD_SECONDS)) {
      toldAtMillis = now;
      LOG.warn(
          "group {}: this member is empty and waits for word from every other one; missing: {}",
          log.id(),
          others.stream().filter(other -> !answers.containsKey(other)).toList());
    }
  }

  private void catchUp(PeerId leader) throws IOException, InterruptedException {
    long term = log.meta().term();
    long last = log.lastIndex();
    Answer answer = question.ask(leader, last);
    if (answer.term() != term) {
      return;
    }
    Target known = target != null && target.term() == term ? target : null;
    if (answer.endsThere() || (known != null && last >= known.index())) {
      release(last);
    } else if (known == null) {
      target = ahead(leader, term, last);
    }
  }

  /**
   * A leader that is being written to is always some entries ahead. It is enough to get past any
   * point that its log has not passed yet; null if there is no telling.
   */
  private @Nullable Target ahead(PeerId leader, long term, long last)
      throws IOException, InterruptedException {
    for (long ahead = AHEAD; ahead < AHEAD_MAX; ahead *= 4) {
      Answer answer = question.ask(leader, last + ahead);
      if (answer.term() != term) {
        return null;
      }
      if (answer.endsThere()) {
        return new Target(term, last + ahead);
      }
    }
    return null;
  }

  private void release(long last) throws IOException {
    meta.endRejoining();
    stage = Stage.MEMBER;
    LOG.info("group {} has caught up at {} and votes again", log.id(), last);
  }

  /** Stops asking, and waits until nothing is done any more. */
  void end() throws InterruptedException {
    closing.countDown();
    Thread running = thread;
    if (running != null) {
      running.join();
    }
  }
}
