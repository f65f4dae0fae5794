package io.tideline.it.badinput;

import io.grpc.Status;
import io.tideline.it.harness.Wire;
import io.tideline.proto.v1.DrainNodeRequest;
import io.tideline.proto.v1.ErrorReason;
import io.tideline.proto.v1.ListHotTimelinesRequest;
import io.tideline.proto.v1.MergePartitionsRequest;
import io.tideline.proto.v1.MoveReplicaRequest;
import io.tideline.proto.v1.RecoverStoreRequest;
import io.tideline.proto.v1.SplitPartitionRequest;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** The operations of the contract that nodes do not have yet. */
final class UnbuiltOperations {

  private UnbuiltOperations() {}

  static Stream<BadRequest> all() {
    return Stream.of(
        unbuilt(
            "RecoverStore", w -> w.stores().recoverStore(RecoverStoreRequest.getDefaultInstance())),
        unbuilt(
            "SplitPartition",
            w -> w.admin().splitPartition(SplitPartitionRequest.getDefaultInstance())),
        unbuilt(
            "MergePartitions",
            w -> w.admin().mergePartitions(MergePartitionsRequest.getDefaultInstance())),
        unbuilt("MoveReplica", w -> w.admin().moveReplica(MoveReplicaRequest.getDefaultInstance())),
        unbuilt("DrainNode", w -> w.admin().drainNode(DrainNodeRequest.getDefaultInstance())),
        unbuilt(
            "ListHotTimelines",
            w -> w.admin().listHotTimelines(ListHotTimelinesRequest.getDefaultInstance())));
  }

  private static BadRequest unbuilt(String name, Consumer<Wire> send) {
    return BadRequest.refused(
        name, send, Status.Code.UNIMPLEMENTED, ErrorReason.ERROR_REASON_NOT_IMPLEMENTED);
  }
}
