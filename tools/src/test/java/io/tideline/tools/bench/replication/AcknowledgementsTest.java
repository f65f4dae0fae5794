package io.tideline.tools.bench.replication;

import static org.assertj.core.api.Assertions.assertThat;

import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class AcknowledgementsTest {

  private final Acknowledgements told = new Acknowledgements();

  @Test
  void theLongestWaitIsThatOfTheMessagesAcknowledgedInTheWindow() {
    told.add(0, 500, 1);
    told.add(1_000, 1_040, 2);
    told.add(1_500, 1_900, 3);
    told.add(2_000, 2_001, 4);

    assertThat(told.longestWaitNanos(1_000, 2_000)).isEqualTo(400);
    assertThat(told.longestWaitNanos(0, 1_000)).isEqualTo(500);
    assertThat(told.longestWaitNanos(500, 501)).isEqualTo(500);
    assertThat(told.longestWaitNanos(501, 1_040)).isZero();
    assertThat(told.longestWaitNanos(3_000, 4_000)).isZero();
  }

  @Test
  void aMessageUnderWayIsNotOneBegunAfterwards() {
    told.add(1_000, 5_000, 1);

    assertThat(told.hasBegunAfter(999)).isTrue();
    assertThat(told.hasBegunAfter(1_000)).isFalse();
    assertThat(new Acknowledgements().hasBegunAfter(0)).isFalse();
  }

  @Test
  void growsAndKeepsWhatItWasTold() {
    for (int number = 1; number <= 5_000; number++) {
      told.add(number, number + 1, 10L * number);
    }

    assertThat(told.count()).isEqualTo(5_000);
    assertThat(told.sequenceId(1)).isEqualTo(10);
    assertThat(told.sequenceId(5_000)).isEqualTo(50_000);
  }

  @Test
  void waitsLongerThanTheHistogramReachesCountAsItsLongest() {
    told.add(0, 3_000_000, 1);
    told.add(0, 3_600_000_000_000L, 2);
    Histogram waits = new Histogram(10_000_000, 3);

    told.addWaitsTo(waits, 0, Long.MAX_VALUE);

    assertThat(waits.getTotalCount()).isEqualTo(2);
    assertThat(waits.valuesAreEquivalent(waits.getMinValue(), 3_000)).isTrue();
    assertThat(waits.valuesAreEquivalent(waits.getMaxValue(), 10_000_000)).isTrue();
  }
}
