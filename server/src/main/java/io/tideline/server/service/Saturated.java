package io.tideline.server.service;

/** Neighbours of sequence ids that stay clear of the two reserved extremes. */
final class Saturated {

  private Saturated() {}

  static long plusOne(long sequenceId) {
    return Math.min(sequenceId, Limits.SEQUENCE_ID_ABOVE_ALL - 2) + 1;
  }

  static long minusOne(long sequenceId) {
    return Math.max(sequenceId, Limits.SEQUENCE_ID_BELOW_ALL + 2) - 1;
  }
}
