package io.tideline.tools.torture;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.tideline.proto.internal.v1.HashRequest;
import io.tideline.proto.internal.v1.HashResponse;
import io.tideline.proto.internal.v1.ReplicaServiceGrpc;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** Compares the content of a partition's replicas once nobody writes any more. */
final class ReplicaHashes implements AutoCloseable {

  /** A replica that was away has to catch up first. */
  private static final Duration AGREE_MAX = Duration.ofSeconds(120);

  private static final long CALL_SECONDS = 30;
  private static final long RETRY_MILLIS = 100;

  private final List<ManagedChannel> channels = new ArrayList<>();
  private final LongSupplier nanoClock;

  ReplicaHashes(List<String> endpoints, LongSupplier nanoClock) {
    this.nanoClock = nanoClock;
    for (String endpoint : endpoints) {
      channels.add(NettyChannelBuilder.forTarget("dns:///" + endpoint).usePlaintext().build());
    }
  }

  /**
   * Waits until all replicas have come equally far, and compares them then.
   *
   * @return what is wrong, empty if all are equal
   */
  String difference(long partitionId) throws InterruptedException {
    long deadline = nanoClock.getAsLong() + AGREE_MAX.toNanos();
    String latest = "none answered";
    while (nanoClock.getAsLong() < deadline) {
      List<HashResponse> hashes = new ArrayList<>();
      try {
        for (ManagedChannel channel : channels) {
          hashes.add(
              ReplicaServiceGrpc.newBlockingStub(channel)
                  .withWaitForReady()
                  .withDeadlineAfter(CALL_SECONDS, TimeUnit.SECONDS)
                  .hash(HashRequest.newBuilder().setPartitionId(partitionId).build()));
        }
        Set<Long> indexes = new HashSet<>();
        hashes.forEach(hash -> indexes.add(hash.getAppliedIndex()));
        if (indexes.size() == 1) {
          return new HashSet<>(hashes).size() == 1
              ? ""
              : "replicas of partition " + partitionId + " differ: " + hashes;
        }
        latest = "they have applied up to " + indexes;
      } catch (StatusRuntimeException notYet) {
        latest = notYet.getStatus().toString();
      }
      TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS);
    }
    return "replicas of partition "
        + partitionId
        + " do not agree within "
        + AGREE_MAX.toSeconds()
        + " s: "
        + latest;
  }

  @Override
  public void close() {
    channels.forEach(ManagedChannel::shutdownNow);
  }
}
