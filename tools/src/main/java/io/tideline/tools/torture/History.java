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

  /**
   * What a timeline holds in the end: the value at index i has sequence id {@code firstRetained +
   * i}.
   */
  record Content(long firstRetained, List<Value> values) {

    Content {
      values = List.copyOf(values);
    }

    /** One past the last id. */
    long end() {
      return firstRetained + values.size();
    }
  }

  /** An entry a reader was given. */
  record Seen(long sequenceId, Value value) {}

  /**
   * One page that a reader was given, of the ids {@code [from, to)}.
   *
   * @param due the largest id that was acknowledged to anybody before the read began, 0 if the read
   *     need not show it
   * @param trimmed the largest id of which was acknowledged before the read began that it and all
   *     before it are gone; 0 if the read need not know
   * @param firstRetained the smallest id that is still there, as the reply says
   * @param last the last id of the timeline, as the reply says
   * @param limit the most entries that were asked for
   * @param more whether the reply says that there may be more in the range
   * @param entries what it was given, in the order of the reply
   */
  record Page(
      int timeline,
      long from,
      long to,
      long due,
      long trimmed,
      long firstRetained,
      long last,
      int limit,
      boolean more,
      List<Seen> entries) {

    Page {
      entries = List.copyOf(entries);
    }
  }

  /** What one session did, which it does one after the other. */
  sealed interface SessionStep {

    /** Counted from 0. */
    int session();

    int timeline();
  }

  /** The session's append was acknowledged at this id. */
  record SessionWrote(int session, int timeline, long sequenceId) implements SessionStep {}

  /** The session was told that this is the last id of the timeline. */
  record SessionRead(int session, int timeline, long last) implements SessionStep {}

  private final List<Append> appends = new ArrayList<>();
  private final List<Page> pages = new ArrayList<>();
  private final List<SessionStep> sessionSteps = new ArrayList<>();
  private final AtomicLongArray acknowledgedThrough;
  private final AtomicLongArray trimAskedThrough;
  private final AtomicLongArray trimmedThrough;
  private final AtomicLong acknowledged = new AtomicLong();
  private final AtomicLong worstGapNanos = new AtomicLong();

  History(int timelines) {
    acknowledgedThrough = new AtomicLongArray(timelines);
    trimAskedThrough = new AtomicLongArray(timelines);
    trimmedThrough = new AtomicLongArray(timelines);
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

  /** Every linearizable read that begins now must show the timeline at least up to this id. */
  long acknowledgedThrough(int timeline) {
    return acknowledgedThrough.get(timeline);
  }

  /** Ids up to this one are about to be trimmed: from now on they may be gone. */
  void trimming(int timeline, long through) {
    trimAskedThrough.accumulateAndGet(timeline, through, Math::max);
  }

  /** Ids up to this one were acknowledged to be gone. */
  void trimmed(int timeline, long through) {
    trimmedThrough.accumulateAndGet(timeline, through, Math::max);
  }

  /** The largest id of the timeline that anybody asked to trim. */
  long trimAskedThrough(int timeline) {
    return trimAskedThrough.get(timeline);
  }

  /** No linearizable read that begins now may show an id up to this one. */
  long trimmedThrough(int timeline) {
    return trimmedThrough.get(timeline);
  }

  void page(Page page) {
    synchronized (pages) {
      pages.add(page);
    }
  }

  /** Told by each session in the order of its steps. */
  void session(SessionStep step) {
    synchronized (sessionSteps) {
      sessionSteps.add(step);
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

  List<Page> pages() {
    synchronized (pages) {
      return List.copyOf(pages);
    }
  }

  /** All sessions' steps; those of one session in their order. */
  List<SessionStep> sessionSteps() {
    synchronized (sessionSteps) {
      return List.copyOf(sessionSteps);
    }
  }
}
