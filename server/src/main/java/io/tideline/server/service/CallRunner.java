package io.tideline.server.service;

import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_MALFORMED_REQUEST;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_PARTITION_UNAVAILABLE;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_SHUTTING_DOWN;

import com.google.protobuf.Message;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.tideline.server.cluster.PeerCalls;
import io.tideline.server.metrics.RpcMetrics;
import io.tideline.server.service.Marshallers.Reply;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Runs every unary call the same way: memory budget, parse, deadline, handler, errors, metrics. A
 * handler gets a readable request and either returns a reply or throws; how that reaches the caller
 * is decided here alone.
 *
 * <p>Threading: gRPC calls back on virtual threads (see {@code TidelineServer}), so handlers may
 * block; of a call only its refusal for want of memory ({@link InboundBudget}) runs on Netty's
 * event loop.
 */
public final class CallRunner {

  /** What serves a method. */
  interface Handler<Q> {
    Reply handle(Q request, CallContext context) throws Exception;
  }

  /** What serves a method that answers with a stream. */
  interface StreamHandler<Q> {
    /** Begins to answer; throws if there is nothing to begin with. */
    OpenStream open(Q request, CallContext context, Outbound out) throws Exception;
  }

  /** What a stream is told of its caller. */
  interface OpenStream {
    /** The caller takes more. */
    void ready();

    /** The caller has gone. */
    void cancelled();
  }

  /** The way to a stream's caller. For one thread at a time, but {@link #isReady}. */
  interface Outbound {
    /** Whether the caller takes more; if not, {@link OpenStream#ready} will tell. */
    boolean isReady();

    void send(Reply reply);

    /**
     * Ends the stream.
     *
     * @param failure null if it ends as it should
     */
    void close(@Nullable Failure failure);

    /** Time and memory of one step of the stream; the caller releases it. */
    CallContext newContext();
  }

  /** Trailer of a reply to a write that another node decided: the caller may look up which. */
  private static final Metadata.Key<String> PASSED_ON =
      Metadata.Key.of("tideline-passed-on", Metadata.ASCII_STRING_MARSHALLER);

  /**
   * Retry hint of a node that is starting. Short, because the next call most likely goes to another
   * node, which serves: a client must not be slow for as long as one of its nodes starts.
   */
  private static final long START_RETRY_MILLIS = 20;

  private final CallMemory memory;
  private final RpcMetrics metrics;
  private final long waitMillisMax;

  /** Set once, when the node begins to stop: later calls are refused, running ones end. */
  private volatile boolean stopping;

  /** True until the node serves, on a node that opens its port before. */
  private volatile boolean starting;

  /**
   * @param waitMillisMax longest wait of a call for a partition
   */
  public CallRunner(CallMemory memory, RpcMetrics metrics, long waitMillisMax) {
    this.memory = memory;
    this.metrics = metrics;
    this.waitMillisMax = waitMillisMax;
  }

  /** Refuses calls until {@link #started}; before the port opens. */
  public void refuseUntilStarted() {
    starting = true;
  }

  /** Takes calls from now on. */
  public void started() {
    starting = false;
  }

  /** Refuses calls that arrive from now on. */
  public void stopAccepting() {
    stopping = true;
  }

  <Q extends Message> ServerCallHandler<byte[], Reply> unary(
      String method, Q prototype, Handler<Q> handler) {
    return (call, headers) -> {
      // Two, so that a second message is seen and refused rather than waited for.
      call.request(2);
      UnaryListener<Q> listener =
          new UnaryListener<>(
              method, prototype, handler, call, headers.containsKey(PeerCalls.FORWARDED_BY));
      InboundBudget.Arriving arriving = listener.arriving;
      if (arriving != null) {
        arriving.onRefused(() -> listener.fail(arriving.failure().toException(), 0));
      }
      return listener;
    };
  }

  /** One call; gRPC calls back one method at a time. */
  private final class UnaryListener<Q extends Message> extends ServerCall.Listener<byte[]> {
    private final Q prototype;
    private final Handler<Q> handler;
    private final ServerCall<byte[], Reply> call;
    private final RpcMetrics.Call measured;
    private final CallContext context;
    private final InboundBudget.@Nullable Arriving arriving = InboundBudget.current();
    private byte @Nullable [] request;
    private boolean tooManyRequests;

    UnaryListener(
        String method,
        Q prototype,
        Handler<Q> handler,
        ServerCall<byte[], Reply> call,
        boolean forwarded) {
      this.prototype = prototype;
      this.handler = handler;
      this.call = call;
      this.measured = metrics.start(method);
      this.context =
          new CallContext(Context.current().getDeadline(), waitMillisMax, memory, forwarded);
    }

    @Override
    public void onMessage(byte[] message) {
      tooManyRequests = request != null;
      request = message;
    }

    @Override
    public void onHalfClose() {
      if (arriving != null && arriving.isRefused()) {
        // Its last bytes were the ones that did not fit: the caller was told that nothing was done.
        request = null;
        return;
      }
      int requestSize = request == null ? 0 : request.length;
      try {
        Reply reply = run();
        call.sendHeaders(new Metadata());
        call.sendMessage(reply);
        Metadata trailers = new Metadata();
        if (context.isPassedOn()) {
          trailers.put(PASSED_ON, "1");
        }
        call.close(Status.OK, trailers);
        measured.finish(Status.Code.OK.name(), requestSize, reply.size());
      } catch (Exception e) {
        fail(e, requestSize);
      } finally {
        request = null;
      }
    }

