package io.tideline.tools.torture;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * What the clients of one run did and saw.
 *
 * <p>Threading: safe for many threads.
 */
final class History {

  /** How an append ended, as far as its writer knows. */
  enum Outcome {
    ACKNOWLEDGED,
    REFUSED,
    UNKNOWN
  }

  /**
   * A message as it is stored: which writer wrote it, and the how-manieth of its appends it is.
   * Unique in a run.
   */
  record Value(int writer, long number) {}

  /**
   * One append.
   *
   * @param sequenceId the id it was told, 0 unless acknowledged
   */
  record Append(int timeline, Value value, Outcome outcome, long sequenceId) {}

  /** An entry a reader was given. */
  record Seen(int timeline, long sequenceId, Value value) {}

  /**
   * A read whose answer breaks a promise by itself.
   *
   * @param stale whether it missed what was acknowledged before it began; else its ids had a hole
   */
  record BadRead(boolean stale, String what) {}

  private final List<Append> appends = new ArrayList<>();
  private final List<Seen> seen = new ArrayList<>();
  private final List<BadRead> badReads = new ArrayList<>();
  private final AtomicLongArray acknowledgedThrough;
  private final AtomicLong acknowledged = new AtomicLong();
  private final AtomicLong worstGapNanos = new AtomicLong();

  History(int timelines) {
    acknowledgedThrough = new AtomicLongArray(timelines);
  }

  int timelines() {
    return acknowledgedThrough.length();
  }

  /**
   * @param nanos from the call to the end of the last retry
   */
  void append(Append append, long nanos) {
    if (append.outcome() == Outcome.ACKNOWLEDGED) {
      acknowledgedThrough.accumulateAndGet(append.timeline(), append.sequenceId(), Math::max);
      acknowledged.incrementAndGet();
      worstGapNanos.accumulateAndGet(nanos, Math::max);
    }
    synchronized (appends) {
      appends.add(append);
    }
  }

  /** Every read that begins now must show the timeline at least up to this id. */
  long acknowledgedThrough(int timeline) {
    return acknowledgedThrough.get(timeline);
  }

  void seen(List<Seen> entries) {
    synchronized (seen) {
      seen.addAll(entries);
    }
  }

  void badRead(BadRead read) {
    synchronized (badReads) {
      badReads.add(read);
    }
  }

  long acknowledged() {
    return acknowledged.get();
  }

  /** The longest any writer waited for an acknowledgement, retries included. */
  long worstGapNanos() {
    return worstGapNanos.get();
  }

  List<Append> appends() {
    synchronized (appends) {
      return List.copyOf(appends);
    }
  }

  List<Seen> seen() {
    synchronized (seen) {
      return List.copyOf(seen);
    }
  }

  List<BadRead> badReads() {
    synchronized (badReads) {
      return List.copyOf(badReads);
    }
  }
}
