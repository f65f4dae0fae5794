package io.tideline.server.replica;

import java.util.Objects;

/**
 * How a write ended.
 *
 * @param <R> what applying it answers
 */
public sealed interface WriteOutcome<R> {

  /**
   * The write went through the log and was applied; what it did, a refusal by the state included,
   * is in the result.
   *
   * @param position applied index of the log entry: a read at or after it sees the write
   */
  record Applied<R>(R result, long position) implements WriteOutcome<R> {

    public Applied {
      Objects.requireNonNull(result, "result");
    }
  }

  /** Nothing was written, and nothing of it will be. */
  record Refused<R>(Refusal refusal) implements WriteOutcome<R> {

    public Refused {
      Objects.requireNonNull(refusal, "refusal");
    }
  }

  /**
   * The write was proposed and may or may not happen: the replica lost the leadership, stopped or
   * failed before it was applied.
   */
  record Unknown<R>(String why) implements WriteOutcome<R> {

    public Unknown {
      Objects.requireNonNull(why, "why");
    }
  }
}
