package io.tideline.lsm;

import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Holds back reads that nobody waits for, of all engines of a process together, to a number of
 * bytes a second.
 *
 * <p>Threading: safe for many threads; who comes later waits longer.
 */
final class ReadThrottle {

  /** 16 MiB/s: a hundredth of a disk of today, and a terabyte is read once in eighteen hours. */
  static final long DEFAULT_BYTES = 16L << 20;

  /** How long at most until a cancelled waiter notices. */
  private static final long NAP_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private final EngineClock clock;
  private volatile long bytesPerSecond = DEFAULT_BYTES;

  /** Guarded by this: when the bytes granted so far have been paid for. */
  private long paidAtNanos;

  private boolean used;

  ReadThrottle(EngineClock clock) {
    this.clock = clock;
  }

  void setBytesPerSecond(long bytes) {
    if (bytes < 0) {
      throw new IllegalArgumentException("bytes per second " + bytes + " is negative");
    }
    bytesPerSecond = bytes;
  }

  /**
   * Waits for the bytes granted before to be paid for, and takes some more.
   *
   * @throws CancellationException if {@code cancelled} says so
   */
  void await(long bytes, BooleanSupplier cancelled) {
    long until = take(bytes);
    while (true) {
      if (cancelled.getAsBoolean()) {
        throw new CancellationException("the engine is closing");
      }
      long left = until - clock.nanos();
      if (left <= 0 || bytesPerSecond == 0) {
        return;
      }
      clock.park(Math.min(left, NAP_NANOS));
    }
  }

  private synchronized long take(long bytes) {
    long now = clock.nanos();
    long start = used && paidAtNanos - now > 0 ? paidAtNanos : now;
    long rate = bytesPerSecond;
    used = true;
    paidAtNanos = rate == 0 ? now : start + Math.round(bytes * 1e9 / rate);
    return start;
  }
}
