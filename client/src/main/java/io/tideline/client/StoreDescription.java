package io.tideline.client;

import java.util.List;

/**
 * A store and its partitions.
 *
 * @param store the store
 * @param partitions in key order, without a gap
 */
public record StoreDescription(StoreInfo store, List<PartitionInfo> partitions) {
  public StoreDescription {
    partitions = List.copyOf(partitions);
  }
}
