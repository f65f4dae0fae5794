package io.tideline.client;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a new store shall be.
 *
 * <pre>{@code
 * StoreSpec inbox = StoreSpec.builder("inbox").identifierField("user", IdentifierType.STRING)
 *     .ttl(Duration.ofDays(14)).build();
 * }</pre>
 *
 * <p>Immutable. What is not set is the server's default: DENSE ids, no expiry, no retention limit,
 * any disk, the cluster's number of replicas, a dedup window of 24 hours, one partition.
 */
public final class StoreSpec {

  final String name;
  final List<IdentifierField> identifierSchema;
  final List<Identifier> splitPoints;
  final @Nullable SequenceMode sequenceMode;
  final @Nullable StorageType storageType;
  final long ttlMillis;
  final long retentionMaxEntries;
  final long retentionMaxBytes;
  final int replicas;
  final long dedupWindowMillis;

  private StoreSpec(Builder builder) {
    this.name = builder.name;
    this.identifierSchema = List.copyOf(builder.identifierSchema);
    this.splitPoints = List.copyOf(builder.splitPoints);
    this.sequenceMode = builder.sequenceMode;
    this.storageType = builder.storageType;
    this.ttlMillis = builder.ttlMillis;
    this.retentionMaxEntries = builder.retentionMaxEntries;
    this.retentionMaxBytes = builder.retentionMaxBytes;
    this.replicas = builder.replicas;
    this.dedupWindowMillis = builder.dedupWindowMillis;
  }

  /**
   * Begins a store.
   *
   * @param name {@code [a-z][a-z0-9_-]{0,62}}
   */
  public static Builder builder(String name) {
    return new Builder(name);
  }

  public String name() {
    return name;
  }

  public List<IdentifierField> identifierSchema() {
    return identifierSchema;
  }

  public List<Identifier> splitPoints() {
    return splitPoints;
  }

  @Override
  public String toString() {
    return "StoreSpec[" + name + identifierSchema + "]";
  }

  /** Collects a store's properties. Not thread-safe. */
  public static final class Builder {
    private final String name;
    private final List<IdentifierField> identifierSchema = new ArrayList<>();
    private final List<Identifier> splitPoints = new ArrayList<>();
    private @Nullable SequenceMode sequenceMode;
    private @Nullable StorageType storageType;
    private long ttlMillis;
    private long retentionMaxEntries;
    private long retentionMaxBytes;
    private int replicas;
    private long dedupWindowMillis;

    private Builder(String name) {
      this.name = name;
    }

    /** Adds the next field of the identifier schema; 1 to 4 are due. */
    public Builder identifierField(String name, IdentifierType type) {
      identifierSchema.add(new IdentifierField(name, type));
      return this;
    }

    public Builder sequenceMode(SequenceMode mode) {
      this.sequenceMode = mode;
      return this;
    }

    /** Entries older than this are expired; at least 1 second. */
    public Builder ttl(Duration ttl) {
      this.ttlMillis = Limits.positive("ttl", ttl).toMillis();
      return this;
    }

    /**
     * Keep only the newest entries of each timeline: in DENSE stores exactly, in others up to an
     * eighth more, and at most 1,000,000.
     */
    public Builder retentionMaxEntries(long entries) {
      this.retentionMaxEntries = entries;
      return this;
    }

    /**
     * Keep only the newest bytes of messages of each timeline, and up to an eighth more; at most
     * 256 MiB. The newest entry stays even if it alone is larger.
     */
    public Builder retentionMaxBytes(long bytes) {
      this.retentionMaxBytes = bytes;
      return this;
    }

    public Builder storageType(StorageType type) {
      this.storageType = type;
      return this;
    }

    /** Copies of each partition: 1, 3 or 5. */
    public Builder replicas(int replicas) {
      this.replicas = replicas;
      return this;
    }

    /** How long a message key is remembered, 1 minute to 7 days. */
    public Builder dedupWindow(Duration window) {
      this.dedupWindowMillis = Limits.positive("dedup window", window).toMillis();
      return this;
    }

    /** The first identifier of the next partition; ascending, up to 1,023 of them. */
    public Builder splitPoint(Identifier firstOfNextPartition) {
      splitPoints.add(firstOfNextPartition);
      return this;
    }

    public StoreSpec build() {
      if (identifierSchema.isEmpty()) {
        throw new IllegalArgumentException(
            "store " + name + " has no identifier field; add 1.." + Identifier.FIELDS_MAX);
      }
      return new StoreSpec(this);
    }
  }
}
