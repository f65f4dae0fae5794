package io.tideline.it.badinput;

import io.grpc.Status;
import io.tideline.it.harness.Wire;
import io.tideline.proto.v1.CommitCursorsRequest;
import io.tideline.proto.v1.CountUnreadRequest;
import io.tideline.proto.v1.CursorServiceGrpc;
import io.tideline.proto.v1.DrainNodeRequest;
import io.tideline.proto.v1.ErrorReason;
import io.tideline.proto.v1.GetCursorsRequest;
import io.tideline.proto.v1.ListCursorsRequest;
import io.tideline.proto.v1.ListHotTimelinesRequest;
import io.tideline.proto.v1.MergePartitionsRequest;
import io.tideline.proto.v1.MoveReplicaRequest;
import io.tideline.proto.v1.RecoverStoreRequest;
import io.tideline.proto.v1.SplitPartitionRequest;
import io.tideline.proto.v1.TailRequest;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** The operations of the contract that nodes do not have yet. */
final class UnbuiltOperations {

  private UnbuiltOperations() {}

  static Stream<BadRequest> all() {
    return Stream.of(timelines(), cursors(), others()).flatMap(rows -> rows);
  }

  private static Stream<BadRequest> timelines() {
    return Stream.of(
        unbuilt("Tail", w -> w.timelines().tail(TailRequest.getDefaultInstance()).next()));
  }

  private static Stream<BadRequest> cursors() {
    return Stream.of(
        unbuilt(
            "CommitCursors",
            w -> cursors(w).commitCursors(CommitCursorsRequest.getDefaultInstance())),
        unbuilt("GetCursors", w -> cursors(w).getCursors(GetCursorsRequest.getDefaultInstance())),
        unbuilt(
            "ListCursors", w -> cursors(w).listCursors(ListCursorsRequest.getDefaultInstance())),
        unbuilt(
            "CountUnread", w -> cursors(w).countUnread(CountUnreadRequest.getDefaultInstance())));
  }

  private static Stream<BadRequest> others() {
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

  private static CursorServiceGrpc.CursorServiceBlockingStub cursors(Wire wire) {
    return CursorServiceGrpc.newBlockingStub(wire.channel());
  }

  private static BadRequest unbuilt(String name, Consumer<Wire> send) {
    return BadRequest.refused(
        name, send, Status.Code.UNIMPLEMENTED, ErrorReason.ERROR_REASON_NOT_IMPLEMENTED);
  }
}
