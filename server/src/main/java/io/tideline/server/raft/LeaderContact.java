package io.tideline.server.raft;

import java.util.function.LongSupplier;
import java.util.function.LongUnaryOperator;

/**
 * What a follower knows from its leader's messages about its own age: each tells how far the
 * entries were committed when it was sent, and once those are applied here, the member has had
 * everything as of then.
 *
 * <p>Example, times in milliseconds: at 100 a message says that 7 is committed, and 6 is applied.
 * At 150 another says 9; it is not noted, for 7 is still waited for. At 160 7 is applied: the
 * member has had everything as of 100. At 200 the next message is noted.
 *
 * <p>A leader that has not committed an entry of its own term does not know yet what its
 * predecessor had committed and acknowledged: what such a one says is not noted.
 *
 * <p>After a silence of an election timeout the first messages do not count: a process that was
 * stopped and goes on reads at once what its socket held, and must not take it for news.
 *
 * <p>Threading: safe for many threads.
 */
final class LeaderContact {

  /** What was held back arrives at once; the next real message is a heartbeat away. */
  static final long SETTLE_MILLIS = 100;

  private static final long NEVER = Long.MIN_VALUE;

  private final LongSupplier clock;
  private final long silenceMillis;

  // Guarded by this.
  private long heardMillis = NEVER;
  private long countsFromMillis;
  private long notedMillis = NEVER;
  private long notedIndex;
  private long hadAllMillis = NEVER;

  /** The newest term whose leader is known to have committed an entry of it. */
  private long knowingTerm = -1;

  /**
   * @param silenceMillis an election timeout
   */
  LeaderContact(LongSupplier clock, long silenceMillis) {
    this.clock = clock;
    this.silenceMillis = silenceMillis;
  }

  /**
   * A leader's message has arrived and is about to be handled: what this member promises by
   * answering it holds from here.
   *
   * @return when, for {@link #heard}
   */
  synchronized long arrived() {
    long now = clock.getAsLong();
    if (heardMillis == NEVER || now - heardMillis > silenceMillis) {
      countsFromMillis = now + SETTLE_MILLIS;
    }
    heardMillis = now;
    return now;
  }

  /**
   * The message was the leader's, and has been handled.
   *
   * @param arrivedMillis of the message
   * @param term the leader's
   * @param committedIndex as it says
   * @param appliedIndex here
   * @param termOf the term of an entry of the log, 0 if it is not there
   */
  void heard(
      long arrivedMillis,
      long term,
      long committedIndex,
      long appliedIndex,
      LongUnaryOperator termOf) {
    // Asked outside the monitor: the log may have to read its disk.
    boolean known = knowsCommitsOf(term) || termOf.applyAsLong(committedIndex) == term;
    synchronized (this) {
      look(appliedIndex);
      if (notedMillis != NEVER || arrivedMillis < countsFromMillis || !known) {
        return;
      }
      knowingTerm = Math.max(knowingTerm, term);
      notedMillis = arrivedMillis;
      notedIndex = committedIndex;
      look(appliedIndex);
    }
  }

  private synchronized boolean knowsCommitsOf(long term) {
    return knowingTerm == term;
  }

  /** Whether a leader was heard within an election timeout. */
  synchronized boolean isRecent() {
    return heardMillis != NEVER && clock.getAsLong() - heardMillis <= silenceMillis;
  }

  /**
   * How long ago this member had everything, as far as is known; {@link Long#MAX_VALUE} if it never
   * had.
   */
  synchronized long behindMillis(long appliedIndex) {
    look(appliedIndex);
    return hadAllMillis == NEVER ? Long.MAX_VALUE : clock.getAsLong() - hadAllMillis;
  }

  private void look(long appliedIndex) {
    if (notedMillis != NEVER && appliedIndex >= notedIndex) {
      hadAllMillis = notedMillis;
      notedMillis = NEVER;
    }
  }
}
