package io.tideline.manager;

import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** New values for some of a store's {@link StoreOptions}; an empty one keeps what is in force. */
public record OptionsUpdate(
    OptionalLong ttlMillis,
    OptionalLong retentionMaxEntries,
    OptionalLong retentionMaxBytes,
    Optional<StorageType> storageType,
    OptionalInt replicas,
    OptionalLong dedupWindowMillis) {

  /** Changes nothing; start from it and the {@code with} methods. */
  public static final OptionsUpdate NONE =
      new OptionsUpdate(
          OptionalLong.empty(),
          OptionalLong.empty(),
          OptionalLong.empty(),
          Optional.empty(),
          OptionalInt.empty(),
          OptionalLong.empty());

  public OptionsUpdate {
    Objects.requireNonNull(ttlMillis, "ttlMillis");
    Objects.requireNonNull(retentionMaxEntries, "retentionMaxEntries");
    Objects.requireNonNull(retentionMaxBytes, "retentionMaxBytes");
    Objects.requireNonNull(storageType, "storageType");
    Objects.requireNonNull(replicas, "replicas");
    Objects.requireNonNull(dedupWindowMillis, "dedupWindowMillis");
  }

  public OptionsUpdate withTtlMillis(long millis) {
    return new OptionsUpdate(
        OptionalLong.of(millis),
        retentionMaxEntries,
        retentionMaxBytes,
        storageType,
        replicas,
        dedupWindowMillis);
  }

  public OptionsUpdate withDedupWindowMillis(long millis) {
    return new OptionsUpdate(
        ttlMillis,
        retentionMaxEntries,
        retentionMaxBytes,
        storageType,
        replicas,
        OptionalLong.of(millis));
  }

  /** The options after this update. */
  public StoreOptions applyTo(StoreOptions options) {
    return new StoreOptions(
        options.sequenceMode(),
        ttlMillis.orElse(options.ttlMillis()),
        retentionMaxEntries.orElse(options.retentionMaxEntries()),
        retentionMaxBytes.orElse(options.retentionMaxBytes()),
        storageType.orElse(options.storageType()),
        replicas.orElse(options.replicas()),
        dedupWindowMillis.orElse(options.dedupWindowMillis()));
  }
}
