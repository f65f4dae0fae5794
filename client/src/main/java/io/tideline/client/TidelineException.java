package io.tideline.client;

import io.grpc.Status;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The one exception of this client: a call, or an item of a batch, failed.
 *
 * <p>Switch on {@link #code()}; the message is for people. For a failed write the question that
 * matters is {@link #isOutcomeUnknown()}: if false, nothing was written.
 *
 * <pre>{@code
 * try {
 *   client.append(timeline, message);
 * } catch (TidelineException e) {
 *   if (e.isOutcomeUnknown() && e.appendItem().isPresent()) {
 *     retryLater(e.appendItem().get()); // same message key: never a second copy
 *   }
 * }
 * }</pre>
 *
 * <p>Asynchronous calls complete their future with this exception itself; {@code get()} and {@code
 * join()} of the future wrap it as usual.
 */
public final class TidelineException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final transient Failure failure;

  TidelineException(Failure failure, @Nullable Throwable cause) {
    super(failure.describe(), cause);
    this.failure = failure;
  }

  /** Why it failed. */
  public ErrorCode code() {
    return failure.code();
  }

  /** The gRPC status code it came with, or that fits best if the client itself refused. */
  public Status.Code status() {
    return failure.status();
  }

  /**
   * Whether the same call may be tried again, without risk of writing twice and with a prospect of
   * success. The client has then already retried within the deadline.
   */
  public boolean isRetryable() {
    return failure.isRetryable();
  }

  /**
   * True for a write that may or may not have happened; false if for certain nothing was written.
   */
  public boolean isOutcomeUnknown() {
    return failure.isOutcomeUnknown();
  }

  /**
   * Path of the offending request field, like {@code items[3].message.fields["text"]}; or empty.
   */
  public String field() {
    return failure.field();
  }

  /** The offending value, shortened; with CONDITION_FAILED what was found; or empty. */
  public String value() {
    return failure.value();
  }

  /** The limit or form that must be respected; or empty. */
  public String limit() {
    return failure.limit();
  }

  /** How long the server asks to wait before trying again, if it does. */
  public Optional<Duration> retryAfter() {
    return failure.retryAfter();
  }

  /** The store concerned; or empty. */
  public String store() {
    return failure.store();
  }

  /** The timeline concerned, if the server named one. */
  public Optional<TimelineKey> timeline() {
    return Optional.ofNullable(failure.timeline());
  }

  /** How often the call was sent or tried to be sent, from 1; 0 if it was refused before. */
  public int attempts() {
    return failure.attempts();
  }

  /**
   * For a failed append: the append as it was last sent, with its message key and the time of the
   * first attempt. Appending this very item again is safe even if the outcome is unknown, if it has
   * a key.
   */
  public Optional<AppendItem> appendItem() {
    return Optional.ofNullable(failure.appendItem());
  }

  Failure failure() {
    return failure;
  }

  /**
   * This exception for another stack trace: a future's failure rethrown to a synchronous caller.
   */
  TidelineException rethrown() {
    return new TidelineException(failure, this);
  }

  static <T> T valueOrThrow(@Nullable T value, @Nullable TidelineException error) {
    if (error != null) {
      throw error;
    }
    if (value == null) {
      throw new IllegalStateException("neither a value nor an error");
    }
    return value;
  }
}
