package io.tideline.server.cluster;

import com.google.common.util.concurrent.FutureCallback;
import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.ListenableFuture;
import com.google.common.util.concurrent.MoreExecutors;
import io.tideline.proto.v1.AdminServiceGrpc;
import io.tideline.proto.v1.ListNodesRequest;
import io.tideline.proto.v1.ListPartitionsRequest;
import io.tideline.proto.v1.NodeDescriptor;
import io.tideline.proto.v1.PartitionStatus;
import io.tideline.proto.v1.TransferLeaderRequest;
import io.tideline.proto.v1.TransferLeaderResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Asks other nodes what only they know, by the calls an operator would make.
 *
 * <p>Threading: safe for many threads. Futures fail with what gRPC says.
 */
public final class PeerAdmin {

  /** A node that is well answers within milliseconds; an operator waits for one that is not. */
  private static final long ALIVE_MILLIS = 1_000;

  private static final long LIST_MILLIS = 2_000;

  /** The asked node waits for its peers for as long as {@link #LIST_MILLIS}. */
  private static final long LIST_ALL_MILLIS = 5_000;

  /** An election timeout and what follows it. */
  private static final long TRANSFER_MILLIS = 15_000;

  private final PeerChannels channels;

  PeerAdmin(PeerChannels channels) {
    this.channels = channels;
  }

  /** A node as it describes itself. */
  public CompletableFuture<NodeDescriptor> describe(Member member) {
    return future(
        stub(member, ALIVE_MILLIS)
            .listNodes(ListNodesRequest.newBuilder().setSelfOnly(true).build()),
        reply -> reply.getNodes(0));
  }

  /** A node's own replicas. */
  public CompletableFuture<List<PartitionStatus>> replicas(Member member, String store) {
    return future(
        stub(member, LIST_MILLIS)
            .listPartitions(ListPartitionsRequest.newBuilder().setStore(store).build()),
        reply -> new ArrayList<>(reply.getPartitionsList()));
  }

  /** All replicas of all partitions, the catalog's included, each as its own node tells. */
  public CompletableFuture<List<PartitionStatus>> allReplicas(Member member) {
    return future(
        stub(member, LIST_ALL_MILLIS)
            .listPartitions(ListPartitionsRequest.newBuilder().setAllNodes(true).build()),
        reply -> new ArrayList<>(reply.getPartitionsList()));
  }

  /** Passes a transfer of leadership on. */
  public CompletableFuture<TransferLeaderResponse> transferLeader(
      Member leader, TransferLeaderRequest request) {
    return future(stub(leader, TRANSFER_MILLIS).transferLeader(request), reply -> reply);
  }

  private AdminServiceGrpc.AdminServiceFutureStub stub(Member member, long millis) {
    return AdminServiceGrpc.newFutureStub(channels.to(member))
        .withDeadlineAfter(millis, TimeUnit.MILLISECONDS);
  }

  private static <Q, R> CompletableFuture<R> future(
      ListenableFuture<Q> call, Function<Q, R> toResult) {
    CompletableFuture<R> result = new CompletableFuture<>();
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
