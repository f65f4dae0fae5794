package io.tideline.lsm;

import java.util.Arrays;
import java.util.Objects;

/**
 * What the engine's content corresponds to; stored atomically with every flush.
 *
 * @param position the last log entry contained in the content
 * @param configuration opaque bytes the owner attached (the replication membership in force at
 *     {@code position}); empty if never set. Not copied: treat as immutable
 * @param timeMillis the engine's time: the largest {@link WriteBatch#time} applied, in milliseconds
 *     since the epoch, 0 if none
 * @param expireBeforeMillis rows of queues with a smaller timestamp are expired; 0 if nothing is
 */
public record EngineState(
    LogPosition position, byte[] configuration, long timeMillis, long expireBeforeMillis) {

  public EngineState {
    Objects.requireNonNull(position, "position");
    Objects.requireNonNull(configuration, "configuration");
  }

  /** The state of a new, empty engine. */
  public static final EngineState EMPTY = new EngineState(LogPosition.START, new byte[0], 0, 0);

  @Override
  public boolean equals(Object o) {
    return o instanceof EngineState other
        && position.equals(other.position)
        && Arrays.equals(configuration, other.configuration)
        && timeMillis == other.timeMillis
        && expireBeforeMillis == other.expireBeforeMillis;
  }

  @Override
  public int hashCode() {
    return Objects.hash(position, Arrays.hashCode(configuration), timeMillis, expireBeforeMillis);
  }
}