    void fail(Exception cause, int requestSize) {
      StatusRuntimeException status = ErrorMapper.toStatus(CallErrors.toFailure(cause));
      Metadata trailers = status.getTrailers();
      call.close(status.getStatus(), trailers == null ? new Metadata() : trailers);
      measured.finish(status.getStatus().getCode().name(), requestSize, 0);
    }

    private Reply run() throws Exception {
      return handler.handle(
          accept(prototype, request, tooManyRequests, context, arriving), context);
    }

    @Override
    public void onComplete() {
      context.releaseAll();
    }

    @Override
    public void onCancel() {
      context.releaseAll();
    }
  }

  /** The request of a call that may begin; takes its memory. */
  private <Q extends Message> Q accept(
      Q prototype,
      byte @Nullable [] bytes,
      boolean tooManyRequests,
      CallContext context,
      InboundBudget.@Nullable Arriving arriving) {
    if (stopping) {
      throw Failure.of(
              ERROR_REASON_SHUTTING_DOWN,
              "the node is shutting down; retry on another node, or when it is back")
          .toException();
    }
    if (starting) {
      throw Failure.of(
              ERROR_REASON_PARTITION_UNAVAILABLE,
              "the node is starting and waits for a majority of the members; retry on another"
                  + " node, or soon")
          .withRetryAfterMillis(START_RETRY_MILLIS)
          .toException();
    }
    if (bytes == null || tooManyRequests) {
      throw Failure.of(
              ERROR_REASON_MALFORMED_REQUEST,
              "the call carries " + (bytes == null ? "no" : "several") + " requests; send one")
          .toException();
    }
    if (bytes.length > Limits.REQUEST_BYTES_MAX) {
      throw InboundBudget.tooLarge().toException();
    }
    context.refuseIfExpired();
    context.reserve(Math.max(CallMemory.CALL_BYTES_MIN, bytes.length));
    if (arriving != null) {
      arriving.release();
    }
    return WireDiagnosis.parse(prototype, bytes);
  }

  <Q extends Message> ServerCallHandler<byte[], Reply> streaming(
      String method, Q prototype, StreamHandler<Q> handler) {
    return (call, headers) -> {
      call.request(2);
      StreamListener<Q> listener =
          new StreamListener<>(
              method, prototype, handler, call, headers.containsKey(PeerCalls.FORWARDED_BY));
      InboundBudget.Arriving arriving = listener.arriving;
      if (arriving != null) {
        arriving.onRefused(() -> listener.close(arriving.failure()));
      }
      return listener;
    };
  }

  /** One call that is answered by a stream. */
  private final class StreamListener<Q extends Message> extends ServerCall.Listener<byte[]>
      implements Outbound {
    private final Q prototype;
    private final StreamHandler<Q> handler;
    private final ServerCall<byte[], Reply> call;
    private final RpcMetrics.Call measured;
    private final boolean forwarded;
    private final InboundBudget.@Nullable Arriving arriving = InboundBudget.current();
    private final AtomicLong sentBytes = new AtomicLong();
    private byte @Nullable [] request;
    private boolean tooManyRequests;
    private int requestSize;
    private volatile @Nullable OpenStream stream;

    StreamListener(
        String method,
        Q prototype,
        StreamHandler<Q> handler,
        ServerCall<byte[], Reply> call,
        boolean forwarded) {
      this.prototype = prototype;
      this.handler = handler;
      this.call = call;
      this.forwarded = forwarded;
      this.measured = metrics.start(method);
    }

    @Override
    public void onMessage(byte[] message) {
      tooManyRequests = request != null;
      request = message;
    }

    @Override
    public void onHalfClose() {
      if (arriving != null && arriving.isRefused()) {
        request = null;
        return;
      }
      requestSize = request == null ? 0 : request.length;
      CallContext context =
          new CallContext(Context.current().getDeadline(), waitMillisMax, memory, forwarded);
      try {
        Q accepted = accept(prototype, request, tooManyRequests, context, arriving);
        call.sendHeaders(new Metadata());
        stream = handler.open(accepted, context, this);
      } catch (Exception e) {
        close(CallErrors.toFailure(e));
      } finally {
        request = null;
        context.releaseAll();
      }
    }

    @Override
    public void onReady() {
      OpenStream open = stream;
      if (open != null) {
        open.ready();
      }
    }

    @Override
    public void onCancel() {
      OpenStream open = stream;
      if (open != null) {
        open.cancelled();
      }
      measured.finish(Status.Code.CANCELLED.name(), requestSize, sentBytes.get());
    }

    @Override
    public boolean isReady() {
      return call.isReady();
    }

    @Override
    public void send(Reply reply) {
      sentBytes.addAndGet(reply.size());
      call.sendMessage(reply);
    }

    @Override
    public void close(@Nullable Failure failure) {
      if (failure == null) {
        call.close(Status.OK, new Metadata());
        measured.finish(Status.Code.OK.name(), requestSize, sentBytes.get());
        return;
      }
      StatusRuntimeException status = ErrorMapper.toStatus(failure);
      Metadata trailers = status.getTrailers();
      call.close(status.getStatus(), trailers == null ? new Metadata() : trailers);
      measured.finish(status.getStatus().getCode().name(), requestSize, sentBytes.get());
    }

    @Override
    public CallContext newContext() {
      return new CallContext(null, waitMillisMax, memory, forwarded);
    }
  }
}
