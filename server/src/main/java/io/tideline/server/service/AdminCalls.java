package io.tideline.server.service;

import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_PARTITION_NOT_FOUND;

import io.grpc.ServerServiceDefinition;
import io.tideline.lsm.Damage;
import io.tideline.manager.StoreDescriptor;
import io.tideline.proto.v1.AdminServiceGrpc;
import io.tideline.proto.v1.FlushPartitionsRequest;
import io.tideline.proto.v1.FlushPartitionsResponse;
import io.tideline.proto.v1.GetNodeStatusRequest;
import io.tideline.proto.v1.GetNodeStatusResponse;
import io.tideline.proto.v1.ListNodesRequest;
import io.tideline.proto.v1.ListNodesResponse;
import io.tideline.proto.v1.ListPartitionsRequest;
import io.tideline.proto.v1.ListPartitionsResponse;
import io.tideline.proto.v1.NodeDescriptor;
import io.tideline.proto.v1.PartitionDescriptor;
import io.tideline.proto.v1.PartitionStatus;
import io.tideline.proto.v1.ScrubStatus;
import io.tideline.proto.v1.TableDamage;
import io.tideline.server.catalog.Catalog;
import io.tideline.server.replica.Replica;
import io.tideline.server.service.Marshallers.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** AdminService. */
final class AdminCalls {

  /** Damaged tables named of one partition: enough to act on, and a reply of bounded size. */
  private static final int DAMAGES_LISTED_MAX = 100;

  private final Catalog catalog;
  private final Stores stores;
  private final StoreProtos protos;
  private final Supplier<NodeInfo> node;
  private final LongSupplier logBytes;
  private final LongSupplier replayedEntries;

  AdminCalls(
      Catalog catalog,
      Stores stores,
      StoreProtos protos,
      Supplier<NodeInfo> node,
      LongSupplier logBytes,
      LongSupplier replayedEntries) {
    this.catalog = catalog;
    this.stores = stores;
    this.protos = protos;
    this.node = node;
    this.logBytes = logBytes;
    this.replayedEntries = replayedEntries;
  }

  ServerServiceDefinition bind(CallRunner runner) {
    return new ServiceTable(AdminServiceGrpc.getServiceDescriptor(), runner)
        .on(AdminServiceGrpc.getGetNodeStatusMethod(), this::nodeStatus)
        .on(AdminServiceGrpc.getListNodesMethod(), this::listNodes)
        .on(AdminServiceGrpc.getListPartitionsMethod(), this::listPartitions)
        .on(AdminServiceGrpc.getFlushPartitionsMethod(), this::flush)
        .build();
  }

  private Reply nodeStatus(GetNodeStatusRequest request, CallContext context) {
    NodeInfo info = node.get();
    List<Replica> partitions = catalog.partitions();
    long tableBytes = 0;
    int damagedTables = 0;
    for (Replica partition : partitions) {
      var status = partition.status();
      tableBytes += status.stats().tableBytes();
      damagedTables += status.damage().size();
    }
    return Reply.of(
        GetNodeStatusResponse.newBuilder()
            .setNodeId(info.address().nodeId())
            .setClusterId(info.clusterId())
            .setVersion(info.version())
            .setStartTimeMs(info.startTimeMillis())
            .setStartupMs(info.startupMillis())
            .setHeapLimitBytes(info.heapLimitBytes())
            .setMemtableBudgetBytes(info.memtableBudgetBytes())
            .setBlockCacheBudgetBytes(info.blockCacheBudgetBytes())
            .setOtherOffHeapBudgetBytes(info.otherOffHeapBudgetBytes())
            .setPartitionCount(partitions.size() + catalog.failures().size())
            .setFailedPartitionCount(failedPartitions(partitions))
            .setTableBytes(tableBytes)
            .setLogBytes(logBytes.getAsLong())
            .setReplayedEntries(replayedEntries.getAsLong())
            .setDamagedTableCount(damagedTables)
            .build());
  }

  private int failedPartitions(List<Replica> running) {
    long failed =
        running.stream()
            .filter(
                partition ->
                    partition.status().role()
                        == io.tideline.server.replica.PartitionStatus.Role.FAILED)
            .count();
    return Math.toIntExact(failed) + catalog.failures().size();
  }

  private Reply listNodes(ListNodesRequest request, CallContext context) {
    NodeAddress address = node.get().address();
    return Reply.of(
        ListNodesResponse.newBuilder()
            .addNodes(
                NodeDescriptor.newBuilder()
                    .setNodeId(address.nodeId())
                    .setGrpcAddress(address.grpcAddress())
                    .setRaftAddress(address.raftAddress())
                    .setHttpAddress(address.httpAddress())
                    .setAlive(true))
            .build());
  }

