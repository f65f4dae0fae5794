package io.tideline.tools.bench.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RowPlanTest {

  @Test
  void idsOfEachTimelineAreDense() {
    RowPlan plan = RowPlan.of(new int[] {0, 1, 0, 2, 0, 1});

    assertThat(IntStream.range(0, plan.rows()).map(plan::sequenceId))
        .containsExactly(1, 1, 2, 1, 3, 2);
    assertThat(IntStream.range(0, 3).map(plan::head)).containsExactly(3, 2, 1);
  }

  @Test
  void aShorterPlanIsTheBeginningOfTheWhole() {
    RowPlan whole = RowPlan.draw(Workload.COLD, 10_000, 1_000, 7);
    RowPlan part = whole.first(5_000);

    assertThat(part.rows()).isEqualTo(5_000);
    for (int row = 0; row < part.rows(); row++) {
      assertThat(part.timeline(row)).isEqualTo(whole.timeline(row));
      assertThat(part.head(part.timeline(row))).isGreaterThanOrEqualTo(part.sequenceId(row));
    }
    assertThat(IntStream.range(0, 1_000).map(part::head).sum()).isEqualTo(5_000);
  }

  @Test
  void equalSeedsGiveEqualRows() {
    for (Workload workload : new Workload[] {Workload.COLD, Workload.ZIPF, Workload.GIANT}) {
      assertThat(timelines(workload, 5)).isEqualTo(timelines(workload, 5));
    }
    assertThat(timelines(Workload.COLD, 5)).isNotEqualTo(timelines(Workload.COLD, 6));
  }

  private static int[] timelines(Workload workload, long seed) {
    RowPlan plan = RowPlan.draw(workload, 1_000, 100, seed);
    return IntStream.range(0, plan.rows()).map(plan::timeline).toArray();
  }

  @Test
  void coldRowsReachAlmostAllTimelinesAndGiantRowsOne() {
    RowPlan cold = RowPlan.draw(Workload.COLD, 30_000, 10_000, 1);
    RowPlan giant = RowPlan.draw(Workload.GIANT, 1_000, 1, 1);

    assertThat(cold.timelinesUsed()).isBetween(9_300, 9_700); // 1 - e^-3 of all
    assertThat(giant.head(0)).isEqualTo(1_000);
  }

  @Test
  void zipfRanksHaveZipfsFrequencies() {
    int timelines = 10_000;
    RowPlan plan = RowPlan.draw(Workload.ZIPF, 200_000, timelines, 3);
    double zeta =
        IntStream.rangeClosed(1, timelines).mapToDouble(i -> Math.pow(i, -Zipf.EXPONENT)).sum();

    for (int rank : new int[] {0, 1, 9}) {
      double expected = plan.rows() * Math.pow(rank + 1, -Zipf.EXPONENT) / zeta;
      assertThat((double) plan.head(rank)).isBetween(expected * 0.7, expected * 1.3);
    }
  }

  @Test
  void keysOfTimelinesDifferAndNeighboursAreFarApart() {
    Set<String> keys = new HashSet<>();
    Set<Integer> firstBytes = new HashSet<>();
    for (int ordinal = 0; ordinal < 1_000; ordinal++) {
      byte[] key = new byte[TimelineKeys.BYTES];
      TimelineKeys.write(ordinal, key);
      keys.add(Arrays.toString(key));
      firstBytes.add((int) key[4]);
    }

    assertThat(keys).hasSize(1_000);
    assertThat(firstBytes).hasSizeGreaterThan(200);
  }
}
