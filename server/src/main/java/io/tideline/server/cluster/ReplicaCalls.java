package io.tideline.server.cluster;

import com.google.protobuf.UnsafeByteOperations;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.tideline.lsm.RangeHash;
import io.tideline.proto.internal.v1.FitToLeadRequest;
import io.tideline.proto.internal.v1.FitToLeadResponse;
import io.tideline.proto.internal.v1.HashRequest;
import io.tideline.proto.internal.v1.HashResponse;
import io.tideline.proto.internal.v1.OfferSnapshotRequest;
import io.tideline.proto.internal.v1.OfferSnapshotResponse;
import io.tideline.proto.internal.v1.ReplicaServiceGrpc;
import io.tideline.proto.internal.v1.WriteApplied;
import io.tideline.proto.internal.v1.WriteRefused;
import io.tideline.proto.internal.v1.WriteRequest;
import io.tideline.proto.internal.v1.WriteResponse;
import io.tideline.proto.internal.v1.WriteUnknown;
import io.tideline.server.command.CommandFormat;
import io.tideline.server.command.CommandResult;
import io.tideline.server.command.FormatException;
import io.tideline.server.command.ResultFormat;
import io.tideline.server.replica.PartitionReplica;
import io.tideline.server.replica.Refusal;
import io.tideline.server.replica.WriteOutcome;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongFunction;

/** What other nodes ask of this one's replicas. gRPC calls it on threads that may block. */
final class ReplicaCalls extends ReplicaServiceGrpc.ReplicaServiceImplBase {

  private static final long RETRY_AFTER_MILLIS = 100;

  private final LongFunction<Optional<PartitionReplica>> replicas;
  private final Members members;

  ReplicaCalls(LongFunction<Optional<PartitionReplica>> replicas, Members members) {
    this.replicas = replicas;
    this.members = members;
  }

  @Override
  public void write(WriteRequest request, StreamObserver<WriteResponse> answer) {
    long partitionId = request.getPartitionId();
    Optional<PartitionReplica> replica = replicas.apply(partitionId);
    CompletableFuture<WriteOutcome<List<CommandResult>>> outcome;
    try {
      outcome =
          replica.isPresent()
              ? replica
                  .get()
                  .write(
                      CommandFormat.decode(request.getCommands().toByteArray()).commands(),
                      request.getInternal())
              : CompletableFuture.completedFuture(notHere(partitionId));
    } catch (FormatException e) {
      answer.onError(
          Status.INVALID_ARGUMENT.withDescription(e.getMessage()).withCause(e).asException());
      return;
    }
    var _ =
        outcome.whenComplete(
            (done, error) -> {
              if (error == null) {
                answer.onNext(toProto(done, replica));
                answer.onCompleted();
              } else {
                answer.onError(Status.INTERNAL.withCause(error).asException());
              }
            });
  }

  @Override
  public void hash(HashRequest request, StreamObserver<HashResponse> answer) {
    Optional<PartitionReplica> replica = replicas.apply(request.getPartitionId());
    if (replica.isEmpty()) {
      answer.onError(
          Status.NOT_FOUND
              .withDescription("no replica of partition " + request.getPartitionId() + " is here")
              .asException());
      return;
    }
    try {
      RangeHash hash = replica.get().contentHash();
      answer.onNext(
          HashResponse.newBuilder()
              .setAppliedIndex(hash.state().position().index())
              .setHigh(hash.high())
              .setLow(hash.low())
              .setTimelines(hash.timelines())
              .setRows(hash.rows())
              .setRecords(hash.records())
              .build());
      answer.onCompleted();
    } catch (IOException | RuntimeException e) {
      answer.onError(
          Status.UNAVAILABLE.withDescription("not hashed: " + e).withCause(e).asException());
    }
  }

  @Override
  public void offerSnapshot(
      OfferSnapshotRequest request, StreamObserver<OfferSnapshotResponse> answer) {
    Optional<PartitionReplica> replica = replicas.apply(request.getPartitionId());
    if (replica.isEmpty()) {
      answer.onError(
          Status.NOT_FOUND
              .withDescription("no replica of partition " + request.getPartitionId() + " is here")
              .asException());
      return;
    }
    var _ =
        replica
            .get()
            .offerSnapshot()
            .whenComplete(
                (offer, error) -> {
                  if (error == null) {
                    // Its reader withdraws it; one that is gone leaves it to become idle.
                    answer.onNext(OfferSnapshotResponse.newBuilder().setUri(offer.uri()).build());
                    answer.onCompleted();
                  } else {
                    answer.onError(
                        Status.UNAVAILABLE
                            .withDescription("no snapshot: " + error)
                            .withCause(error)
                            .asException());
                  }
                });
  }

  @Override
  public void fitToLead(FitToLeadRequest request, StreamObserver<FitToLeadResponse> answer) {
    replicas
        .apply(request.getPartitionId())
        .ifPresentOrElse(
            replica -> {
              answer.onNext(FitToLeadResponse.newBuilder().setUnfit(replica.unfitToLead()).build());
              answer.onCompleted();
            },
            () ->
                answer.onError(
                    Status.NOT_FOUND
                        .withDescription(
                            "no replica of partition " + request.getPartitionId() + " is here")
                        .asException()));
  }

  private static WriteOutcome<List<CommandResult>> notHere(long partitionId) {
    return new WriteOutcome.Refused<>(
        Refusal.of(
            Refusal.Reason.NOT_LEADER,
            "partition " + partitionId + " is not running here (yet)",
            RETRY_AFTER_MILLIS));
  }

  private WriteResponse toProto(
      WriteOutcome<List<CommandResult>> outcome, Optional<PartitionReplica> replica) {
    return switch (outcome) {
      case WriteOutcome.Applied<List<CommandResult>> applied ->
          WriteResponse.newBuilder()
              .setApplied(
                  WriteApplied.newBuilder()
                      .setPosition(applied.position())
                      .setResults(
                          UnsafeByteOperations.unsafeWrap(ResultFormat.encode(applied.result()))))
              .build();
      case WriteOutcome.Refused<List<CommandResult>>(Refusal refusal) ->
          WriteResponse.newBuilder()
              .setRefused(
                  WriteRefused.newBuilder()
                      .setReason(refusal.reason().name())
                      .setDetail(refusal.detail())
                      .setUsed(refusal.used())
                      .setLimit(refusal.limit())
                      .setRetryAfterMs(refusal.retryAfterMillis())
                      .setLeaderNodeId(
                          refusal.reason() == Refusal.Reason.NOT_LEADER ? leader(replica) : ""))
              .build();
      case WriteOutcome.Unknown<List<CommandResult>> unknown ->
          WriteResponse.newBuilder()
              .setUnknown(WriteUnknown.newBuilder().setWhy(unknown.why()))
              .build();
    };
  }

  private String leader(Optional<PartitionReplica> replica) {
    return replica
        .flatMap(PartitionReplica::leader)
        .flatMap(members::byRaftAddress)
        .map(Member::nodeId)
        .orElse("");
  }
}
