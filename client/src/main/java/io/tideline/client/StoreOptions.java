package io.tideline.client;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A store's options as they stand.
 *
 * @param sequenceMode how ids are given
 * @param ttl entries older than this are expired; empty keeps them for ever
 * @param retentionMaxEntries only the newest entries of each timeline are kept, in other than DENSE
 *     stores up to an eighth more; empty for no limit
 * @param retentionMaxBytes only the newest bytes of messages of each timeline are kept, and up to
 *     an eighth more; empty for no limit
 * @param storageType kind of disk
 * @param replicas copies of each partition
 * @param dedupWindow how long a message key is remembered
 */
public record StoreOptions(
    SequenceMode sequenceMode,
    Optional<Duration> ttl,
    OptionalLong retentionMaxEntries,
    OptionalLong retentionMaxBytes,
    StorageType storageType,
    int replicas,
    Duration dedupWindow) {}
