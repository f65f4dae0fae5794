package io.tideline.server.command;

import io.tideline.manager.SequenceMode;
import java.util.Objects;

/**
 * The options of a store that decide how its partitions apply commands.
 *
 * @param sequenceMode how ids are given; never changes after the first {@link Command.SetOptions}
 * @param ttlMillis entries older than this are expired; 0 keeps them for ever
 * @param dedupWindowMillis how long a message key is remembered
 */
public record PartitionOptions(SequenceMode sequenceMode, long ttlMillis, long dedupWindowMillis) {

  public PartitionOptions {
    Objects.requireNonNull(sequenceMode, "sequenceMode");
    if (ttlMillis < 0) {
      throw new IllegalArgumentException("ttlMillis " + ttlMillis + " is negative");
    }
    if (dedupWindowMillis <= 0) {
      throw new IllegalArgumentException(
          "dedupWindowMillis " + dedupWindowMillis + " is not positive");
    }
  }
}
