package io.tideline.client;

import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientStreamTracer;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One request sent once. Knows whether it was sent at all: a call that waited for a connection
 * until its deadline has for certain written nothing.
 *
 * <p>The outcome is told exactly once, on a thread of the channel's executor.
 */
final class UnaryAttempt<Q, R> extends ClientCall.Listener<R> {

  /**
   * Where a request is sent.
   *
   * @param toAny whether the channel goes to any node of the cluster, so that waiting for a
   *     connection is waiting for the cluster; to one node it would be waiting for the dead
   */
  record Way(Channel channel, boolean toAny) {}

  /** Where the outcome goes. */
  interface Outcome<R> {
    /**
     * The call was served.
     *
     * @param passedOn whether the node passed it on to the one that leads
     */
    void succeeded(R response, boolean passedOn);

    /**
     * The call failed.
     *
     * @param sent false only if the request for certain never left this process
     */
    void failed(Status status, Metadata trailers, boolean sent);
  }

  /** Set by a node that did not lead what was written, and passed it on. */
  private static final Metadata.Key<String> PASSED_ON =
      Metadata.Key.of("tideline-passed-on", Metadata.ASCII_STRING_MARSHALLER);

  private final ClientCall<Q, R> call;
  private final Outcome<R> outcome;

  /** Set once a stream exists on a real connection; read after the call has ended. */
  private volatile boolean sent;

  private @Nullable R response;

  private UnaryAttempt(
      Way way, MethodDescriptor<Q, R> method, long timeoutNanos, Outcome<R> outcome) {
    this.outcome = outcome;
    CallOptions options =
        CallOptions.DEFAULT
            .withDeadlineAfter(timeoutNanos, TimeUnit.NANOSECONDS)
            .withStreamTracerFactory(new SentTracerFactory());
    if (way.toAny()) {
      // Waiting for a connection instead of failing at once is what lets a write that must not be
      // sent twice survive a restart of the server: it has not been sent while it waits.
      options = options.withWaitForReady();
    }
    this.call = way.channel().newCall(method, options);
  }

  /** Sends the request; the outcome is told later, possibly before this returns. */
  static <Q, R> UnaryAttempt<Q, R> start(
      Way way, MethodDescriptor<Q, R> method, Q request, long timeoutNanos, Outcome<R> outcome) {
    UnaryAttempt<Q, R> attempt = new UnaryAttempt<>(way, method, timeoutNanos, outcome);
    attempt.call.start(attempt, new Metadata());
    // Two, so that a second response, which would be a defect, is noticed and not left waiting.
    attempt.call.request(2);
    attempt.call.sendMessage(request);
    attempt.call.halfClose();
    return attempt;
  }

  void cancel() {
    call.cancel("the caller cancelled the call", null);
  }

  @Override
  public void onMessage(R message) {
    response = message;
  }

  @Override
  public void onClose(Status status, Metadata trailers) {
    R answer = response;
    if (!status.isOk()) {
      outcome.failed(asConnectionLost(status), trailers, sent);
    } else if (answer == null) {
      outcome.failed(
          Status.INTERNAL.withDescription("the server answered without a response"),
          trailers,
          sent);
    } else {
      outcome.succeeded(answer, trailers.containsKey(PASSED_ON));
    }
  }

  /**
   * A connection that is cut while gRPC writes to it is told as UNKNOWN, "channel closed", which
   * from a server would be a defect of it. See <a
   * href="https://github.com/grpc/grpc-java/issues/10120">grpc-java 10120</a>.
   */
  static Status asConnectionLost(Status status) {
    return status.getCode() == Status.Code.UNKNOWN && status.getCause() instanceof IOException
        ? Status.UNAVAILABLE.withDescription(status.getDescription()).withCause(status.getCause())
        : status;
  }

  private final class SentTracerFactory extends ClientStreamTracer.Factory {
    @Override
    public ClientStreamTracer newClientStreamTracer(
        ClientStreamTracer.StreamInfo info, Metadata headers) {
      return new ClientStreamTracer() {
        @Override
        public void streamCreated(Attributes transportAttributes, Metadata requestHeaders) {
          sent = true;
        }
      };
    }
  }
}
