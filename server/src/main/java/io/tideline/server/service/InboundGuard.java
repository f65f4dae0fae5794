package io.tideline.server.service;

import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.StatusRuntimeException;

/**
 * Refuses what {@link InboundBudget} does not let in, for the services that are not run by {@link
 * CallRunner}: health, reflection, and what other nodes call ({@code ReplicaService}, {@code
 * SnapshotService}).
 */
public final class InboundGuard implements ServerInterceptor {

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    ServerCall.Listener<Q> listener = next.startCall(call, headers);
    InboundBudget.Arriving arriving = InboundBudget.current();
    if (arriving == null) {
      return listener;
    }
    arriving.onRefused(() -> refuse(call, arriving.failure()));
    return new SimpleForwardingServerCallListener<>(listener) {
      @Override
      public void onMessage(Q message) {
        if (!arriving.isRefused()) {
          super.onMessage(message);
        }
      }

      @Override
      public void onHalfClose() {
        if (!arriving.isRefused()) {
          super.onHalfClose();
        }
      }
    };
  }

  private static void refuse(ServerCall<?, ?> call, Failure failure) {
    StatusRuntimeException status = ErrorMapper.toStatus(failure);
    Metadata trailers = status.getTrailers();
    call.close(status.getStatus(), trailers == null ? new Metadata() : trailers);
  }
}
