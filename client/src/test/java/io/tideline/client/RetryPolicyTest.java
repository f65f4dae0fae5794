package io.tideline.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RetryPolicyTest {

  private static final double LATEST = Math.nextDown(1.0);
  private static final int MANY_ATTEMPTS = 30;

  private static long delayMillis(int failedAttempts, long retryAfterMillis, double random) {
    return Math.round(
        RetryPolicy.defaults().delayNanos(failedAttempts, retryAfterMillis, random) / 1e6);
  }

  @Test
  void withoutAHintTheWaitGrowsToItsLimit() {
    assertThat(delayMillis(1, 0, LATEST)).isEqualTo(20);
    assertThat(delayMillis(3, 0, LATEST)).isEqualTo(80);
    assertThat(delayMillis(MANY_ATTEMPTS, 0, LATEST)).isEqualTo(1_000);
    assertThat(delayMillis(MANY_ATTEMPTS, 0, 0)).isZero();
  }

  @Test
  void aHintIsTheShortestWait() {
    assertThat(delayMillis(1, 100, 0)).isEqualTo(100);
    assertThat(delayMillis(1, 100, LATEST)).isEqualTo(100);
    assertThat(delayMillis(1, 5_000, LATEST)).isEqualTo(5_000);
  }

  @Test
  void howeverLongItLastsTheWaitStaysNearTheHint() {
    assertThat(delayMillis(MANY_ATTEMPTS, 100, LATEST)).isEqualTo(300);
    assertThat(delayMillis(MANY_ATTEMPTS, 100, 0.5)).isEqualTo(150);
    assertThat(delayMillis(MANY_ATTEMPTS, 5_000, LATEST)).isEqualTo(5_000);
  }

  @Test
  void afterAShortHintTheWaitGrowsNonetheless() {
    assertThat(delayMillis(1, 20, LATEST)).isEqualTo(20);
    assertThat(delayMillis(4, 20, LATEST)).isEqualTo(160);
    assertThat(delayMillis(MANY_ATTEMPTS, 20, LATEST)).isEqualTo(250);
    assertThat(delayMillis(MANY_ATTEMPTS, 20, 0)).isEqualTo(20);
  }

  @Test
  void aPolicyWithShorterWaitsKeepsThem() {
    RetryPolicy hasty =
        RetryPolicy.defaults().withBackoff(Duration.ofMillis(1), Duration.ofMillis(20));

    assertThat(hasty.delayNanos(MANY_ATTEMPTS, 10, LATEST))
        .isLessThanOrEqualTo(TimeUnit.MILLISECONDS.toNanos(20));
    assertThat(hasty.delayNanos(MANY_ATTEMPTS, 0, LATEST))
        .isLessThanOrEqualTo(TimeUnit.MILLISECONDS.toNanos(20));
  }
}
