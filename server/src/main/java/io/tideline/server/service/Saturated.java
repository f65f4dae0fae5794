package io.tideline.server.service;

/** Neighbours of sequence ids that stay clear of the two reserved extremes, and distances. */
final class Saturated {

  private Saturated() {}

  static long plusOne(long sequenceId) {
    return Math.min(sequenceId, Limits.SEQUENCE_ID_ABOVE_ALL - 2) + 1;
  }

  /** {@code a - b}, or the nearest number there is. */
  static long minus(long a, long b) {
    long difference = a - b;
    boolean overflows = ((a ^ b) & (a ^ difference)) < 0;
    return overflows ? (a < 0 ? Long.MIN_VALUE : Long.MAX_VALUE) : difference;
  }

  static long minusOne(long sequenceId) {
    return Math.max(sequenceId, Limits.SEQUENCE_ID_BELOW_ALL + 2) - 1;
  }
}
