package io.tideline.client;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The newest entry of one of several timelines.
 *
 * @param timeline the timeline asked for
 * @param entry its newest entry; null if none is retained or if there was an error
 * @param coverage what is known of the timeline; status ERROR if it could not be read
 * @param error why it could not be read, with status ERROR only
 */
public record LatestResult(
    TimelineKey timeline,
    @Nullable Entry entry,
    Coverage coverage,
    @Nullable TidelineException error) {

  /** The newest entry if one is retained, or the error thrown. */
  public Optional<Entry> orThrow() {
    if (error != null) {
      throw error;
    }
    return Optional.ofNullable(entry);
  }
}
