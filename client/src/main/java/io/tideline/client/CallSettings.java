package io.tideline.client;

import com.google.protobuf.ByteString;
import io.tideline.proto.v1.ReadOptions;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How long and how often a call may try, and how fresh what it reads must be.
 *
 * @param deadlineNanos budget of the whole call, retries included
 * @param retryPolicy pace and number of attempts
 * @param consistency of reads
 * @param session told of what calls see; null for none, and not null with SESSION
 */
record CallSettings(
    long deadlineNanos,
    RetryPolicy retryPolicy,
    ReadConsistency consistency,
    @Nullable Session session) {

  /**
   * A host that swallows what it is sent is noticed by keepalives only, later than most deadlines:
   * it must leave time for other nodes.
   */
  private static final int ATTEMPTS_PER_DEADLINE = 3;

  static CallSettings of(long deadlineNanos, RetryPolicy retryPolicy) {
    return new CallSettings(deadlineNanos, retryPolicy, ReadConsistency.LINEARIZABLE, null);
  }

  CallSettings withDeadlineNanos(long nanos) {
    return new CallSettings(nanos, retryPolicy, consistency, session);
  }

  CallSettings withRetryPolicy(RetryPolicy policy) {
    return new CallSettings(deadlineNanos, policy, consistency, session);
  }

  /** With SESSION, a new session. */
  CallSettings withConsistency(ReadConsistency newConsistency) {
    return new CallSettings(
        deadlineNanos,
        retryPolicy,
        newConsistency,
        newConsistency == ReadConsistency.SESSION ? new Session() : null);
  }

  CallSettings withSession(Session newSession) {
    return new CallSettings(deadlineNanos, retryPolicy, ReadConsistency.SESSION, newSession);
  }

  /**
   * How long one attempt may take.
   *
   * @param leftNanos until the call's deadline
   * @param mayRepeat whether it can be tried elsewhere without harm after a silence
   * @param severalNodes whether there is an elsewhere
   */
  long attemptNanos(long leftNanos, boolean mayRepeat, boolean severalNodes) {
    long most =
        mayRepeat && severalNodes && retryPolicy.maxAttempts() > 1
            ? deadlineNanos / ATTEMPTS_PER_DEADLINE
            : deadlineNanos;
    return Math.min(leftNanos, retryPolicy.attemptTimeout().map(Duration::toNanos).orElse(most));
  }

  /** What a read is sent with. */
  ReadOptions readOptions() {
    if (consistency == ReadConsistency.LINEARIZABLE && session == null) {
      return ReadOptions.getDefaultInstance();
    }
    ReadOptions.Builder options = ReadOptions.newBuilder().setConsistency(consistency.toWire());
    if (session != null) {
      options.setSessionToken(session.token());
    }
    return options.build();
  }

  /** Notes the token of an answer. */
  void saw(ByteString token) {
    if (session != null) {
      session.saw(token);
    }
  }
}
