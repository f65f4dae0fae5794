package io.tideline.client;

import org.jspecify.annotations.Nullable;

/**
 * What is unread of one of several timelines, or why that is not known. Exactly one of the two is
 * set.
 *
 * @param timeline the timeline asked for
 * @param unread what is unread
 * @param error why it could not be read
 */
public record UnreadResult(
    TimelineKey timeline, @Nullable Unread unread, @Nullable TidelineException error) {

  /** What is unread, or the error thrown. */
  public Unread orThrow() {
    return TidelineException.valueOrThrow(unread, error);
  }
}
