package io.tideline.server.command;

import io.tideline.manager.SequenceMode;
import java.util.Objects;

/**
 * The options of a store that decide how its partitions apply commands.
 *
 * @param sequenceMode how ids are given; never changes after the first {@link Command.SetOptions}
 * @param ttlMillis entries older than this are expired; 0 keeps them for ever
 * @param dedupWindowMillis how long a message key is remembered
 * @param retentionMaxEntries newest entries of a timeline that are kept; 0 for any number
 * @param retentionMaxBytes newest bytes of a timeline that are kept; 0 for any number
 */
public record PartitionOptions(
    SequenceMode sequenceMode,
    long ttlMillis,
    long dedupWindowMillis,
    long retentionMaxEntries,
    long retentionMaxBytes) {

  /** Options of a store that keeps any number of entries. */
  public PartitionOptions(SequenceMode sequenceMode, long ttlMillis, long dedupWindowMillis) {
    this(sequenceMode, ttlMillis, dedupWindowMillis, 0, 0);
  }

  public PartitionOptions {
    Objects.requireNonNull(sequenceMode, "sequenceMode");
    if (ttlMillis < 0) {
      throw new IllegalArgumentException("ttlMillis " + ttlMillis + " is negative");
    }
    if (dedupWindowMillis <= 0) {
      throw new IllegalArgumentException(
          "dedupWindowMillis " + dedupWindowMillis + " is not positive");
    }
    if (retentionMaxEntries < 0 || retentionMaxBytes < 0) {
      throw new IllegalArgumentException(
          "retention of "
              + retentionMaxEntries
              + " entries and "
              + retentionMaxBytes
              + " bytes is negative");
    }
  }

  /** Whether timelines keep only their newest entries or bytes. */
  public boolean hasRetention() {
    return retentionMaxEntries > 0 || retentionMaxBytes > 0;
  }

  /** Whether both keep as much of a timeline. */
  boolean hasRetentionOf(PartitionOptions other) {
    return retentionMaxEntries == other.retentionMaxEntries
        && retentionMaxBytes == other.retentionMaxBytes;
  }
}
