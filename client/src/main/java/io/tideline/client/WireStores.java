package io.tideline.client;

import io.tideline.proto.v1.AlterStoreRequest;
import io.tideline.proto.v1.CreateStoreRequest;
import io.tideline.proto.v1.GetNodeStatusResponse;
import io.tideline.proto.v1.InitialPartitions;
import io.tideline.proto.v1.NodeDescriptor;
import io.tideline.proto.v1.PartitionDescriptor;
import io.tideline.proto.v1.Store;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Stores, partitions and nodes to and from the wire. */
final class WireStores {

  private WireStores() {}

  static CreateStoreRequest toRequest(StoreSpec spec) {
    CreateStoreRequest.Builder out =
        CreateStoreRequest.newBuilder()
            .setName(spec.name)
            .setOptions(
                io.tideline.proto.v1.StoreOptions.newBuilder()
                    .setSequenceMode(toWire(spec.sequenceMode))
                    .setTtlMs(spec.ttlMillis)
                    .setRetentionMaxEntries(spec.retentionMaxEntries)
                    .setRetentionMaxBytes(spec.retentionMaxBytes)
                    .setStorageType(toWire(spec.storageType))
                    .setReplicas(spec.replicas)
                    .setDedupWindowMs(spec.dedupWindowMillis));
    for (IdentifierField field : spec.identifierSchema) {
      out.addIdentifierSchema(
          io.tideline.proto.v1.IdentifierField.newBuilder()
              .setName(field.name())
              .setType(toWire(field.type())));
    }
    if (!spec.splitPoints.isEmpty()) {
      InitialPartitions.Builder partitions = InitialPartitions.newBuilder();
      spec.splitPoints.forEach(point -> partitions.addSplitPoints(WireValues.toWire(point)));
      out.setInitialPartitions(partitions);
    }
    return out.build();
  }

  static AlterStoreRequest toRequest(String store, StoreAlteration alteration) {
    return AlterStoreRequest.newBuilder()
        .setName(store)
        .setOptions(
            io.tideline.proto.v1.StoreOptions.newBuilder()
                .setTtlMs(alteration.ttlMillis)
                .setRetentionMaxEntries(alteration.retentionMaxEntries)
                .setRetentionMaxBytes(alteration.retentionMaxBytes)
                .setStorageType(toWire(alteration.storageType))
                .setReplicas(alteration.replicas)
                .setDedupWindowMs(alteration.dedupWindowMillis))
        .addAllUpdateFields(alteration.updateFields.stream().sorted().toList())
        .build();
  }

  static StoreInfo fromWire(Store store) {
    return new StoreInfo(
        store.getName(),
        store.getStoreId(),
        store.getIdentifierSchemaList().stream()
            .map(field -> new IdentifierField(field.getName(), identifierType(field)))
            .toList(),
        fromWire(store.getOptions()),
        Instant.ofEpochMilli(store.getCreateTimeMs()),
        store.getDropTimeMs() == 0
            ? Optional.empty()
            : Optional.of(Instant.ofEpochMilli(store.getDropTimeMs())));
  }

  private static StoreOptions fromWire(io.tideline.proto.v1.StoreOptions options) {
    return new StoreOptions(
        switch (options.getSequenceMode()) {
          case SEQUENCE_MODE_UNSPECIFIED, SEQUENCE_MODE_DENSE -> SequenceMode.DENSE;
          case SEQUENCE_MODE_MONOTONIC -> SequenceMode.MONOTONIC;
          case SEQUENCE_MODE_MANUAL -> SequenceMode.MANUAL;
          case UNRECOGNIZED -> throw tooNew("sequence mode", options.getSequenceModeValue());
        },
        options.getTtlMs() == 0
            ? Optional.empty()
            : Optional.of(Duration.ofMillis(options.getTtlMs())),
        positive(options.getRetentionMaxEntries()),
        positive(options.getRetentionMaxBytes()),
        switch (options.getStorageType()) {
          case STORAGE_TYPE_UNSPECIFIED, STORAGE_TYPE_ANY -> StorageType.ANY;
          case STORAGE_TYPE_SSD -> StorageType.SSD;
          case STORAGE_TYPE_HDD -> StorageType.HDD;
          case UNRECOGNIZED -> throw tooNew("storage type", options.getStorageTypeValue());
        },
        options.getReplicas(),
        Duration.ofMillis(options.getDedupWindowMs()));
  }

  private static OptionalLong positive(long value) {
    return value > 0 ? OptionalLong.of(value) : OptionalLong.empty();
  }

  static StoreDescription description(Store store, List<PartitionDescriptor> partitions) {
    return new StoreDescription(
        fromWire(store), partitions.stream().map(WireStores::fromWire).toList());
  }

