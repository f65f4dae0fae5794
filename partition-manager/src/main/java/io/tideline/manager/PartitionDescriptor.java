package io.tideline.manager;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * A partition: the timelines of one store whose encoded identifiers lie in {@code [start, end)},
 * compared as unsigned bytes. Byte arrays are not copied: treat as immutable.
 *
 * @param partitionId unique in the cluster, never reused, at least 1 (0 is the catalog)
 * @param start inclusive; empty for "from the first"
 * @param end exclusive; empty for "to the last"
 * @param replicas ids of the nodes that hold a copy, the one that should lead first; empty for
 *     every node of the cluster, as before placement was recorded
 * @param membershipVersion rises with every change of the replicas, from 1
 * @param rangeVersion rises with every split and merge, from 1
 */
public record PartitionDescriptor(
    long partitionId,
    long storeId,
    byte[] start,
    byte[] end,
    List<String> replicas,
    long membershipVersion,
    long rangeVersion) {

  public PartitionDescriptor {
    Objects.requireNonNull(start, "start");
    Objects.requireNonNull(end, "end");
    replicas = List.copyOf(replicas);
    if (partitionId < 1 || storeId < 1 || membershipVersion < 1 || rangeVersion < 1) {
      throw new IllegalArgumentException(
          "partition "
              + partitionId
              + " of store "
              + storeId
              + ": ids and versions start at 1 (membership version "
              + membershipVersion
              + ", range version "
              + rangeVersion
              + ")");
    }
    if (end.length > 0 && Arrays.compareUnsigned(start, end) >= 0) {
      throw new IllegalArgumentException("partition " + partitionId + ": start is not before end");
    }
  }

  /** Whether a node holds a copy. */
  public boolean isOn(String nodeId) {
    return replicas.isEmpty() || replicas.contains(nodeId);
  }

  /** Whether a timeline's encoded identifier lies in the range. */
  public boolean contains(byte[] identifier) {
    return Arrays.compareUnsigned(start, identifier) <= 0
        && (end.length == 0 || Arrays.compareUnsigned(identifier, end) < 0);
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof PartitionDescriptor other
        && partitionId == other.partitionId
        && storeId == other.storeId
        && Arrays.equals(start, other.start)
        && Arrays.equals(end, other.end)
        && replicas.equals(other.replicas)
        && membershipVersion == other.membershipVersion
        && rangeVersion == other.rangeVersion;
  }

  @Override
  public int hashCode() {
    return Objects.hash(partitionId, storeId, membershipVersion, rangeVersion);
  }
}
