package io.tideline.server.raft;

/**
 * Decides what to do about one group that has stopped working although nothing is wrong with its
 * disk: JRaft's node is in error, or it leads and replicates no more. Pure: time and facts come as
 * arguments.
 *
 * <p>Threading: confined to one thread.
 */
final class GroupWatch {

  /**
   * A group at one moment.
   *
   * @param inError whether JRaft's node has stopped of an error of its own
   * @param leads whether it leads and was not told to hand over
   * @param waits whether it waits for something known, for example disk space
   * @param lastIndex of its log
   * @param committedIndex of its log
   * @param silentMillis how long a member that can be reached was sent nothing, 0 for none
   */
  record Facts(
      boolean inError,
      boolean leads,
      boolean waits,
      long lastIndex,
      long committedIndex,
      long silentMillis) {}

  /** What to do now. */
  enum Action {
    NONE,
    /** Let another member lead: it starts replicating afresh. */
    TRANSFER,
    /** Make the node anew on the same log and state. */
    RECREATE,
    /** It was made anew too often; an error of the node is final now. */
    GIVE_UP
  }

  /** A group is silent or stuck for good when it is so for this many election timeouts. */
  static final int STALL_TIMEOUTS = 2;

  /** How often a node is made anew before giving up; what five do not mend is no accident. */
  static final int RECREATIONS_MAX = 5;

  /** Pause before the second time; doubles with each. */
  static final long BACKOFF_MILLIS_MIN = 1_000;

  /** After working for this long, earlier attempts are forgotten. */
  static final long FORGET_MILLIS = 600_000;

  private final long stallMillis;
  private long committed = -1;
  private long troubleSinceMillis = -1;
  private boolean transferred;
  private int recreations;
  private long recreatedMillis;
  private boolean gaveUp;

  GroupWatch(long electionTimeoutMillis) {
    this.stallMillis = STALL_TIMEOUTS * electionTimeoutMillis;
  }

  Action next(Facts facts, long nowMillis) {
    if (facts.inError()) {
      return recreate(nowMillis, true);
    }
    boolean stuck =
        facts.leads()
            && !facts.waits()
            && (facts.silentMillis() > stallMillis
                || (facts.lastIndex() > facts.committedIndex()
                    && facts.committedIndex() == committed));
    committed = facts.committedIndex();
    if (!stuck) {
      troubleSinceMillis = -1;
      if (facts.leads()) {
        transferred = false;
      }
      if (recreations > 0 && nowMillis - recreatedMillis > FORGET_MILLIS) {
        recreations = 0;
        gaveUp = false;
      }
      return Action.NONE;
    }
    if (troubleSinceMillis < 0) {
      troubleSinceMillis = nowMillis;
    }
    boolean silent = facts.silentMillis() > stallMillis && !transferred;
    if (!silent && nowMillis - troubleSinceMillis <= stallMillis) {
      return Action.NONE;
    }
    troubleSinceMillis = nowMillis;
    if (!transferred) {
      transferred = true;
      return Action.TRANSFER;
    }
    return recreate(nowMillis, false);
  }

  private Action recreate(long nowMillis, boolean inError) {
    if (recreations >= RECREATIONS_MAX) {
      // A leader that is stuck still serves what it has; only an error is worth ending it for.
      if (inError && !gaveUp) {
        gaveUp = true;
        return Action.GIVE_UP;
      }
      return Action.NONE;
    }
    long pause = recreations == 0 ? 0 : BACKOFF_MILLIS_MIN << (recreations - 1);
    if (recreations > 0 && nowMillis - recreatedMillis < pause) {
      return Action.NONE;
    }
    recreations++;
    recreatedMillis = nowMillis;
    transferred = false;
    return Action.RECREATE;
  }

  /** How often the node was made anew lately. */
  int recreations() {
    return recreations;
  }
}
