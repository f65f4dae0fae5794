package io.tideline.tools.bench.replication;

import java.util.Arrays;
import org.HdrHistogram.Histogram;

/**
 * What one writer was told: for each message, numbered from 1 without holes, when its append was
 * begun, when it was acknowledged and with which sequence id. A message that took several calls
 * counts from the first.
 *
 * <p>Threading: written by one thread, read by any; this object's lock guards all fields.
 */
final class Acknowledgements {

  private static final int INITIAL = 1_024;

  private long[] begun = new long[INITIAL];
  private long[] acknowledged = new long[INITIAL];
  private long[] sequenceIds = new long[INITIAL];
  private int count;

  /** The next message was acknowledged; times by one monotonic clock, nanoseconds. */
  synchronized void add(long begunNanos, long acknowledgedNanos, long sequenceId) {
    if (count == begun.length) {
      begun = Arrays.copyOf(begun, 2 * count);
      acknowledged = Arrays.copyOf(acknowledged, 2 * count);
      sequenceIds = Arrays.copyOf(sequenceIds, 2 * count);
    }
    begun[count] = begunNanos;
    acknowledged[count] = acknowledgedNanos;
    sequenceIds[count] = sequenceId;
    count++;
  }

  synchronized int count() {
    return count;
  }

  /** Sequence id of the message {@code number}, from 1. */
  synchronized long sequenceId(int number) {
    return sequenceIds[number - 1];
  }

  /** Whether a message that was begun after {@code nanos} has been acknowledged. */
  synchronized boolean hasBegunAfter(long nanos) {
    return count > 0 && begun[count - 1] > nanos;
  }

  /**
   * The longest that a message acknowledged in {@code [from, to)} had to wait; 0 if there is none.
   */
  synchronized long longestWaitNanos(long from, long to) {
    long longest = 0;
    for (int i = count - 1; i >= 0 && acknowledged[i] >= from; i--) {
      if (acknowledged[i] < to) {
        longest = Math.max(longest, acknowledged[i] - begun[i]);
      }
    }
    return longest;
  }

  /** Adds the waits, in microseconds, of the messages acknowledged in {@code [from, to)}. */
  synchronized void addWaitsTo(Histogram micros, long from, long to) {
    for (int i = count - 1; i >= 0 && acknowledged[i] >= from; i--) {
      if (acknowledged[i] < to) {
        micros.recordValue(
            Math.min(micros.getHighestTrackableValue(), (acknowledged[i] - begun[i]) / 1_000));
      }
    }
  }
}
