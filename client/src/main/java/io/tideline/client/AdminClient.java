package io.tideline.client;

import io.tideline.proto.v1.AdminServiceGrpc;
import io.tideline.proto.v1.FlushPartitionsRequest;
import io.tideline.proto.v1.GetNodeStatusRequest;
import io.tideline.proto.v1.ListNodesRequest;
import io.tideline.proto.v1.ListPartitionsRequest;
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
