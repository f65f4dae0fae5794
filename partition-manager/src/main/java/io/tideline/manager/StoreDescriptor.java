package io.tideline.manager;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * A store with its partitions, as of one moment.
 *
 * @param storeId unique in the cluster, never reused, at least 1
 * @param schema 1 to 4 fields
 * @param createTimeMillis milliseconds since the epoch
 * @param dropTimeMillis when it was dropped, 0 if it was not
 * @param partitions in key order, without gap or overlap, from the first to the last identifier
 */
public record StoreDescriptor(
    long storeId,
    String name,
    List<IdentifierField> schema,
    StoreOptions options,
    StoreState state,
    long createTimeMillis,
    long dropTimeMillis,
    List<PartitionDescriptor> partitions) {

  public StoreDescriptor {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(options, "options");
    Objects.requireNonNull(state, "state");
    schema = List.copyOf(schema);
    partitions = List.copyOf(partitions);
    if (partitions.isEmpty()) {
      throw new IllegalArgumentException("store " + name + " has no partition");
    }
  }

  /** The partition a timeline lies in. */
  public PartitionDescriptor partitionOf(byte[] identifier) {
    int low = 0;
    int high = partitions.size() - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (Arrays.compareUnsigned(partitions.get(middle).start(), identifier) <= 0) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return partitions.get(low);
  }

  StoreDescriptor with(StoreState newState, long newDropTimeMillis) {
    return new StoreDescriptor(
        storeId, name, schema, options, newState, createTimeMillis, newDropTimeMillis, partitions);
  }

  StoreDescriptor withOptions(StoreOptions newOptions) {
    return new StoreDescriptor(
        storeId, name, schema, newOptions, state, createTimeMillis, dropTimeMillis, partitions);
  }
}
