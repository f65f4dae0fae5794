package io.tideline.server.cluster;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.tideline.proto.internal.v1.HashRequest;
import io.tideline.proto.internal.v1.HashResponse;
import io.tideline.proto.internal.v1.ReplicaServiceGrpc;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Asks nodes for hashes of their replicas' content, for whoever checks a cluster from outside.
 *
 * <p>Threading: confined. Lifetime: {@link #close} ends the connections.
 */
public final class ReplicaHashes implements AutoCloseable {

  /**
   * What one replica holds.
   *
   * @param appliedIndex log index of what was hashed; may differ though the content does not, for
   *     entries that hold no command count only in replicas that have flushed since
   * @param high upper 64 bits
   * @param low lower 64 bits
   * @param rows entries that readers would see
   */
  public record Hash(
      long appliedIndex, long high, long low, long timelines, long rows, long records) {

    /** Whether both hold the same. */
    public boolean hasContentOf(Hash other) {
      return high == other.high
          && low == other.low
          && timelines == other.timelines
          && rows == other.rows
          && records == other.records;
    }
  }

  /** Reading all of a replica takes long, and a node may be starting. */
  private static final long CALL_SECONDS = 30;

  private final List<ManagedChannel> channels = new ArrayList<>();

  /**
   * @param endpoints {@code host:port} where the nodes take calls
   */
  public ReplicaHashes(List<String> endpoints) {
    for (String endpoint : endpoints) {
      channels.add(NettyChannelBuilder.forTarget("dns:///" + endpoint).usePlaintext().build());
    }
  }

  /**
   * The hash of a partition's replica on each node, in the order of the nodes.
   *
   * @throws IOException if one has no replica or does not answer in time
   */
  public List<Hash> ofPartition(long partitionId) throws IOException {
    HashRequest request = HashRequest.newBuilder().setPartitionId(partitionId).build();
    List<Hash> hashes = new ArrayList<>();
    try {
      for (ManagedChannel channel : channels) {
        HashResponse hash =
            ReplicaServiceGrpc.newBlockingStub(channel)
                .withWaitForReady()
                .withDeadlineAfter(CALL_SECONDS, TimeUnit.SECONDS)
                .hash(request);
        hashes.add(
            new Hash(
                hash.getAppliedIndex(),
                hash.getHigh(),
                hash.getLow(),
                hash.getTimelines(),
                hash.getRows(),
                hash.getRecords()));
      }
    } catch (StatusRuntimeException e) {
      throw new IOException("partition " + partitionId + ": " + e.getStatus(), e);
    }
    return hashes;
  }

  @Override
  public void close() {
    channels.forEach(ManagedChannel::shutdownNow);
  }
}
