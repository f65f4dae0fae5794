package io.tideline.client;

import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How far a reader has consumed a timeline.
 *
 * @param reader its name
 * @param sequenceId the last consumed id; 0 if none was committed
 * @param updated when it last moved; null if it never did
 */
public record Cursor(
    TimelineKey timeline, String reader, long sequenceId, @Nullable Instant updated) {

  /** When it last moved, by the server's clock. */
  public Optional<Instant> updateTime() {
    return Optional.ofNullable(updated);
  }
}
