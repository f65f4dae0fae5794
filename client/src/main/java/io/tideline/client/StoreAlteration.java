package io.tideline.client;

import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Which options of a live store to change; what is not named stays.
 *
 * <p>Immutable; build with {@link #builder}.
 */
public final class StoreAlteration {

  /** Names of the contract's StoreOptions fields that are to be taken. */
  final Set<String> updateFields;

  final long ttlMillis;
  final long retentionMaxEntries;
  final long retentionMaxBytes;
  final @Nullable StorageType storageType;
  final int replicas;
  final long dedupWindowMillis;

  private StoreAlteration(Builder builder) {
    this.updateFields = Set.copyOf(builder.updateFields);
    this.ttlMillis = builder.ttlMillis;
    this.retentionMaxEntries = builder.retentionMaxEntries;
    this.retentionMaxBytes = builder.retentionMaxBytes;
    this.storageType = builder.storageType;
    this.replicas = builder.replicas;
    this.dedupWindowMillis = builder.dedupWindowMillis;
  }

  public static Builder builder() {
    return new Builder();
  }

  @Override
  public String toString() {
    return "StoreAlteration" + new TreeSet<>(updateFields);
  }

  /** Collects changes. Not thread-safe. */
  public static final class Builder {
    private final Set<String> updateFields = new TreeSet<>();
    private long ttlMillis;
    private long retentionMaxEntries;
    private long retentionMaxBytes;
    private @Nullable StorageType storageType;
    private int replicas;
    private long dedupWindowMillis;

    private Builder() {}

    /** Expire entries older than this; {@link Duration#ZERO} keeps them for ever. */
    public Builder ttl(Duration ttl) {
      ttlMillis = Limits.notNegative("ttl", ttl).toMillis();
      return change("ttl_ms");
    }

    /**
     * Keep only the newest entries of each timeline; 0 for no such limit. A lower limit cuts a
     * timeline at the next write to it, a higher one brings nothing back.
     */
    public Builder retentionMaxEntries(long entries) {
      retentionMaxEntries = entries;
      return change("retention_max_entries");
    }

    /** Keep only the newest bytes of each timeline; 0 for no such limit. Cuts likewise. */
    public Builder retentionMaxBytes(long bytes) {
      retentionMaxBytes = bytes;
      return change("retention_max_bytes");
    }

    public Builder storageType(StorageType type) {
      storageType = type;
      return change("storage_type");
    }

    public Builder replicas(int count) {
      replicas = count;
      return change("replicas");
    }

    public Builder dedupWindow(Duration window) {
      dedupWindowMillis = Limits.positive("dedup window", window).toMillis();
      return change("dedup_window_ms");
    }

    private Builder change(String field) {
      updateFields.add(field);
      return this;
    }

    public StoreAlteration build() {
      if (updateFields.isEmpty()) {
        throw new IllegalArgumentException("the alteration changes nothing; set an option");
      }
      return new StoreAlteration(this);
    }
  }
}
