package io.tideline.client;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A store as the cluster knows it.
 *
 * @param name its name
 * @param storeId unique in the cluster, never reused
 * @param identifierSchema the fields of its timelines' identifiers, in order
 * @param options its options
 * @param createTime when it was created
 * @param dropTime when it was dropped; empty while it is live
 */
public record StoreInfo(
    String name,
    long storeId,
    List<IdentifierField> identifierSchema,
    StoreOptions options,
    Instant createTime,
    Optional<Instant> dropTime) {
  public StoreInfo {
    identifierSchema = List.copyOf(identifierSchema);
  }
}
