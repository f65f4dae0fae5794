package io.tideline.client;

import io.tideline.proto.v1.AdminServiceGrpc;
import io.tideline.proto.v1.FlushPartitionsRequest;
import io.tideline.proto.v1.GetNodeStatusRequest;
import io.tideline.proto.v1.ListNodesRequest;
import io.tideline.proto.v1.ListPartitionsRequest;
import io.tideline.proto.v1.ListPartitionsResponse;
import io.tideline.proto.v1.TransferLeaderRequest;
import java.util.List;

/**
 * Looks at nodes and partitions. Get it from {@link TidelineClient#admin()}.
 *
 * <p>Thread-safe. Every method blocks and throws {@link TidelineException}.
 */
public final class AdminClient {

  /** On the wire: every partition of the node. */
  private static final long ALL_PARTITIONS = 0;

  private final Caller caller;
  private final CallSettings settings;

  AdminClient(Caller caller, CallSettings settings) {
    this.caller = caller;
    this.settings = settings;
  }

  /** What the answering node is and uses. */
  public NodeStatus nodeStatus() {
    return WireStores.fromWire(
        Caller.await(
            caller.call(
                AdminServiceGrpc.getGetNodeStatusMethod(),
                GetNodeStatusRequest.getDefaultInstance(),
                WriteKind.READ,
                "",
                settings),
            false));
  }

  /** All nodes of the cluster. */
  public List<NodeInfo> nodes() {
    return Caller.await(
            caller.call(
                AdminServiceGrpc.getListNodesMethod(),
                ListNodesRequest.getDefaultInstance(),
                WriteKind.READ,
                "",
                settings),
            false)
        .getNodesList()
        .stream()
        .map(WireStores::fromWire)
        .toList();
  }

  /** All partitions as the answering node sees them. */
  public List<PartitionStatus> partitions() {
    return partitions("");
  }

  /** The partitions of one store as the answering node sees them; of all stores for "". */
  public List<PartitionStatus> partitions(String store) {
    return Caller.await(
            caller.call(
                AdminServiceGrpc.getListPartitionsMethod(),
                ListPartitionsRequest.newBuilder().setStore(store).build(),
                WriteKind.READ,
                store,
                settings),
            false)
        .getPartitionsList()
        .stream()
        .map(WireStores::fromWire)
        .toList();
  }

  /**
   * Every replica of the partitions of one store, as its own node sees it; of all stores and the
   * catalog for "". Nodes that do not answer within two seconds are named, not waited for.
   */
  public ReplicaListing replicas(String store) {
    ListPartitionsResponse reply =
        Caller.await(
            caller.call(
                AdminServiceGrpc.getListPartitionsMethod(),
                ListPartitionsRequest.newBuilder().setStore(store).setAllNodes(true).build(),
                WriteKind.READ,
                store,
                settings),
            false);
    return new ReplicaListing(
        reply.getPartitionsList().stream().map(WireStores::fromWire).toList(),
        reply.getSilentNodeIdsList());
  }

  /**
   * Hands the leadership of a partition to another replica; writes wait some tens of milliseconds.
   * Errors: PARTITION_NOT_FOUND, PARTITION_UNAVAILABLE if nobody leads or the target does not take
   * over, OUT_OF_RANGE if the target has no replica.
   *
   * @param targetNodeId the node that shall lead; empty for any other replica
   * @return id of the node that leads now
   */
  public String transferLeader(long partitionId, String targetNodeId) {
    return Caller.await(
            caller.call(
                AdminServiceGrpc.getTransferLeaderMethod(),
                TransferLeaderRequest.newBuilder()
                    .setPartitionId(partitionId)
                    .setTargetNodeId(targetNodeId)
                    .build(),
                WriteKind.REPEATABLE,
                "",
                settings),
            true)
        .getLeaderNodeId();
  }

  /**
   * Writes the memtables of every partition on the answering node to disk; returns their number.
   */
  public int flushPartitions() {
    return flushPartition(ALL_PARTITIONS);
  }

  /** Writes one partition's memtable to disk. Errors: PARTITION_NOT_FOUND. */
  public int flushPartition(long partitionId) {
    return Caller.await(
            caller.call(
                AdminServiceGrpc.getFlushPartitionsMethod(),
                FlushPartitionsRequest.newBuilder().setPartitionId(partitionId).build(),
                WriteKind.REPEATABLE,
                "",
                settings),
            true)
        .getFlushedPartitions();
  }
}
