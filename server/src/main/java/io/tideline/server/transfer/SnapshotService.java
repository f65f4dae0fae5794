package io.tideline.server.transfer;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.stub.StreamObserver;
import io.tideline.lsm.EngineSnapshot;
import io.tideline.lsm.EngineSnapshot.FileInfo;
import io.tideline.lsm.fs.FileSystem;
import io.tideline.lsm.fs.StorageFile;
import io.tideline.proto.internal.v1.DescribeSnapshotRequest;
import io.tideline.proto.internal.v1.DescribeSnapshotResponse;
import io.tideline.proto.internal.v1.ReadSnapshotRequest;
import io.tideline.proto.internal.v1.ReadSnapshotResponse;
import io.tideline.proto.internal.v1.SnapshotFile;
import io.tideline.proto.internal.v1.SnapshotServiceGrpc;
import io.tideline.proto.internal.v1.WithdrawSnapshotRequest;
import io.tideline.proto.internal.v1.WithdrawSnapshotResponse;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.CRC32C;

/**
 * Serves the files of pinned snapshots, and nothing else: a file is found by looking its name up in
 * the list of the snapshot, never by making a path of what the caller says.
 */
final class SnapshotService extends SnapshotServiceGrpc.SnapshotServiceImplBase {

  private interface Answer<T> {
    T make() throws IOException, StatusException, InterruptedException;
  }

  private final FileSystem fileSystem;
  private final PinnedSnapshots pins;
  private final RateLimit rate;
  private final AtomicLong sentBytes = new AtomicLong();

  SnapshotService(FileSystem fileSystem, PinnedSnapshots pins, RateLimit rate) {
    this.fileSystem = fileSystem;
    this.pins = pins;
    this.rate = rate;
  }

  long sentBytes() {
    return sentBytes.get();
  }

  @Override
  public void describeSnapshot(
      DescribeSnapshotRequest request, StreamObserver<DescribeSnapshotResponse> observer) {
    answer(
        observer,
        () -> {
          EngineSnapshot snapshot =
              find(request.getPartitionId(), request.getSnapshotId()).snapshot();
          DescribeSnapshotResponse.Builder response =
              DescribeSnapshotResponse.newBuilder()
                  .setLogIndex(snapshot.state().position().index())
                  .setLogTerm(snapshot.state().position().term())
                  .setConfiguration(
                      UnsafeByteOperations.unsafeWrap(snapshot.state().configuration()));
          snapshot.files().forEach(file -> response.addFiles(toProto(file)));
          return response.build();
        });
  }

  @Override
  public void readSnapshot(
      ReadSnapshotRequest request, StreamObserver<ReadSnapshotResponse> observer) {
    answer(
        observer,
        () -> {
          PinnedSnapshots.Pin pin = find(request.getPartitionId(), request.getSnapshotId());
          EngineSnapshot snapshot = pin.snapshot();
          FileInfo file = fileOf(snapshot, request.getName());
          int length = lengthOf(file, request);
          rate.pass(length);
          byte[] bytes = read(snapshot, file, request.getOffset(), length);
          if (!pin.verify(file, request.getOffset(), bytes)) {
            throw Status.FAILED_PRECONDITION
                .withDescription(file.name() + " is damaged on the node that sends it")
                .asException();
          }
          CRC32C crc = new CRC32C();
          crc.update(bytes);
          sentBytes.addAndGet(length);
          return ReadSnapshotResponse.newBuilder()
              .setData(UnsafeByteOperations.unsafeWrap(bytes))
              .setCrc32C((int) crc.getValue())
              .build();
        });
  }

  @Override
  public void withdrawSnapshot(
      WithdrawSnapshotRequest request, StreamObserver<WithdrawSnapshotResponse> observer) {
    answer(
        observer,
        () -> {
          pins.find(request.getPartitionId(), request.getSnapshotId()).ifPresent(pins::release);
          return WithdrawSnapshotResponse.getDefaultInstance();
        });
  }

  private static <T> void answer(StreamObserver<T> observer, Answer<T> answer) {
    T response;
    try {
      response = answer.make();
    } catch (StatusException e) {
      observer.onError(e);
      return;
    } catch (IOException e) {
      observer.onError(Status.DATA_LOSS.withDescription(e.getMessage()).withCause(e).asException());
      return;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      observer.onError(Status.UNAVAILABLE.withDescription("stopping").asException());
      return;
    }
    observer.onNext(response);
    observer.onCompleted();
  }

  private PinnedSnapshots.Pin find(long partitionId, String id) throws StatusException {
    return pins.find(partitionId, id)
        .orElseThrow(
            () ->
                Status.NOT_FOUND
                    .withDescription(
                        "partition "
                            + partitionId
                            + " has no snapshot \""
                            + id
                            + "\" here, or no longer: its leader will offer another one")
                    .asException());
  }

  private static FileInfo fileOf(EngineSnapshot snapshot, String name) throws StatusException {
    return snapshot.files().stream()
        .filter(file -> file.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                Status.INVALID_ARGUMENT
                    .withDescription("the snapshot has no file \"" + name + "\"")
                    .asException());
  }

  private static int lengthOf(FileInfo file, ReadSnapshotRequest request) throws StatusException {
    long offset = request.getOffset();
    int length = request.getLength();
    if (offset < 0 || offset >= file.size()) {
      throw Status.INVALID_ARGUMENT
          .withDescription(file.name() + " has " + file.size() + " bytes, none at offset " + offset)
          .asException();
    }
    if (length < 1 || length > TransferLimits.CHUNK_BYTES_MAX) {
      throw Status.INVALID_ARGUMENT
          .withDescription(
              "length is " + length + ", allowed is 1.." + TransferLimits.CHUNK_BYTES_MAX)
          .asException();
    }
    return (int) Math.min(length, file.size() - offset);
  }

  private byte[] read(EngineSnapshot snapshot, FileInfo file, long offset, int length)
      throws IOException, StatusException {
    byte[] bytes = new byte[length];
    int read;
    try (StorageFile open = snapshot.open(fileSystem, file.name())) {
      read = open.read(ByteBuffer.wrap(bytes), offset);
    } catch (NoSuchFileException e) {
      throw Status.NOT_FOUND
          .withDescription("the snapshot was withdrawn")
          .withCause(e)
          .asException();
    }
    if (read < length) {
      throw new IOException(
          file.name() + " ends at " + (offset + read) + ", expected " + file.size() + " bytes");
    }
    return bytes;
  }

  private static SnapshotFile toProto(FileInfo file) {
    UUID engine = file.engineId();
    return SnapshotFile.newBuilder()
        .setName(file.name())
        .setSize(file.size())
        .setCrc32C(file.crc32c())
        .setEngineId(
            ByteString.copyFrom(
                ByteBuffer.allocate(16)
                    .putLong(engine.getMostSignificantBits())
                    .putLong(engine.getLeastSignificantBits())
                    .flip()))
        .setFileId(file.fileId())
        .build();
  }
}
