package io.tideline.client;

/** What sending a call twice would do. Decides, with the failure, whether it may be retried. */
enum WriteKind {
  /** Nothing is written. */
  READ,
  /** A write that has the same effect however often it arrives: keyed appends, trims, recalls. */
  REPEATABLE,
  /** A write that must not arrive twice. */
  SINGLE
}
