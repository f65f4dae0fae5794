package io.tideline.client;

import io.grpc.Status;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a failed call; the content of a {@link TidelineException}.
 *
 * @param code why
 * @param status the gRPC status code
 * @param message for people, from the server or the client
 * @param store the store concerned, or empty
 * @param timeline the timeline concerned
 * @param field path of the offending field, or empty
 * @param value the offending value, or empty
 * @param limit what it must respect, or empty
 * @param retryAfterMillis when to try again at the earliest; 0 without a hint
 * @param isRetryable whether trying again is safe and may help
 * @param isOutcomeUnknown whether a write may have happened
 * @param attempts how often it was tried
 * @param appendItem for an append, the item as it was sent
 */
record Failure(
    ErrorCode code,
    Status.Code status,
    String message,
    String store,
    @Nullable TimelineKey timeline,
    String field,
    String value,
    String limit,
    long retryAfterMillis,
    boolean isRetryable,
    boolean isOutcomeUnknown,
    int attempts,
    @Nullable AppendItem appendItem) {

  /** A failure that the client itself tells, before anything was sent. */
  static Failure local(ErrorCode code, Status.Code status, String message) {
    return new Failure(code, status, message, "", null, "", "", "", 0, false, false, 0, null);
  }

  Optional<Duration> retryAfter() {
    return retryAfterMillis > 0
        ? Optional.of(Duration.ofMillis(retryAfterMillis))
        : Optional.empty();
  }

  Failure withVerdict(boolean retryable, boolean outcomeUnknown) {
    return new Failure(
        code,
        status,
        message,
        store,
        timeline,
        field,
        value,
        limit,
        retryAfterMillis,
        retryable,
        outcomeUnknown,
        attempts,
        appendItem);
  }

  Failure withAttempts(int count) {
    return new Failure(
        code,
        status,
        message,
        store,
        timeline,
        field,
        value,
        limit,
        retryAfterMillis,
        isRetryable,
        isOutcomeUnknown,
        count,
        appendItem);
  }

  Failure withAppendItem(AppendItem item) {
    return new Failure(
        code,
        status,
        message,
        store,
        timeline,
        field,
        value,
        limit,
        retryAfterMillis,
        isRetryable,
        isOutcomeUnknown,
        attempts,
        item);
  }

  /** A call that waited for a connection until its deadline. */
  Failure asUnreachable(String server) {
    String told = "no connection to " + server + " in time; is the server running? " + message;
    return new Failure(
        ErrorCode.UNAVAILABLE,
        status,
        told,
        store,
        timeline,
        field,
        value,
        limit,
        retryAfterMillis,
        isRetryable,
        isOutcomeUnknown,
        attempts,
        appendItem);
  }

  Failure withField(String path) {
    return new Failure(
        code,
        status,
        message,
        store,
        timeline,
        path,
        value,
        limit,
        retryAfterMillis,
        isRetryable,
        isOutcomeUnknown,
        attempts,
        appendItem);
  }

  TidelineException toException() {
    return new TidelineException(this, null);
  }

  /** One line: code, message and what the detail adds to it. */
  String describe() {
    StringBuilder out = new StringBuilder().append(code);
    if (!message.isEmpty()) {
      out.append(": ").append(message);
    }
    append(
        out,
        "status",
        code == ErrorCode.UNKNOWN_REASON || code == ErrorCode.OTHER ? status.toString() : "");
    if (timeline != null) {
      append(out, "timeline", timeline.toString());
    } else {
      append(out, "store", store);
    }
    append(out, "field", field);
    append(out, "value", value);
    append(out, "limit", limit);
    append(out, "attempts", attempts > 1 ? Integer.toString(attempts) : "");
    if (isOutcomeUnknown) {
      out.append(" (outcome unknown: it may or may not have been written)");
    }
    return out.toString();
  }

  private static void append(StringBuilder out, String name, String text) {
    if (!text.isEmpty()) {
      out.append("; ").append(name).append(' ').append(text);
    }
  }
}
