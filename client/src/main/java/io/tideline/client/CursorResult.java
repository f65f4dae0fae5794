package io.tideline.client;

import org.jspecify.annotations.Nullable;

/**
 * The cursor in one of several timelines, or why there is none. Exactly one of the two is set.
 *
 * @param timeline the timeline asked for
 * @param cursor as it stands now
 * @param error why it could not be committed or read
 */
public record CursorResult(
    TimelineKey timeline, @Nullable Cursor cursor, @Nullable TidelineException error) {

  /** The cursor, or the error thrown. */
  public Cursor orThrow() {
    return TidelineException.valueOrThrow(cursor, error);
  }
}
