package io.tideline.lsm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ByteRateLimiterTest {

  /** Passes by half a second with every look, and wraps around on the way. */
  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - TimeUnit.SECONDS.toNanos(1));

  private long now() {
    return nanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(500));
  }

  /** Milliseconds that pass while the limiter is asked so often for so many bytes. */
  private long millisFor(ByteRateLimiter limiter, int times, long bytes) {
    long start = nanos.get();
    for (int i = 0; i < times; i++) {
      limiter.take(bytes, () -> false);
    }
    return TimeUnit.NANOSECONDS.toMillis(nanos.get() - start);
  }

  @Test
  void whoComesNextWaitsForWhatWasTaken() {
    ByteRateLimiter limiter = new ByteRateLimiter(this::now, 1_000);
    assertThat(millisFor(limiter, 1, 10_000)).isLessThan(2_000);
    assertThat(millisFor(limiter, 1, 1)).isBetween(9_000L, 11_000L);
    assertThat(TimeUnit.NANOSECONDS.toMillis(limiter.waitedNanos())).isBetween(9_000L, 11_000L);
  }

  @Test
  void manySmallTakesKeepToTheRate() {
    ByteRateLimiter limiter = new ByteRateLimiter(this::now, 1_000);
    assertThat(millisFor(limiter, 6, 3_000)).isBetween(14_000L, 18_000L);
  }

  @Test
  void unusedBytesAreKeptForAMoment() {
    ByteRateLimiter limiter = new ByteRateLimiter(this::now, 1_000);
    nanos.addAndGet(TimeUnit.HOURS.toNanos(1));
    assertThat(millisFor(limiter, 2, 8_100)).isBetween(7_000L, 10_000L);
  }

  @Test
  void withoutALimitNobodyWaits() {
    ByteRateLimiter limiter = new ByteRateLimiter(this::now, 0);
    assertThat(millisFor(limiter, 2, Long.MAX_VALUE / 2)).isLessThan(4_000);
    assertThat(limiter.waitedNanos()).isLessThan(TimeUnit.SECONDS.toNanos(2));
  }

  @Test
  void whoWaitsNoticesAnotherRate() throws Exception {
    ByteRateLimiter limiter = new ByteRateLimiter(System::nanoTime, 1);
    limiter.take(1 << 20, () -> false);
    AtomicBoolean done = new AtomicBoolean();
    Thread waiting =
        Thread.ofPlatform()
            .start(
                () -> {
                  limiter.take(1, () -> false);
                  done.set(true);
                });
    limiter.setBytesPerSecond(0);
    waiting.join();
    assertThat(done).isTrue();
  }

  @Test
  void whoIsCancelledTakesNothing() {
    ByteRateLimiter limiter = new ByteRateLimiter(this::now, 1);
    assertThatThrownBy(() -> limiter.take(1 << 20, () -> true))
        .isInstanceOf(CancellationException.class);
    assertThat(millisFor(limiter, 1, 1)).isLessThan(2_000);
    limiter.take(1 << 20, () -> false);
    AtomicInteger looks = new AtomicInteger();
    assertThatThrownBy(() -> limiter.take(1, () -> looks.incrementAndGet() > 1))
        .as("while it waits")
        .isInstanceOf(CancellationException.class);
  }

  @Test
  void aNegativeRateIsRefusedAndTheOldOneStays() {
    ByteRateLimiter limiter = new ByteRateLimiter(this::now, 1_000);
    assertThatThrownBy(() -> limiter.setBytesPerSecond(-1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("-1");
    assertThat(limiter.bytesPerSecond()).isEqualTo(1_000);
  }
}