  static PartitionInfo fromWire(PartitionDescriptor partition) {
    HexFormat hex = HexFormat.of();
    return new PartitionInfo(
        partition.getPartitionId(),
        partition.getStore(),
        hex.formatHex(partition.getStartKey().toByteArray()),
        hex.formatHex(partition.getEndKey().toByteArray()),
        partition.getMembershipVersion(),
        partition.getRangeVersion(),
        partition.getReplicasList().stream()
            .map(
                replica ->
                    new PartitionInfo.Replica(
                        replica.getNodeId(), replica.getGrpcAddress(), replica.getLearner()))
            .toList(),
        partition.getLeaderNodeId());
  }

  static PartitionStatus fromWire(io.tideline.proto.v1.PartitionStatus status) {
    return new PartitionStatus(
        status.getNodeId(),
        fromWire(status.getPartition()),
        status.getRole(),
        status.getTerm(),
        status.getAppliedIndex(),
        status.getFlushedIndex(),
        status.getMemtableBytes(),
        status.getTableBytes(),
        status.getTableFiles(),
        status.getFailure(),
        status.getDamageList().stream().map(WireStores::fromWire).toList(),
        status.getDamagedTableCount());
  }

  private static TableDamage fromWire(io.tideline.proto.v1.TableDamage damage) {
    return new TableDamage(
        damage.getFile(),
        damage.getOffset(),
        damage.getProblem(),
        damage.getFirstKey(),
        damage.getLastKey());
  }

  static NodeInfo fromWire(NodeDescriptor node) {
    return new NodeInfo(
        node.getNodeId(),
        node.getGrpcAddress(),
        node.getRaftAddress(),
        node.getHttpAddress(),
        node.getAlive());
  }

  static NodeStatus fromWire(GetNodeStatusResponse status) {
    return new NodeStatus(
        status.getNodeId(),
        status.getClusterId(),
        status.getVersion(),
        Instant.ofEpochMilli(status.getStartTimeMs()),
        Duration.ofMillis(status.getStartupMs()),
        status.getHeapLimitBytes(),
        status.getMemtableBudgetBytes(),
        status.getBlockCacheBudgetBytes(),
        status.getOtherOffHeapBudgetBytes(),
        status.getPartitionCount(),
        status.getTableBytes(),
        status.getLogBytes(),
        status.getReplayedEntries(),
        status.getFailedPartitionCount(),
        status.getDamagedTableCount());
  }

  private static io.tideline.proto.v1.SequenceMode toWire(@Nullable SequenceMode mode) {
    if (mode == null) {
      return io.tideline.proto.v1.SequenceMode.SEQUENCE_MODE_UNSPECIFIED;
    }
    return switch (mode) {
      case DENSE -> io.tideline.proto.v1.SequenceMode.SEQUENCE_MODE_DENSE;
      case MONOTONIC -> io.tideline.proto.v1.SequenceMode.SEQUENCE_MODE_MONOTONIC;
      case MANUAL -> io.tideline.proto.v1.SequenceMode.SEQUENCE_MODE_MANUAL;
    };
  }

  private static io.tideline.proto.v1.StorageType toWire(@Nullable StorageType type) {
    if (type == null) {
      return io.tideline.proto.v1.StorageType.STORAGE_TYPE_UNSPECIFIED;
    }
    return switch (type) {
      case ANY -> io.tideline.proto.v1.StorageType.STORAGE_TYPE_ANY;
      case SSD -> io.tideline.proto.v1.StorageType.STORAGE_TYPE_SSD;
      case HDD -> io.tideline.proto.v1.StorageType.STORAGE_TYPE_HDD;
    };
  }

  private static io.tideline.proto.v1.IdentifierType toWire(IdentifierType type) {
    return switch (type) {
      case STRING -> io.tideline.proto.v1.IdentifierType.IDENTIFIER_TYPE_STRING;
      case INT64 -> io.tideline.proto.v1.IdentifierType.IDENTIFIER_TYPE_INT64;
      case BYTES -> io.tideline.proto.v1.IdentifierType.IDENTIFIER_TYPE_BYTES;
    };
  }

  private static IdentifierType identifierType(io.tideline.proto.v1.IdentifierField field) {
    return switch (field.getType()) {
      case IDENTIFIER_TYPE_STRING -> IdentifierType.STRING;
      case IDENTIFIER_TYPE_INT64 -> IdentifierType.INT64;
      case IDENTIFIER_TYPE_BYTES -> IdentifierType.BYTES;
      case IDENTIFIER_TYPE_UNSPECIFIED, UNRECOGNIZED ->
          throw tooNew("identifier type", field.getTypeValue());
    };
  }

  private static TidelineException tooNew(String what, int number) {
    return Failure.local(
            ErrorCode.UNKNOWN_REASON,
            io.grpc.Status.Code.INTERNAL,
            "the server sent a " + what + " (" + number + ") that this client is too old to know")
        .toException();
  }
}
