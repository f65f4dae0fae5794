package io.tideline.manager;

import java.util.Objects;

/**
 * What a store was told at creation or since. Every field has its final value: defaults were filled
 * in by whoever made it.
 *
 * @param sequenceMode fixed at creation
 * @param ttlMillis entries older than this are expired; 0 keeps them for ever
 * @param retentionMaxEntries keep only the newest entries of each timeline; 0 for no such limit
 * @param retentionMaxBytes keep only the newest bytes of each timeline; 0 for no such limit
 * @param storageType kind of disk
 * @param replicas copies of each partition, 1, 3 or 5
 * @param dedupWindowMillis how long a message key is remembered
 */
public record StoreOptions(
    SequenceMode sequenceMode,
    long ttlMillis,
    long retentionMaxEntries,
    long retentionMaxBytes,
    StorageType storageType,
    int replicas,
    long dedupWindowMillis) {

  /** How long a message key is remembered unless the store says otherwise: 24 hours. */
  public static final long DEFAULT_DEDUP_WINDOW_MILLIS = 24L * 60 * 60 * 1000;

  public StoreOptions {
    Objects.requireNonNull(sequenceMode, "sequenceMode");
    Objects.requireNonNull(storageType, "storageType");
    notNegative("ttlMillis", ttlMillis);
    notNegative("retentionMaxEntries", retentionMaxEntries);
    notNegative("retentionMaxBytes", retentionMaxBytes);
    if (replicas != 1 && replicas != 3 && replicas != 5) {
      throw new IllegalArgumentException("replicas " + replicas + " is not 1, 3 or 5");
    }
    if (dedupWindowMillis <= 0) {
      throw new IllegalArgumentException(
          "dedupWindowMillis " + dedupWindowMillis + " is not positive");
    }
  }

  /** Options of a store that says nothing but its mode, with one replica. */
  public static StoreOptions defaults(SequenceMode mode) {
    return new StoreOptions(mode, 0, 0, 0, StorageType.ANY, 1, DEFAULT_DEDUP_WINDOW_MILLIS);
  }

  private static void notNegative(String name, long value) {
    if (value < 0) {
      throw new IllegalArgumentException(name + " " + value + " is negative");
    }
  }
}
