package io.tideline.server.service;

import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_PARTITION_NOT_FOUND;

import io.grpc.ServerServiceDefinition;
import io.tideline.proto.v1.AdminServiceGrpc;
import io.tideline.proto.v1.FlushPartitionsRequest;
import io.tideline.proto.v1.FlushPartitionsResponse;
import io.tideline.proto.v1.GetNodeStatusRequest;
import io.tideline.proto.v1.GetNodeStatusResponse;
import io.tideline.server.catalog.Catalog;
import io.tideline.server.replica.Replica;
import io.tideline.server.service.Marshallers.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** AdminService: what one node knows by itself; the rest is {@link ClusterCalls}. */
final class AdminCalls {

  private final Catalog catalog;
  private final Supplier<NodeInfo> node;
  private final LongSupplier logBytes;
  private final LongSupplier replayedEntries;
  private final ClusterCalls cluster;

  AdminCalls(
      Catalog catalog,
      Supplier<NodeInfo> node,
      LongSupplier logBytes,
      LongSupplier replayedEntries,
      ClusterCalls cluster) {
    this.catalog = catalog;
    this.node = node;
    this.logBytes = logBytes;
    this.replayedEntries = replayedEntries;
    this.cluster = cluster;
  }

  ServerServiceDefinition bind(CallRunner runner) {
    return new ServiceTable(AdminServiceGrpc.getServiceDescriptor(), runner)
        .on(AdminServiceGrpc.getGetNodeStatusMethod(), this::nodeStatus)
        .on(AdminServiceGrpc.getListNodesMethod(), cluster::listNodes)
        .on(AdminServiceGrpc.getListPartitionsMethod(), cluster::listPartitions)
        .on(AdminServiceGrpc.getFlushPartitionsMethod(), this::flush)
        .on(AdminServiceGrpc.getTransferLeaderMethod(), cluster::transferLeader)
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
