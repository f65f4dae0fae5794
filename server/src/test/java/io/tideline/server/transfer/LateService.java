package io.tideline.server.transfer;

import io.grpc.BindableService;
import io.grpc.stub.StreamObserver;
import io.tideline.proto.internal.v1.DescribeSnapshotRequest;
import io.tideline.proto.internal.v1.DescribeSnapshotResponse;
import io.tideline.proto.internal.v1.ReadSnapshotRequest;
import io.tideline.proto.internal.v1.ReadSnapshotResponse;
import io.tideline.proto.internal.v1.SnapshotServiceGrpc;
import io.tideline.proto.internal.v1.WithdrawSnapshotRequest;
import io.tideline.proto.internal.v1.WithdrawSnapshotResponse;
import java.util.function.Supplier;

/** The service of a node whose port must be known before the node is made. */
final class LateService extends SnapshotServiceGrpc.SnapshotServiceImplBase {

  private final Supplier<BindableService> service;

  LateService(Supplier<BindableService> service) {
    this.service = service;
  }

  private SnapshotService made() {
    return (SnapshotService) service.get();
  }

  @Override
  public void describeSnapshot(
      DescribeSnapshotRequest request, StreamObserver<DescribeSnapshotResponse> answer) {
    made().describeSnapshot(request, answer);
  }

  @Override
  public void withdrawSnapshot(
      WithdrawSnapshotRequest request, StreamObserver<WithdrawSnapshotResponse> answer) {
    made().withdrawSnapshot(request, answer);
  }

  @Override
  public void readSnapshot(
      ReadSnapshotRequest request, StreamObserver<ReadSnapshotResponse> answer) {
    made().readSnapshot(request, answer);
  }
}
