package io.tideline.server.service;

import com.google.protobuf.UnsafeByteOperations;
import io.tideline.manager.IdentifierField;
import io.tideline.manager.PartitionDescriptor;
import io.tideline.manager.StoreDescriptor;
import io.tideline.manager.StoreOptions;
import io.tideline.proto.v1.IdentifierType;
import io.tideline.proto.v1.ReplicaDescriptor;
import io.tideline.proto.v1.SequenceMode;
import io.tideline.proto.v1.StorageType;
import io.tideline.proto.v1.Store;
import io.tideline.server.catalog.Catalog;
import io.tideline.server.cluster.Member;
import io.tideline.server.replica.Replica;
import java.util.List;
import java.util.function.Supplier;

/** Stores and partitions between the catalog's records and the contract's messages. */
final class StoreProtos {

  private final Catalog catalog;
  private final Supplier<NodeInfo> node;

  StoreProtos(Catalog catalog, Supplier<NodeInfo> node) {
    this.catalog = catalog;
    this.node = node;
  }

  static Store store(StoreDescriptor store) {
    Store.Builder proto =
        Store.newBuilder()
            .setName(store.name())
            .setStoreId(store.storeId())
            .setOptions(options(store.options()))
            .setCreateTimeMs(store.createTimeMillis())
            .setDropTimeMs(store.dropTimeMillis());
    for (IdentifierField field : store.schema()) {
      proto.addIdentifierSchema(
          io.tideline.proto.v1.IdentifierField.newBuilder()
              .setName(field.name())
              .setType(type(field.type())));
    }
    return proto.build();
  }

  List<io.tideline.proto.v1.PartitionDescriptor> partitions(StoreDescriptor store) {
    return store.partitions().stream().map(p -> partition(store.name(), p)).toList();
  }

  io.tideline.proto.v1.PartitionDescriptor partition(
      String storeName, PartitionDescriptor descriptor) {
    return io.tideline.proto.v1.PartitionDescriptor.newBuilder()
        .setPartitionId(descriptor.partitionId())
        .setStore(storeName)
        .setStartKey(UnsafeByteOperations.unsafeWrap(descriptor.start()))
        .setEndKey(UnsafeByteOperations.unsafeWrap(descriptor.end()))
        .setMembershipVersion(descriptor.membershipVersion())
        .setRangeVersion(descriptor.rangeVersion())
        .addAllReplicas(replicas(catalog.members().of(descriptor.replicas())))
        .setLeaderNodeId(leader(descriptor.partitionId()))
        .build();
  }

  /** Partition 0 belongs to no store and holds no timelines. */
  io.tideline.proto.v1.PartitionDescriptor catalogPartition() {
    return io.tideline.proto.v1.PartitionDescriptor.newBuilder()
        .setPartitionId(0)
        .addAllReplicas(replicas(catalog.members().all()))
        .setLeaderNodeId(leader(0))
        .build();
  }

  private List<ReplicaDescriptor> replicas(List<Member> holders) {
    return holders.stream()
        .map(
            member ->
                ReplicaDescriptor.newBuilder()
                    .setNodeId(member.nodeId())
                    .setGrpcAddress(
                        member.equals(catalog.members().self())
                            ? node.get().address().grpcAddress()
                            : member.grpcAddress())
                    .build())
        .toList();
  }

  private String leader(long partitionId) {
    return catalog
        .partition(partitionId)
        .flatMap(Replica::leader)
        .flatMap(catalog.members()::byRaftAddress)
        .map(Member::nodeId)
        .orElse("");
  }

  static io.tideline.manager.IdentifierType type(IdentifierType type) {
    return switch (type) {
      case IDENTIFIER_TYPE_STRING -> io.tideline.manager.IdentifierType.STRING;
      case IDENTIFIER_TYPE_INT64 -> io.tideline.manager.IdentifierType.INT64;
      case IDENTIFIER_TYPE_BYTES -> io.tideline.manager.IdentifierType.BYTES;
      case IDENTIFIER_TYPE_UNSPECIFIED, UNRECOGNIZED ->
          throw new IllegalArgumentException("identifier type " + type + " was not validated");
    };
  }

  static io.tideline.manager.SequenceMode mode(SequenceMode mode) {
    return switch (mode) {
      case SEQUENCE_MODE_UNSPECIFIED, SEQUENCE_MODE_DENSE -> io.tideline.manager.SequenceMode.DENSE;
      case SEQUENCE_MODE_MONOTONIC -> io.tideline.manager.SequenceMode.MONOTONIC;
      case SEQUENCE_MODE_MANUAL -> io.tideline.manager.SequenceMode.MANUAL;
      case UNRECOGNIZED ->
          throw new IllegalArgumentException("sequence mode " + mode + " was not validated");
    };
  }

  static io.tideline.manager.StorageType storage(StorageType type) {
    return switch (type) {
      case STORAGE_TYPE_UNSPECIFIED, STORAGE_TYPE_ANY -> io.tideline.manager.StorageType.ANY;
      case STORAGE_TYPE_SSD -> io.tideline.manager.StorageType.SSD;
      case STORAGE_TYPE_HDD -> io.tideline.manager.StorageType.HDD;
      case UNRECOGNIZED ->
          throw new IllegalArgumentException("storage type " + type + " was not validated");
    };
  }

  private static IdentifierType type(io.tideline.manager.IdentifierType type) {
    return switch (type) {
      case STRING -> IdentifierType.IDENTIFIER_TYPE_STRING;
      case INT64 -> IdentifierType.IDENTIFIER_TYPE_INT64;
      case BYTES -> IdentifierType.IDENTIFIER_TYPE_BYTES;
    };
  }

  private static io.tideline.proto.v1.StoreOptions options(StoreOptions options) {
    return io.tideline.proto.v1.StoreOptions.newBuilder()
        .setSequenceMode(
            switch (options.sequenceMode()) {
              case DENSE -> SequenceMode.SEQUENCE_MODE_DENSE;
              case MONOTONIC -> SequenceMode.SEQUENCE_MODE_MONOTONIC;
              case MANUAL -> SequenceMode.SEQUENCE_MODE_MANUAL;
            })
        .setTtlMs(options.ttlMillis())
        .setRetentionMaxEntries(options.retentionMaxEntries())
        .setRetentionMaxBytes(options.retentionMaxBytes())
        .setStorageType(
            switch (options.storageType()) {
              case ANY -> StorageType.STORAGE_TYPE_ANY;
              case SSD -> StorageType.STORAGE_TYPE_SSD;
              case HDD -> StorageType.STORAGE_TYPE_HDD;
            })
        .setReplicas(options.replicas())
        .setDedupWindowMs(options.dedupWindowMillis())
        .build();
  }
}
