package io.tideline.client;

import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One call of the application: attempts, and the waits between them, within one deadline.
 *
 * <p>Threading: attempts follow one another, but an attempt's outcome, the timer, a cancel and the
 * closing of the client race; {@code this} guards all state, and outcomes are told outside the
 * lock.
 *
 * <p>Invariants: at most one of {@code attempt} and {@code timer} is set; once {@code done},
 * neither starts again. {@code maybeWritten} never falls: after one attempt with an unknown
 * outcome, no later refusal can say that nothing was written.
 */
final class RetryingCall<Q, R> implements UnaryAttempt.Outcome<R>, Caller.Call {

  private final Caller caller;
  private final MethodDescriptor<Q, R> method;
  private final Q request;
  private final WriteKind kind;
  private final String store;
  private final @Nullable TimelineKey timeline;
  private final CallSettings settings;
  private final RetryPolicy policy;
  private final long deadlineNanoTime;
  private final CompletableFuture<R> future = new CompletableFuture<>();

  private int attempts;
  private boolean maybeWritten;
  private boolean done;
  private @Nullable UnaryAttempt<Q, R> attempt;
  private ClientClock.@Nullable Timer timer;

  RetryingCall(
      Caller caller,
      MethodDescriptor<Q, R> method,
      Q request,
      WriteKind kind,
      String store,
      @Nullable TimelineKey timeline,
      CallSettings settings) {
    this.caller = caller;
    this.method = method;
    this.request = request;
    this.kind = kind;
    this.store = store;
    this.timeline = timeline;
    this.settings = settings;
    this.policy = settings.retryPolicy();
    this.deadlineNanoTime = caller.clock().nanoTime() + settings.deadlineNanos();
  }

  CompletableFuture<R> future() {
    return future;
  }

  void begin() {
    CompletableFuture<R> unusedStage =
        future.whenComplete(
            (response, failure) -> {
              caller.ended(this);
              if (future.isCancelled()) {
                cancel();
              }
            });
    attempt();
  }

  private void attempt() {
    if (caller.isClosed()) {
      fail(Caller.closedFailure());
      return;
    }
    int number;
    synchronized (this) {
      timer = null;
      if (done) {
        return;
      }
      number = ++attempts;
    }
    UnaryAttempt<Q, R> started =
        UnaryAttempt.start(caller.wayOf(timeline), method, request, attemptNanos(), this);
    boolean cancelled;
    synchronized (this) {
      cancelled = future.isCancelled();
      // The outcome may have come already, and even the next attempt may have begun.
      if (!done && timer == null && attempts == number) {
        attempt = started;
      }
    }
    if (cancelled) {
      started.cancel();
    }
  }

  private long attemptNanos() {
    return settings.attemptNanos(
        remainingNanos(), kind != WriteKind.SINGLE, caller.channels().toSeveral());
  }

  private long remainingNanos() {
    return deadlineNanoTime - caller.clock().nanoTime();
  }

  @Override
  public void succeeded(R response, boolean passedOn) {
    if (passedOn) {
      caller.routes().refresh(store);
    }
    synchronized (this) {
      done = true;
      attempt = null;
    }
    future.complete(response);
  }

  @Override
  public void failed(Status status, Metadata trailers, boolean sent) {
    Failure failure = RetryRules.judge(decode(status, trailers, sent), kind, sent);
    if (timeline != null && status.getCode() == Status.Code.UNAVAILABLE) {
      caller.routes().suspect(store);
    }
    boolean retry;
    long delay;
    synchronized (this) {
      attempt = null;
      maybeWritten |= failure.isOutcomeUnknown();
      delay = policy.delayNanos(attempts, failure.retryAfterMillis(), caller.clock().random());
      retry =
          !done
              && failure.isRetryable()
              && attempts < policy.maxAttempts()
              && delay < remainingNanos()
              && !caller.isClosed();
      if (retry) {
        timer = caller.clock().schedule(delay, this::attempt);
      }
    }
    if (!retry) {
      fail(failure);
    }
  }

  /** What was never sent failed for want of a connection or of a client, whatever gRPC calls it. */
  private Failure decode(Status status, Metadata trailers, boolean sent) {
    if (!sent && caller.isClosed()) {
      return Caller.closedFailure();
    }
    Failure failure = ErrorDecoder.ofCall(status, trailers, store);
    return !sent && status.getCode() == Status.Code.DEADLINE_EXCEEDED
        ? failure.asUnreachable(caller.authority())
        : failure;
  }

  private void fail(Failure failure) {
    Failure verdict;
    synchronized (this) {
      done = true;
      verdict =
          failure
              .withVerdict(failure.isRetryable(), failure.isOutcomeUnknown() || maybeWritten)
              .withAttempts(attempts);
    }
    future.completeExceptionally(verdict.toException());
  }

  @Override
  public void clientClosed() {
    boolean waiting;
    synchronized (this) {
      waiting = timer != null;
      if (timer != null) {
        timer.cancel();
        timer = null;
      }
    }
    if (waiting) {
      fail(Caller.closedFailure());
    }
  }

  private void cancel() {
    UnaryAttempt<Q, R> running;
    synchronized (this) {
      done = true;
      running = attempt;
      attempt = null;
      if (timer != null) {
        timer.cancel();
        timer = null;
      }
    }
    if (running != null) {
      running.cancel();
    }
  }
}
