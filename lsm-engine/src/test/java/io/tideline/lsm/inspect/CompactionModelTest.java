package io.tideline.lsm.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.lsm.CompactionScheme;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The promises of docs/engine.md about write amplification, by the real picker. */
class CompactionModelTest {

  /** A partition that grows to a number of flushes of 64 MiB, and all sizes on the way there. */
  @ParameterizedTest
  @CsvSource({"128, 4.2, 9", "256, 4.5, 10", "512, 5.2, 11"})
  void longLivedRowsAreWrittenAFewTimes(int flushes, double writes, double runs) {
    CompactionModel.Result all =
        CompactionModel.simulate(CompactionScheme.LONG_LIVED, 8, flushes, 1_000, 0);
    assertThat(all.writeAmplification()).isLessThanOrEqualTo(writes);
    assertThat(all.averageRuns()).isLessThanOrEqualTo(runs);
    assertThat(all.runsMax()).isLessThanOrEqualTo(17);
  }

  /** All small ones, and those around the borders of tiers. */
  private static final int[] FLUSHES_PER_WINDOW = {
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 16, 17, 24, 31, 32, 33, 63, 64, 65, 72, 100
  };

  /** Over two lifetimes. */
  @Test
  void shortLivedRowsAreWrittenThreeTimesAtMost() {
    for (int perWindow : FLUSHES_PER_WINDOW) {
      CompactionModel.Result result =
          CompactionModel.simulate(
              CompactionScheme.shortTtl(perWindow * 1_000L),
              8,
              perWindow * 24 * 2,
              1_000,
              perWindow * 24_000L);
      assertThat(result.writeAmplification())
          .as("%d flushes a window: %s", perWindow, result)
          .isLessThanOrEqualTo(3.0);
      assertThat(result.runsMax()).as("%d flushes a window", perWindow).isLessThanOrEqualTo(96);
    }
  }
}
