package io.tideline.client;

/**
 * What a read covers. Every read says it, so that an application never mistakes a part for the
 * whole.
 *
 * @param status whether the read is complete
 * @param lastSequenceId largest id ever given in the timeline, 0 if it never had an entry
 * @param firstRetainedSequenceId smallest id still readable; last + 1 if nothing is retained
 * @param nextSequenceId where to read on in the direction of the read: forward the first id not yet
 *     covered, backward the largest
 * @param timelineExists whether the timeline has, or ever had, an entry
 * @param hasMore whether entries beyond {@code nextSequenceId} may exist
 */
public record Coverage(
    CoverageStatus status,
    long lastSequenceId,
    long firstRetainedSequenceId,
    long nextSequenceId,
    boolean timelineExists,
    boolean hasMore) {

  /** True if the read began below what is retained: some of what was asked for is gone for good. */
  public boolean isTrimmed() {
    return status == CoverageStatus.TRIMMED;
  }
}
