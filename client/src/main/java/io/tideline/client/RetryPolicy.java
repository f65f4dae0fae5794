package io.tideline.client;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * How often and how soon a failed call is tried again; <em>whether</em> it may be is not
 * configurable: only what cannot write twice is retried.
 *
 * <p>The n-th retry waits a random time between 0 and {@code min(maxBackoff, initialBackoff *
 * 2^(n-1))} (full jitter). If the server says when to come back, it waits at least that long, and
 * at most three times that or 250 ms, if the above is longer. A retry that would not fit into the
 * call's deadline is not begun; the call then fails with its last error at once.
 *
 * <p>Immutable; the {@code with} methods return changed copies.
 */
public final class RetryPolicy {

  /** A few round trips in one data centre; short, because most failures are over at once. */
  private static final Duration INITIAL_BACKOFF = Duration.ofMillis(20);

  /** A restart takes seconds: more than one try per second and client would only add load. */
  private static final Duration MAX_BACKOFF = Duration.ofSeconds(1);

  /**
   * How far beyond the server's hint the jitter reaches: wide enough to spread the callers, near
   * enough that an election that is over is noticed.
   */
  private static final int HINT_SPREAD = 3;

  /**
   * How far the jitter may reach whatever the hint: a short hint is for what is over at once, and
   * callers who come back again and again must not all do so at its pace.
   */
  private static final long HINTED_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

  private static final RetryPolicy DEFAULTS =
      new RetryPolicy(INITIAL_BACKOFF, MAX_BACKOFF, Integer.MAX_VALUE, null);

  private final Duration initialBackoff;
  private final Duration maxBackoff;
  private final int maxAttempts;
  private final @Nullable Duration attemptTimeout;

  private RetryPolicy(
      Duration initialBackoff,
      Duration maxBackoff,
      int maxAttempts,
      @Nullable Duration attemptTimeout) {
    this.initialBackoff = initialBackoff;
    this.maxBackoff = maxBackoff;
    this.maxAttempts = maxAttempts;
    this.attemptTimeout = attemptTimeout;
  }

  /** 20 ms to 1 s, as often as the deadline allows, no timeout of a single attempt. */
  public static RetryPolicy defaults() {
    return DEFAULTS;
  }

  /** One attempt only. */
  public static RetryPolicy never() {
    return DEFAULTS.withMaxAttempts(1);
  }

  public RetryPolicy withBackoff(Duration initial, Duration max) {
    Limits.positive("initial backoff", initial);
    if (max.compareTo(initial) < 0) {
      throw new IllegalArgumentException("max backoff " + max + " is below initial " + initial);
    }
    return new RetryPolicy(initial, max, maxAttempts, attemptTimeout);
  }

  /** Attempts in total, the first included; at least 1. By default only the deadline ends it. */
  public RetryPolicy withMaxAttempts(int attempts) {
    Limits.inRange("max attempts", attempts, 1, Integer.MAX_VALUE);
    return new RetryPolicy(initialBackoff, maxBackoff, attempts, attemptTimeout);
  }

  /**
   * Gives a single attempt only this long, so that a silent server costs a part of the deadline and
   * not all of it. By default an attempt may use what is left of the deadline; where several nodes
   * were named and the call may be repeated, a third of it.
   */
  public RetryPolicy withAttemptTimeout(Duration timeout) {
    return new RetryPolicy(
        initialBackoff, maxBackoff, maxAttempts, Limits.positive("attempt timeout", timeout));
  }

  public Duration initialBackoff() {
    return initialBackoff;
  }

  public Duration maxBackoff() {
    return maxBackoff;
  }

  public int maxAttempts() {
    return maxAttempts;
  }

  public Optional<Duration> attemptTimeout() {
    return Optional.ofNullable(attemptTimeout);
  }

  /**
   * How long to wait before the next attempt.
   *
   * @param failedAttempts attempts so far, from 1
   * @param retryAfterMillis the server's hint, or 0
   * @param random uniform in [0, 1)
   */
  long delayNanos(int failedAttempts, long retryAfterMillis, double random) {
    double exponential =
        initialBackoff.toNanos() * Math.pow(2, Math.min(failedAttempts - 1, Long.SIZE - 2));
    double ceiling = Math.min(maxBackoff.toNanos(), exponential);
    long hint = TimeUnit.MILLISECONDS.toNanos(retryAfterMillis);
    if (hint > 0) {
      ceiling = Math.min(ceiling, Math.max((double) HINT_SPREAD * hint, HINTED_NANOS));
    }
    return Math.max((long) (ceiling * random), hint);
  }

  @Override
  public String toString() {
    return "RetryPolicy[backoff "
        + initialBackoff
        + ".."
        + maxBackoff
        + (maxAttempts == Integer.MAX_VALUE ? "" : ", max attempts " + maxAttempts)
        + (attemptTimeout == null ? "" : ", attempt timeout " + attemptTimeout)
        + "]";
  }
}
