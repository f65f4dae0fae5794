package io.tideline.lsm;

import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * A token bucket of bytes, for work of all engines of a process together that must leave room for
 * other work: who comes after more was taken than has flowed in waits for the rest. Unused tokens
 * are kept for {@link #BURST_NANOS}. The rate may be changed at any time, also for those who wait.
 *
 * <p>Threading: safe for many threads, which share the rate.
 */
final class ByteRateLimiter {

  /** Long enough for a job to be unaware of the limit while it is below it on average. */
  private static final long BURST_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** How soon a waiting thread notices that its job is to be given up. */
  private static final long CANCEL_CHECK_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private final LongSupplier nanoTime;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition rateChanged = lock.newCondition();

  // Guarded by lock.
  private long bytesPerSecond;
  private double tokens;
  private long filledAt;

  private final LongAdder waitedNanos = new LongAdder();

  /**
   * @param nanoTime a clock like {@link System#nanoTime}
   * @param bytesPerSecond 0 for no limit
   */
  ByteRateLimiter(LongSupplier nanoTime, long bytesPerSecond) {
    this.nanoTime = nanoTime;
    filledAt = nanoTime.getAsLong();
    setBytesPerSecond(bytesPerSecond);
  }

  /**
   * @param rate bytes a second, 0 for no limit
   */
  void setBytesPerSecond(long rate) {
    if (rate < 0) {
      throw new IllegalArgumentException("bytes per second " + rate + " is negative");
    }
    lock.lock();
    try {
      fill();
      bytesPerSecond = rate;
      tokens = Math.min(tokens, burst());
      rateChanged.signalAll();
    } finally {
      lock.unlock();
    }
  }

  long bytesPerSecond() {
    lock.lock();
    try {
      return bytesPerSecond;
    } finally {
      lock.unlock();
    }
  }

  /** Time threads have spent waiting here, nanoseconds. */
  long waitedNanos() {
    return waitedNanos.sum();
  }

  /**
   * Waits until what was taken before has flowed in, then takes bytes, however many: whoever comes
   * next waits for them.
   *
   * @throws CancellationException once {@code cancelled}, also if there is nothing to wait for
   */
  void take(long bytes, BooleanSupplier cancelled) {
    lock.lock();
    try {
      requireNot(cancelled);
      fill();
      long start = nanoTime.getAsLong();
      for (long wait = missingNanos(); wait > 0; wait = missingNanos()) {
        rateChanged.awaitNanos(Math.min(wait, CANCEL_CHECK_NANOS));
        requireNot(cancelled);
        fill();
      }
      tokens -= bytes;
      waitedNanos.add(nanoTime.getAsLong() - start);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException("interrupted while waiting for the rate limit");
    } finally {
      lock.unlock();
    }
  }

  private static void requireNot(BooleanSupplier cancelled) {
    if (cancelled.getAsBoolean()) {
      throw new CancellationException("the engine is closing");
    }
  }

  private double burst() {
    return bytesPerSecond * (double) BURST_NANOS / TimeUnit.SECONDS.toNanos(1);
  }

  private void fill() {
    long now = nanoTime.getAsLong();
    double flowed = bytesPerSecond * (double) (now - filledAt) / TimeUnit.SECONDS.toNanos(1);
    tokens = Math.min(burst(), tokens + flowed);
    filledAt = now;
  }

  private long missingNanos() {
    if (bytesPerSecond == 0) {
      tokens = 0;
      return 0;
    }
    return (long) Math.ceil(-tokens * TimeUnit.SECONDS.toNanos(1) / bytesPerSecond);
  }
}
