package io.tideline.client;

/** How completely a read answered what was asked. */
public enum CoverageStatus {
  /** Everything asked for that exists was returned. */
  COMPLETE,
  /** A limit was hit: read on from {@link Coverage#nextSequenceId()}. */
  MORE,
  /**
   * Entries between the asked position and {@link Coverage#firstRetainedSequenceId()} have expired
   * or were trimmed and are gone for good; what is retained was returned.
   */
  TRIMMED,
  /** This timeline could not be read; its error stands beside. Only in multi-timeline replies. */
  ERROR,
  /** A status of a newer server that this client does not know; treat the read as incomplete. */
  UNKNOWN
}
