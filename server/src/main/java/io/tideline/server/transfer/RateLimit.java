package io.tideline.server.transfer;

import com.google.common.base.Ticker;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Lets bytes pass at a steady rate: each caller waits for those before it.
 *
 * <p>Threading: safe for many threads.
 */
final class RateLimit {

  private final Ticker ticker;
  private final long bytesPerSecond;
  private final ReentrantLock lock = new ReentrantLock();

  /** When everything let through so far has passed, by the ticker. Guarded by {@link #lock}. */
  private long freeAtNanos;

  /**
   * @param bytesPerSecond 0 for no limit
   */
  RateLimit(Ticker ticker, long bytesPerSecond) {
    this.ticker = ticker;
    this.bytesPerSecond = bytesPerSecond;
    this.freeAtNanos = ticker.read();
  }

  /** Returns when the bytes may pass. */
  void pass(long bytes) throws InterruptedException {
    if (bytesPerSecond > 0) {
      TimeUnit.NANOSECONDS.sleep(reserve(bytes));
    }
  }

  /** Nanoseconds to wait. */
  long reserve(long bytes) {
    lock.lock();
    try {
      long now = ticker.read();
      long wait = Math.max(0, freeAtNanos - now);
      freeAtNanos = now + wait + Math.round(bytes * 1e9 / bytesPerSecond);
      return wait;
    } finally {
      lock.unlock();
    }
  }
}
