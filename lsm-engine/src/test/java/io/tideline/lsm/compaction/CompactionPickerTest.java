package io.tideline.lsm.compaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.lsm.compaction.CompactionPicker.Candidate;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Runs are sizes in units of one flush, newest first; {@code x} marks an expired one. The unit is
 * 100 bytes.
 */
class CompactionPickerTest {

  @ParameterizedTest(name = "{0} by {1}: {2}")
  @CsvSource({
    // Too few of one tier: nothing.
    "1 1 1, 4, none",
    "1 1 1 8, 4, none",
    // Enough neighbours of one tier: those, the oldest of them if there are more.
    "1 1 1 1, 4, 0..4",
    "1 1 1 1 9 70, 4, 0..4",
    "1 1 1 1 1 1, 4, 2..6",
    // Smaller neighbours between them go along.
    "8 1 8 8 8 90, 4, 0..5",
    // A larger run between them keeps them apart.
    "1 1 9 1 1, 4, none",
    // The lowest tier first.
    "1 1 1 1 8 8 8 8, 4, 0..4",
    "8 8 8 8, 4, 0..4",
    // An expired run goes at once, alone.
    "1 x1 1, 4, 1..2",
    "1 1 1 1 x9, 4, 4..5",
    // Two a tier.
    "1 1, 2, 0..2",
    "1 4, 2, none",
  })
  void picks(String sizes, int runsPerTier, String expected) {
    assertThat(describe(candidates(sizes), runsPerTier)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({"17, 4, true", "16, 4, false"})
  void mergesUnequalNeighboursRatherThanKeepTooManyRuns(int runs, int runsPerTier, boolean merges) {
    List<Candidate> staircase = new ArrayList<>();
    for (int i = 0; i < runs; i++) {
      staircase.add(new Candidate((long) Math.pow(5, i) * 1_000, false));
    }
    assertThat(!describe(staircase, runsPerTier).equals("none")).isEqualTo(merges);
  }

  private static List<Candidate> candidates(String sizes) {
    List<Candidate> runs = new ArrayList<>();
    for (String size : sizes.split(" ")) {
      boolean expired = size.startsWith("x");
      runs.add(new Candidate(Long.parseLong(expired ? size.substring(1) : size) * 100, expired));
    }
    return runs;
  }

  private static String describe(List<Candidate> runs, int runsPerTier) {
    return CompactionPicker.pick(runs, runsPerTier, 100)
        .map(choice -> choice.from() + ".." + choice.to())
        .orElse("none");
  }
}
