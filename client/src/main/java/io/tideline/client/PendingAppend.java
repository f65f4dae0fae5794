package io.tideline.client;

import io.grpc.Status;
import io.tideline.proto.v1.BatchAppendItem;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * An item of a batching appender on its way from {@code add} to its answer.
 *
 * <p>Mutable state is guarded by the appender's lock; the future is completed outside of it.
 */
final class PendingAppend {

  /**
   * Objects around one pending item beside its encoded bytes, roughly; so that tiny items count.
   */
  static final long OVERHEAD_BYTES = 256;

  final AppendItem item;
  final BatchAppendItem wire;
  final CompletableFuture<AppendResult> future = new CompletableFuture<>();

  /** Order of {@code add}, over all timelines. */
  long sequence;

  /** In the appender's own nanoseconds since its creation. */
  long addedNanos;

  long deadlineNanos;

  /** Attempts that have failed. */
  int attempts;

  /** Never falls: whether an attempt so far may have written it. */
  boolean maybeWritten;

  /** Sent and not answered. */
  boolean inFlight;

  /** Its answer is decided; an answer that still comes is too late. */
  boolean settled;

  /**
   * To be sent in a batch of its own, because a batch with it was refused without naming an item.
   */
  boolean alone;

  /** Why the last attempt failed. */
  @Nullable Failure lastFailure;

  PendingAppend(AppendItem item) {
    this.item = item;
    this.wire = WireEntries.toBatchItem(item);
  }

  /** Encoded bytes it adds to a batch: itself, a tag and a length. */
  int wireBytes() {
    return wire.getSerializedSize() + 1 + Integer.BYTES;
  }

  /** Memory it is accounted for. */
  long cost() {
    return wire.getSerializedSize() + OVERHEAD_BYTES;
  }

  /** The failure as the application is told it. */
  TidelineException exception(Failure failure) {
    return failure
        .withVerdict(failure.isRetryable(), failure.isOutcomeUnknown() || maybeWritten)
        .withAttempts(attempts)
        .withAppendItem(item)
        .toException();
  }

  /** That the delivery timeout has passed. */
  TidelineException expired(Duration deliveryTimeout) {
    boolean unknown = maybeWritten || inFlight;
    boolean retryable = !unknown || BatchCall.kind(item) == WriteKind.REPEATABLE;
    Failure last = lastFailure;
    String message =
        "not acknowledged within "
            + deliveryTimeout.toMillis()
            + " ms"
            + (last == null ? "" : "; last failure: " + last.describe());
    return Failure.local(ErrorCode.DEADLINE_EXCEEDED, Status.Code.DEADLINE_EXCEEDED, message)
        .withVerdict(retryable, unknown)
        .withAttempts(attempts)
        .withAppendItem(item)
        .toException();
  }
}
