package io.tideline.client;

import org.jspecify.annotations.Nullable;

/**
 * The head of one of several timelines, or why it could not be read. Exactly one of the two is set.
 *
 * @param timeline the timeline asked for
 * @param head its head
 * @param error why it could not be read
 */
public record HeadResult(
    TimelineKey timeline, @Nullable TimelineHead head, @Nullable TidelineException error) {

  /** The head, or the error thrown. */
  public TimelineHead orThrow() {
    return TidelineException.valueOrThrow(head, error);
  }
}
