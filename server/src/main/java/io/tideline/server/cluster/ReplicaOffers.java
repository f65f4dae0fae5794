package io.tideline.server.cluster;

import com.google.common.util.concurrent.FutureCallback;
import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.ListenableFuture;
import com.google.common.util.concurrent.MoreExecutors;
import io.tideline.proto.internal.v1.FitToLeadRequest;
import io.tideline.proto.internal.v1.FitToLeadResponse;
import io.tideline.proto.internal.v1.OfferSnapshotRequest;
import io.tideline.proto.internal.v1.OfferSnapshotResponse;
import io.tideline.proto.internal.v1.ReplicaServiceGrpc;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Asks other nodes what their replicas can do for this one's: give a copy of their content, or
 * lead.
 *
 * <p>Threading: safe for many threads. Futures fail with what gRPC says.
 */
public final class ReplicaOffers {

  /** The asked node flushes first, which writes a memtable to a disk that may be busy. */
  private static final long COPY_MILLIS = 30_000;

  /** It is answered from memory. */
  private static final long ALIVE_MILLIS = 1_000;

  private final PeerChannels channels;

  ReplicaOffers(PeerChannels channels) {
    this.channels = channels;
  }

  /** What {@code SnapshotTransfers.fetch} takes: a snapshot of all that the replica had applied. */
  public CompletableFuture<String> ask(Member member, long partitionId) {
    return future(
        stub(member, COPY_MILLIS)
            .offerSnapshot(OfferSnapshotRequest.newBuilder().setPartitionId(partitionId).build()),
        OfferSnapshotResponse::getUri);
  }

  /** Why a member should not lead a partition; empty text if it may. */
  public CompletableFuture<String> unfitToLead(Member member, long partitionId) {
    return future(
        stub(member, ALIVE_MILLIS)
            .fitToLead(FitToLeadRequest.newBuilder().setPartitionId(partitionId).build()),
        FitToLeadResponse::getUnfit);
  }

  private ReplicaServiceGrpc.ReplicaServiceFutureStub stub(Member member, long millis) {
    return ReplicaServiceGrpc.newFutureStub(channels.to(member))
        .withDeadlineAfter(millis, TimeUnit.MILLISECONDS);
  }

  private static <Q> CompletableFuture<String> future(
      ListenableFuture<Q> call, Function<Q, String> toResult) {
    CompletableFuture<String> result = new CompletableFuture<>();
    Futures.addCallback(
        call,
        new FutureCallback<>() {
          @Override
          public void onSuccess(@Nullable Q reply) {
            result.complete(toResult.apply(Objects.requireNonNull(reply)));
          }

          @Override
          public void onFailure(Throwable error) {
            result.completeExceptionally(error);
          }
        },
        MoreExecutors.directExecutor());
    return result;
  }
}
