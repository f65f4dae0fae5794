package io.tideline.server.transfer;

import com.google.protobuf.ByteString;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.tideline.lsm.EngineSnapshot.FileInfo;
import io.tideline.lsm.EngineState;
import io.tideline.lsm.LogPosition;
import io.tideline.proto.internal.v1.DescribeSnapshotRequest;
import io.tideline.proto.internal.v1.DescribeSnapshotResponse;
import io.tideline.proto.internal.v1.ReadSnapshotRequest;
import io.tideline.proto.internal.v1.ReadSnapshotResponse;
import io.tideline.proto.internal.v1.SnapshotFile;
import io.tideline.proto.internal.v1.SnapshotServiceGrpc;
import io.tideline.proto.internal.v1.WithdrawSnapshotRequest;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;

/**
 * One snapshot on the node that offers it, over a channel of its own: bulk data holds up nobody's
 * calls.
 *
 * <p>Threading: safe for many threads. Lifetime: {@link #close} ends calls under way.
 */
final class SnapshotSource implements AutoCloseable {

  /** Room for the description of some 400,000 files; a partition has thousands at most. */
  private static final int MESSAGE_BYTES_MAX = 32 << 20;

  private static final int UUID_BYTES = 16;

  /**
   * What the snapshot is.
   *
   * @param state time and watermark are not told and 0: they arrive with the manifest
   */
  record Description(EngineState state, List<FileInfo> files) {}

  private final SnapshotUri uri;
  private final long callMillis;
  private final ManagedChannel channel;

  SnapshotSource(SnapshotUri uri, long callMillis) {
    this.uri = uri;
    this.callMillis = callMillis;
    this.channel =
        NettyChannelBuilder.forTarget("dns:///" + uri.address())
            .usePlaintext()
            .maxInboundMessageSize(MESSAGE_BYTES_MAX)
            .build();
  }

  Description describe() throws StatusException {
    DescribeSnapshotResponse response =
        call(
            SnapshotServiceGrpc.getDescribeSnapshotMethod(),
            DescribeSnapshotRequest.newBuilder()
                .setPartitionId(uri.partitionId())
                .setSnapshotId(uri.snapshotId())
                .build());
    EngineState state =
        new EngineState(
            new LogPosition(response.getLogIndex(), response.getLogTerm()),
            response.getConfiguration().toByteArray(),
            0,
            0);
    return new Description(
        state, response.getFilesList().stream().map(SnapshotSource::fromProto).toList());
  }

  /**
   * Bytes of a file.
   *
   * @throws StatusException with DATA_LOSS if they are not what the sender sent
   */
  ByteBuffer read(String name, long offset, int length) throws StatusException {
    ReadSnapshotResponse response =
        call(
            SnapshotServiceGrpc.getReadSnapshotMethod(),
            ReadSnapshotRequest.newBuilder()
                .setPartitionId(uri.partitionId())
                .setSnapshotId(uri.snapshotId())
                .setName(name)
                .setOffset(offset)
                .setLength(length)
                .build());
    ByteString data = response.getData();
    CRC32C crc = new CRC32C();
    crc.update(data.asReadOnlyByteBuffer());
    if (data.size() != length || (int) crc.getValue() != response.getCrc32C()) {
      throw Status.DATA_LOSS
          .withDescription(
              "damaged on the way: "
                  + name
                  + " at "
                  + offset
                  + ", "
                  + data.size()
                  + " of "
                  + length
                  + " bytes")
          .asException();
    }
    return data.asReadOnlyByteBuffer();
  }

  /** Tells the node that the snapshot is not wanted any more. */
  void withdraw() throws StatusException {
    var _ =
        call(
            SnapshotServiceGrpc.getWithdrawSnapshotMethod(),
            WithdrawSnapshotRequest.newBuilder()
                .setPartitionId(uri.partitionId())
                .setSnapshotId(uri.snapshotId())
                .build());
  }

  private <Q, R> R call(io.grpc.MethodDescriptor<Q, R> method, Q request) throws StatusException {
    try {
      return ClientCalls.blockingUnaryCall(
          channel,
          method,
          CallOptions.DEFAULT.withDeadlineAfter(callMillis, TimeUnit.MILLISECONDS),
          request);
    } catch (io.grpc.StatusRuntimeException e) {
      throw e.getStatus().withCause(e).asException();
    }
  }

  private static FileInfo fromProto(SnapshotFile file) {
    ByteBuffer engine = file.getEngineId().asReadOnlyByteBuffer();
    if (engine.remaining() != UUID_BYTES || file.getSize() < 0) {
      throw new IllegalArgumentException("not the description of a file: " + file);
    }
    return new FileInfo(
        file.getName(),
        file.getSize(),
        file.getCrc32C(),
        new UUID(engine.getLong(), engine.getLong()),
        file.getFileId());
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }
}
