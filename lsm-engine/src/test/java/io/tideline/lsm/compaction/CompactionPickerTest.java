package io.tideline.lsm.compaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.lsm.CompactionScheme;
import io.tideline.lsm.compaction.CompactionPicker.Candidate;
import io.tideline.lsm.compaction.CompactionPicker.Clock;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Runs are written newest first as sizes in units of one flush, with {@code @} and the time of the
 * newest row, {@code h} for one of only heads, {@code r} for one with a file that has mostly
 * expired, {@code c} for one with a file that rests. The unit is 100 bytes, a window 10 ms.
 */
class CompactionPickerTest {

  private static final long UNIT_BYTES = 100;

  @ParameterizedTest(name = "{0} by {1}: {2}")
  @CsvSource({
    // Too few of one tier: nothing.
    "1 1 1, 4, none",
    "1 1 1 8, 4, none",
    // Enough neighbours of one tier: those, the oldest of them if there are more.
    "1 1 1 1, 4, MERGE 0..4",
    "1 1 1 1 9 70, 4, MERGE 0..4",
    "1 1 1 1 1 1, 4, MERGE 2..6",
    // A larger run between them keeps them apart.
    "1 1 9 1 1 90, 4, none",
    // Gathered runs that are as large as the last one are folded into it, with what is between.
    "8 8 17, 4, none",
    "8 9 17, 4, MERGE 0..3",
    "1 1 8 1 9 17, 4, MERGE 2..6",
    "1 1 1 1 8 8 8 8, 4, MERGE 4..8",
    // What has expired goes at once, if nothing with rows is older.
    "1 1 1@3, 4, DROP_ROWS 2..3",
    "1 9@4 1@3, 4, DROP_ROWS 1..3",
    "1 1@3 1h, 4, DROP_ROWS 1..2",
    "1 1@3 90, 4, none",
    // Space and cold data only if nothing is to be merged.
    "1 1r 90, 4, RECLAIM 1..2",
    "1 1r 1 1, 4, MERGE 0..4",
    "1 90c, 4, COOL 1..2",
    "1c 90, 4, none",
    // Two a tier.
    "1 1, 2, MERGE 0..2",
    "1 4, 2, none",
  })
  void picksBySize(String runs, int runsPerTier, String expected) {
    CompactionPicker picker =
        new CompactionPicker(CompactionScheme.LONG_LIVED, runsPerTier, UNIT_BYTES);
    assertThat(describe(picker, candidates(runs), new Clock(1_000, 5))).isEqualTo(expected);
  }

  @ParameterizedTest(name = "{0} at {1}, expired before {2}: {3}")
  @CsvSource({
    // The open window is gathered once.
    "1@15 1@14 1@13, 15, 0, none",
    "1@15 1@14 1@13 1@12, 15, 0, MERGE 0..4",
    "4@15 4@14 4@13 4@12, 15, 0, none",
    "32@15 32@14 32@13 32@12, 15, 0, none",
    // A closed window becomes one run, the oldest first, never together with another.
    "1@25 1@15 1@14 1@5 1@4, 25, 0, MERGE 3..5",
    "1@25 1@15 1@14 9@5, 25, 0, MERGE 1..3",
    "1@25 9@15 9@5, 25, 0, none",
    // Where nearly all was merged before, the oldest run stays.
    "1@25 4@15 4@14 4@13, 25, 0, MERGE 1..3",
    "1@25 8@15 4@13, 25, 0, none",
    // Large runs of a closed window stay.
    "1@25 1@15 1@14 32@13 32@12, 25, 0, MERGE 1..3",
    "1@25 1@14 32@13 1@12, 25, 0, none",
    // A late run of old rows belongs to the window it came in; heads to that of older neighbours.
    "1@25 1@3 1@15 9@5, 25, 0, MERGE 1..3",
    "1@25 1h 1@15 9@5, 25, 0, MERGE 1..3",
    // Expired runs, all at once; the heads they leave are merged when there are some of a size.
    "1@25 1@15 9@5 9@4, 25, 6, DROP_ROWS 2..4",
    "1@25 9@5 9@15, 25, 6, none",
    "1@25 1h 1h 1h, 25, 0, none",
    "1@25 1h 1h 1h 1h, 25, 0, MERGE 1..5",
    "1@25 1h 90h 1h 90h 1h 90h 1h 90h 1h, 25, 0, MERGE 1..10",
  })
  void picksInWindows(String runs, long now, long expireBefore, String expected) {
    CompactionPicker picker = new CompactionPicker(CompactionScheme.shortTtl(10), 4, UNIT_BYTES);
    assertThat(describe(picker, candidates(runs), new Clock(now, expireBefore)))
        .isEqualTo(expected);
  }

  @ParameterizedTest(name = "{0} at {1}: {2}")
  @CsvSource({
    "1@25 1@24 9@15 9@5 1h 1h, 25, 2",
    "1@25 1@15 1@14 9@5, 25, 2",
    "9@15 9@5, 15, 1",
  })
  void whatStaysDoesNotCountAsWaiting(String runs, long now, int expected) {
    CompactionPicker picker = new CompactionPicker(CompactionScheme.shortTtl(10), 4, UNIT_BYTES);
    assertThat(picker.waitingRuns(candidates(runs), new Clock(now, 0))).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({"17, true", "16, false"})
  void mergesUnequalNeighboursRatherThanKeepTooManyRuns(int runs, boolean merges) {
    List<Candidate> staircase = new ArrayList<>();
    for (int i = 0; i < runs; i++) {
      staircase.add(new Candidate((long) Math.pow(5, i) * 1_000, 10, false, false));
    }
    CompactionPicker picker = new CompactionPicker(CompactionScheme.LONG_LIVED, 4, UNIT_BYTES);
    assertThat(!describe(picker, staircase, new Clock(10, 0)).equals("none")).isEqualTo(merges);
  }

  private static List<Candidate> candidates(String text) {
    List<Candidate> runs = new ArrayList<>();
    for (String run : text.split(" ")) {
      String[] parts = run.split("@");
      long units = Long.parseLong(parts[0].replaceAll("[a-z]", ""));
      long newest = parts.length > 1 ? Long.parseLong(parts[1]) : 900;
      runs.add(
          new Candidate(
              units * UNIT_BYTES,
              run.contains("h") ? Long.MIN_VALUE : newest,
              run.contains("r"),
              run.contains("c")));
    }
    return runs;
  }

  private static String describe(CompactionPicker picker, List<Candidate> runs, Clock clock) {
    return picker
        .pick(runs, clock)
        .map(choice -> choice.work() + " " + choice.from() + ".." + choice.to())
        .orElse("none");
  }
}
