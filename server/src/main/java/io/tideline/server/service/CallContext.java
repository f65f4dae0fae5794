package io.tideline.server.service;

import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_DEADLINE_EXCEEDED;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_OUTCOME_UNKNOWN;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_PARTITION_UNAVAILABLE;

import io.grpc.Deadline;
import io.tideline.server.replica.Partition;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Lock;
import org.jspecify.annotations.Nullable;

/**
 * What a handler may ask of the call it serves: time and memory.
 *
 * <p>Threading: used by the call's handler and by threads it waits for.
 */
final class CallContext {

  /** Retry hint when the node itself gave up waiting for a partition. */
  private static final long RETRY_AFTER_MILLIS = 200;

  private final @Nullable Deadline callerDeadline;
  private final long waitMillisMax;
  private final boolean forwarded;
  private final CallMemory memory;
  private long reservedBytes;
  private boolean passedOn;

  /**
   * @param callerDeadline null if the caller set none
   * @param waitMillisMax longest wait for a partition, whatever the caller allows
   */
  CallContext(@Nullable Deadline callerDeadline, long waitMillisMax, CallMemory memory) {
    this(callerDeadline, waitMillisMax, memory, false);
  }

  /**
   * @param forwarded whether another node has passed the call on
   */
  CallContext(
      @Nullable Deadline callerDeadline, long waitMillisMax, CallMemory memory, boolean forwarded) {
    this.forwarded = forwarded;
    this.callerDeadline = callerDeadline;
    this.waitMillisMax = waitMillisMax;
    this.memory = memory;
  }

  /** Whether another node has passed the call on: it is not to be passed on again. */
  boolean isForwarded() {
    return forwarded;
  }

  /** Refuses work whose answer nobody waits for any more. */
  void refuseIfExpired() {
    if (callerDeadline != null && callerDeadline.isExpired()) {
      throw Failure.of(
              ERROR_REASON_DEADLINE_EXCEEDED,
              "the deadline passed before the call was begun; nothing was done")
          .toException();
    }
  }

  /** Takes memory for the reply, given back when the call has ended. */
  synchronized void reserve(long bytes) {
    memory.reserve(bytes);
    reservedBytes += bytes;
  }

  /** Gives back all memory of the call; safe to call again. */
  synchronized void releaseAll() {
    memory.release(reservedBytes);
    reservedBytes = 0;
  }

  /** Notes where the call is about to write, for {@link #isPassedOn}; returns it. */
  Partition writesTo(Partition partition) {
    passedOn |= !partition.leads();
    return partition;
  }

  /** Whether another node decided something of what the call wrote. */
  boolean isPassedOn() {
    return passedOn;
  }

  /** Waits for a read, or for what else leaves nothing behind when it is given up. */
  <T> T awaitRead(CompletableFuture<T> future) throws InterruptedException, ExecutionException {
    try {
      return await(future);
    } catch (TimeoutException e) {
      throw nothingDone().toException();
    }
  }

  /** Takes a lock within the call's time; the caller unlocks it. */
  void awaitLock(Lock lock) throws InterruptedException {
    if (!lock.tryLock(millisLeft(), TimeUnit.MILLISECONDS)) {
      throw nothingDone().toException();
    }
  }

  private Failure nothingDone() {
    if (callerDeadline != null && callerDeadline.isExpired()) {
      return Failure.of(
          ERROR_REASON_DEADLINE_EXCEEDED,
          "the deadline passed while the partition was asked; nothing was done");
    }
    return Failure.of(
            ERROR_REASON_PARTITION_UNAVAILABLE,
            "the partition did not answer within "
                + waitMillisMax
                + " ms; it may be electing a leader or be overloaded; retry")
        .withRetryAfterMillis(RETRY_AFTER_MILLIS);
  }

  /** Waits for a write: giving it up leaves its outcome unknown. */
  <T> T awaitWrite(CompletableFuture<T> future) throws InterruptedException, ExecutionException {
    try {
      return await(future);
    } catch (TimeoutException e) {
      boolean deadline = callerDeadline != null && callerDeadline.isExpired();
      throw Failure.of(
              deadline ? ERROR_REASON_DEADLINE_EXCEEDED : ERROR_REASON_OUTCOME_UNKNOWN,
              (deadline
                      ? "the deadline passed"
                      : "the partition did not answer within " + waitMillisMax + " ms")
                  + " while the write was being replicated; it may or may not have happened: retry"
                  + " it only with a message_key, or read the timeline first")
          .toException();
    }
  }

  private <T> T await(CompletableFuture<T> future)
      throws InterruptedException, ExecutionException, TimeoutException {
    return future.get(millisLeft(), TimeUnit.MILLISECONDS);
  }

  /** How long the call may still take. */
  long millisLeft() {
    return callerDeadline == null
        ? waitMillisMax
        : Math.min(waitMillisMax, Math.max(0, callerDeadline.timeRemaining(TimeUnit.MILLISECONDS)));
  }
}
