package io.tideline.lsm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;

class ReadThrottleTest {

  /** Passes a millisecond each time it is looked at, and at once what is waited for. */
  private static final class SteppingClock extends EngineClock {
    private long now = Long.MAX_VALUE - 500_000_000; // Wraps around in the middle of the test.

    @Override
    long nanos() {
      now += 1_000_000;
      return now;
    }

    @Override
    void park(long nanos) {
      now += nanos;
    }
  }

  private final SteppingClock clock = new SteppingClock();
  private final ReadThrottle throttle = new ReadThrottle(clock);

  private long millisFor(int times, long bytes) {
    long start = clock.now;
    for (int i = 0; i < times; i++) {
      throttle.await(bytes, () -> false);
    }
    return (clock.now - start) / 1_000_000;
  }

  @Test
  void takesTheTimeTheBytesCost() {
    throttle.setBytesPerSecond(1_000);
    assertThat(millisFor(11, 100))
        .as("the last 100 bytes are paid by who comes next")
        .isBetween(1_000L, 1_050L);
  }

  @Test
  void aLimitOfZeroIsNone() {
    throttle.setBytesPerSecond(0);
    assertThat(millisFor(100, 1 << 30)).isLessThan(400);
  }

  @Test
  void aCancelledWaiterGivesUp() {
    throttle.setBytesPerSecond(1);
    throttle.await(1 << 20, () -> false);
    assertThatThrownBy(() -> throttle.await(1, () -> true))
        .isInstanceOf(CancellationException.class);
    assertThatThrownBy(() -> throttle.setBytesPerSecond(-1))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