  private Reply listPartitions(ListPartitionsRequest request, CallContext context) {
    ListPartitionsResponse.Builder reply = ListPartitionsResponse.newBuilder();
    if (request.getStore().isEmpty()) {
      catalog
          .partition(0)
          .ifPresent(
              catalogPartition ->
                  reply.addPartitions(status(protos.catalogPartition(), catalogPartition)));
      catalog.list(false).forEach(store -> addPartitions(reply, store));
    } else {
      StoreValidator.validateName(FieldPath.of("store"), request.getStore());
      addPartitions(reply, stores.require(request.getStore()));
    }
    return Reply.of(reply.build());
  }

  private void addPartitions(ListPartitionsResponse.Builder reply, StoreDescriptor store) {
    for (var descriptor : store.partitions()) {
      PartitionDescriptor proto = protos.partition(store.name(), descriptor);
      reply.addPartitions(
          catalog
              .partition(descriptor.partitionId())
              .map(partition -> status(proto, partition))
              .orElseGet(() -> notRunning(proto)));
    }
  }

  private PartitionStatus notRunning(PartitionDescriptor descriptor) {
    PartitionStatus.Builder status = PartitionStatus.newBuilder().setPartition(descriptor);
    return catalog
        .failure(descriptor.getPartitionId())
        .map(failure -> status.setRole("FAILED").setFailure(failure.message()))
        .orElseGet(() -> status.setRole("STARTING"))
        .build();
  }

  private static PartitionStatus status(PartitionDescriptor descriptor, Replica partition) {
    var status = partition.status();
    PartitionStatus.Builder reply =
        PartitionStatus.newBuilder()
            .setPartition(descriptor)
            .setRole(status.role().name())
            .setTerm(status.term())
            .setAppliedIndex(status.applied().position().index())
            .setFlushedIndex(status.durable().position().index())
            .setMemtableBytes(status.stats().memtableBytes())
            .setTableBytes(status.stats().tableBytes())
            .setTableFiles(status.stats().tables())
            .setDamagedTableCount(status.damage().size());
    status.damage().stream()
        .limit(DAMAGES_LISTED_MAX)
        .forEach(damage -> reply.addDamage(toProto(damage)));
    partition.scrubStatus().ifPresent(scrub -> reply.setScrub(toProto(scrub)));
    return reply.build();
  }

  private static TableDamage toProto(Damage damage) {
    return TableDamage.newBuilder()
        .setFile(damage.file().toString())
        .setOffset(damage.offset())
        .setProblem("expected " + damage.expected() + ", found " + damage.found())
        .setFirstKey(Texts.shorten(damage.firstKey(), Limits.ERROR_VALUE_CHARS_MAX))
        .setLastKey(Texts.shorten(damage.lastKey(), Limits.ERROR_VALUE_CHARS_MAX))
        .build();
  }

  private static ScrubStatus toProto(io.tideline.lsm.ScrubStatus scrub) {
    return ScrubStatus.newBuilder()
        .setRunning(scrub.running())
        .setLastFinishedMs(scrub.lastFinishedMillis())
        .setFilesVerified(scrub.filesVerified())
        .setBytesVerified(scrub.bytesVerified())
        .setFilesLeft(scrub.filesLeft())
        .build();
  }

  private Reply flush(FlushPartitionsRequest request, CallContext context) throws Exception {
    long id = request.getPartitionId();
    Check.range(
        FieldPath.of("partition_id"), id, 0, Long.MAX_VALUE, "0 stands for all of this node");
    List<Replica> partitions =
        id == 0
            ? catalog.partitions()
            : List.of(catalog.partition(id).orElseThrow(() -> notHere(id).toException()));
    List<CompletableFuture<?>> flushes = new ArrayList<>();
    for (Replica partition : partitions) {
      flushes.add(partition.flush());
    }
    for (CompletableFuture<?> flush : flushes) {
      context.awaitRead(flush);
    }
    return Reply.of(
        FlushPartitionsResponse.newBuilder().setFlushedPartitions(partitions.size()).build());
  }

  private Failure notHere(long partitionId) {
    return catalog.failure(partitionId).map(Stores::failed).orElseGet(() -> notFound(partitionId));
  }

  private static Failure notFound(long partitionId) {
    return Failure.of(
            ERROR_REASON_PARTITION_NOT_FOUND,
            "there is no partition "
                + partitionId
                + " on this node; list the partitions to find its id")
        .withField("partition_id")
        .withValue(Long.toString(partitionId));
  }
}
