package io.tideline.client;

import io.tideline.proto.v1.PartitionDescriptor;
import io.tideline.proto.v1.ReplicaDescriptor;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Which node led each partition of a store when the cluster was asked last. Immutable. */
final class RouteTable {

  /** Nothing is known. */
  static final RouteTable EMPTY = new RouteTable(null, new TreeMap<>());

  private final @Nullable ServerAddress first;

  /** Leaders of the partitions but the first, by the first identifier of each. */
  private final NavigableMap<Identifier, Optional<ServerAddress>> others;

  private RouteTable(
      @Nullable ServerAddress first, NavigableMap<Identifier, Optional<ServerAddress>> others) {
    this.first = first;
    this.others = others;
  }

  /**
   * @param partitions in key order, without a gap
   * @throws IllegalArgumentException if a bound or an address cannot be read
   */
  static RouteTable of(List<PartitionDescriptor> partitions) {
    ServerAddress first = null;
    NavigableMap<Identifier, Optional<ServerAddress>> others = new TreeMap<>();
    Map<String, ServerAddress> parsed = new HashMap<>();
    for (PartitionDescriptor partition : partitions) {
      ServerAddress leader = leader(partition, parsed);
      if (partition.getStartKey().isEmpty()) {
        first = leader;
      } else {
        others.put(
            EncodedIdentifier.decode(partition.getStartKey().toByteArray()),
            Optional.ofNullable(leader));
      }
    }
    return new RouteTable(first, others);
  }

  private static @Nullable ServerAddress leader(
      PartitionDescriptor partition, Map<String, ServerAddress> parsed) {
    for (ReplicaDescriptor replica : partition.getReplicasList()) {
      if (replica.getNodeId().equals(partition.getLeaderNodeId())) {
        return parsed.computeIfAbsent(replica.getGrpcAddress(), ServerAddress::parse);
      }
    }
    return null;
  }

  /** Where the leaders that are known listen. */
  Set<ServerAddress> leaders() {
    Set<ServerAddress> all = new HashSet<>();
    others.values().forEach(leader -> leader.ifPresent(all::add));
    if (first != null) {
      all.add(first);
    }
    return all;
  }

  /** Whether both name the same partitions and leaders. */
  boolean isSameAs(RouteTable other) {
    return Objects.equals(first, other.first) && others.equals(other.others);
  }

  /** Where the leader of a timeline's partition listens; null if that is not known. */
  @Nullable ServerAddress leaderOf(Identifier timeline) {
    if (others.isEmpty()) {
      return first;
    }
    Map.Entry<Identifier, Optional<ServerAddress>> partition = others.floorEntry(timeline);
    return partition == null ? first : partition.getValue().orElse(null);
  }
}
