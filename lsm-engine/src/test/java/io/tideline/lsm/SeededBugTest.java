package io.tideline.lsm;

import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.lsm.seeded.SeededBug;
import io.tideline.lsm.testing.ChildTests;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Proof that the tests see: each {@link SeededBug} is planted into a JVM of its own, and the
 * smallest set of tests that must notice it has to fail there. Without any bug they pass.
 */
@Tag("slow")
class SeededBugTest {

  private static final List<String> ASSERTIONS = List.of("-ea");

  /** The tests that must fail with the bug. */
  private static List<String> tests(SeededBug bug) {
    return switch (bug) {
      case TABLE_DIRECTORY_NOT_SYNCED,
          PARENT_DIRECTORIES_NOT_SYNCED,
          MANIFEST_EDIT_NOT_FORCED,
          POSITION_ONE_TOO_FAR ->
          names(EngineCrashTest.class);
      case PUBLISHED_BEFORE_WRITTEN -> names(EngineConcurrencyTest.class);
      case VIRTUAL_BOUND_INCLUSIVE -> List.of("io.tideline.lsm.table.VirtualTableTest");
      case FILTER_LACKS_A_KEY,
          OVERLAP_CONCATENATED,
          TRIM_LOST_IN_MERGE,
          HEAD_CACHE_STALE,
          EXPIRY_INCLUSIVE,
          HEADS_DROPPED_WITH_ROWS,
          TOMBSTONE_DROPPED_EARLY,
          NON_NEIGHBOUR_INPUTS,
          DROPPED_A_WINDOW_EARLY,
          BACKWARD_SKIPS_A_ROW,
          BLOCK_UNPINNED_EARLY ->
          names(EngineModelTest.class);
      case BLOCK_CHECKSUM_IGNORED -> names(EngineCorruptionTest.class);
    };
  }

  private static List<String> names(Class<?>... classes) {
    return Stream.of(classes).map(Class::getName).toList();
  }

  @ParameterizedTest
  @EnumSource(SeededBug.class)
  void theTestsNotice(SeededBug bug) throws Exception {
    ChildTests.Outcome outcome =
        ChildTests.run(List.of("-ea", "-Dtideline.seededBug=" + bug), tests(bug));
    assertThat(outcome.failed()).as("%s, noticed by %s", bug, outcome).isTrue();
  }

  @Test
  void withoutABugTheSameTestsPass() throws Exception {
    List<String> all =
        Stream.of(SeededBug.values()).flatMap(bug -> tests(bug).stream()).distinct().toList();
    ChildTests.Outcome outcome = ChildTests.run(ASSERTIONS, all);
    assertThat(outcome.passed()).as(outcome.output()).isTrue();
  }

  @Test
  void noBugIsPlantedWithoutAssertions() throws Exception {
    ChildTests.Outcome outcome =
        ChildTests.run(
            List.of("-da", "-Dtideline.seededBug=" + SeededBug.TABLE_DIRECTORY_NOT_SYNCED),
            names(EngineTest.class));
    assertThat(outcome.failed()).isTrue();
    assertThat(outcome.output()).contains("is for tests only; remove it");
  }

  @Test
  void anUnknownBugIsRefusedByName() throws Exception {
    ChildTests.Outcome outcome =
        ChildTests.run(List.of("-ea", "-Dtideline.seededBug=TYPO"), names(EngineTest.class));
    assertThat(outcome.failed()).isTrue();
    assertThat(outcome.output()).contains("TYPO is unknown; known are");
  }
}
