package io.tideline.lsm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ByteRateLimiterTest {

  /** Passes by 10 ms with every look. */
  private final AtomicLong nanos = new AtomicLong();

  private long now() {
    return nanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(10));
  }

  @Test
  void bytesFlowInAtTheRate() {
    ByteRateLimiter limiter = new ByteRateLimiter(this::now, 1_000);
    long start = nanos.get();
    limiter.take(5_000, () -> false);
    assertThat(TimeUnit.NANOSECONDS.toMillis(nanos.get() - start)).isBetween(4_900L, 5_200L);
    assertThat(TimeUnit.NANOSECONDS.toMillis(limiter.waitedNanos())).isBetween(4_800L, 5_200L);
  }

  @Test
  void unusedBytesAreKeptForAMoment() {
    ByteRateLimiter limiter = new ByteRateLimiter(this::now, 1_000);
    nanos.addAndGet(TimeUnit.HOURS.toNanos(1));
    long start = nanos.get();
    limiter.take(1_100, () -> false);
    assertThat(TimeUnit.NANOSECONDS.toMillis(nanos.get() - start)).isBetween(900L, 1_200L);
  }

  @Test
  void withoutALimitNobodyWaits() {
    ByteRateLimiter limiter = new ByteRateLimiter(this::now, 0);
    limiter.take(Long.MAX_VALUE / 2, () -> false);
    assertThat(limiter.waitedNanos()).isLessThan(TimeUnit.SECONDS.toNanos(1));
  }

  @Test
  void whoWaitsNoticesAnotherRateAndTheEnd() throws Exception {
    ByteRateLimiter limiter = new ByteRateLimiter(System::nanoTime, 1);
    AtomicBoolean done = new AtomicBoolean();
    Thread waiting =
        Thread.ofPlatform()
            .start(
                () -> {
                  limiter.take(1 << 20, () -> false);
                  done.set(true);
                });
    limiter.setBytesPerSecond(0);
    waiting.join();
    assertThat(done).isTrue();
    ByteRateLimiter slow = new ByteRateLimiter(System::nanoTime, 1);
    assertThatThrownBy(() -> slow.take(1 << 20, () -> true))
        .isInstanceOf(CancellationException.class);
  }
}
