package io.tideline.server.cluster;

import com.google.common.util.concurrent.FutureCallback;
import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.MoreExecutors;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Passes calls of the contract on to other nodes, as bytes. A call that was passed on says so, and
 * is not passed on again.
 *
 * <p>Threading: safe for many threads.
 */
public final class PeerCalls {

  /** Header of a call that was passed on: the id of the node it came to first. */
  public static final Metadata.Key<String> FORWARDED_BY =
      Metadata.Key.of("tideline-forwarded-by", Metadata.ASCII_STRING_MARSHALLER);

  private static final MethodDescriptor.Marshaller<byte[]> BYTES =
      new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] message) {
          return new ByteArrayInputStream(message);
        }

        @Override
        public byte[] parse(InputStream message) {
          try (message) {
            return message.readAllBytes();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        }
      };

  /** Why a call has no reply. */
  public static final class PeerCallException extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient StatusRuntimeException status;
    private final boolean sent;

    /**
     * @param sent whether anything of the call may have reached the other node
     */
    public PeerCallException(StatusRuntimeException status, boolean sent) {
      super(status.getMessage(), status);
      this.status = status;
      this.sent = sent;
    }

    /** As gRPC tells it, with what the other node added. */
    public StatusRuntimeException status() {
      return status;
    }

    /** False if the call surely had no effect. */
    public boolean wasSent() {
      return sent;
    }
  }

  private final PeerChannels channels;
  private final String self;

  PeerCalls(PeerChannels channels, String self) {
    this.channels = channels;
    this.self = self;
  }

  /** A stream of another node's messages. */
  public interface Subscription {
    /** Asks for no more; nothing is told from then on, but perhaps a last message. */
    void cancel();
  }

  /**
   * Opens a stream. Each message is told when the one before was taken.
   *
   * @param onMessage must not block
   * @param onEnd why it ended; not told after {@link Subscription#cancel}
   */
  public Subscription subscribe(
      Member target,
      MethodDescriptor<?, ?> method,
      byte[] request,
      Consumer<byte[]> onMessage,
      Consumer<String> onEnd) {
    Metadata headers = new Metadata();
    headers.put(FORWARDED_BY, self);
    ClientCall<byte[], byte[]> call =
        channels
            .to(target)
            .newCall(
                method.toBuilder(BYTES, BYTES).build(), CallOptions.DEFAULT.withWaitForReady());
    AtomicBoolean cancelled = new AtomicBoolean();
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onMessage(byte[] message) {
            onMessage.accept(message);
            call.request(1);
          }

          @Override
          public void onClose(Status status, Metadata trailers) {
            if (!cancelled.get()) {
              onEnd.accept("node " + target.nodeId() + ": " + status);
            }
          }
        },
        headers);
    call.request(1);
    call.sendMessage(request);
    call.halfClose();
    return () -> {
      if (cancelled.compareAndSet(false, true)) {
        call.cancel("no more is asked for", null);
      }
    };
  }

  /**
   * Makes a call; the future completes with the encoded reply, or fails with {@link
   * PeerCallException}.
   *
   * @param millis how long it may take
   */
  public CompletableFuture<byte[]> call(
      Member target, MethodDescriptor<?, ?> method, byte[] request, long millis) {
    Metadata headers = new Metadata();
    headers.put(FORWARDED_BY, self);
    SentFlag sent = new SentFlag();
    CompletableFuture<byte[]> reply = new CompletableFuture<>();
    Futures.addCallback(
        ClientCalls.futureUnaryCall(
            ClientInterceptors.intercept(
                    channels.to(target), MetadataUtils.newAttachHeadersInterceptor(headers))
                .newCall(
                    method.toBuilder(BYTES, BYTES).build(),
                    CallOptions.DEFAULT
                        .withDeadlineAfter(millis, TimeUnit.MILLISECONDS)
                        .withStreamTracerFactory(sent)),
            request),
        new FutureCallback<>() {
          @Override
          public void onSuccess(byte @Nullable [] bytes) {
            reply.complete(Objects.requireNonNull(bytes));
          }

          @Override
          public void onFailure(Throwable error) {
            StatusRuntimeException status =
                error instanceof StatusRuntimeException told
                    ? told
                    : Status.fromThrowable(error).asRuntimeException();
            reply.completeExceptionally(new PeerCallException(status, sent.isSet()));
          }
        },
        MoreExecutors.directExecutor());
    return reply;
  }
}
