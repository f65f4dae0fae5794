package io.tideline.tools.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.Json;
import io.tideline.tools.cli.TestSurroundings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class CompactionModelCommandTest {
  private final TestSurroundings surroundings = new TestSurroundings();

  private int run(String... arguments) {
    return new CommandLine(new CompactionModelCommand(surroundings.context()))
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setErr(surroundings.context().err())
        .execute(arguments);
  }

  @Test
  void bothSchemesAreComputedForEachNumberOfFlushes() {
    assertThat(run("--flushes", "1,256", "--output", "json")).isEqualTo(ExitCode.OK);

    JsonNode results =
        Json.parseObject(surroundings.out().lines().toList().getLast()).path("results");
    assertThat(results).hasSize(4);
    // A single flush is written once: there is nothing to merge it with.
    assertThat(results.at("/0/scheme").asText()).isEqualTo("long-lived");
    assertThat(results.at("/0/write_amplification").asDouble()).isEqualTo(1.0);
    assertThat(results.at("/2/write_amplification").asDouble()).isBetween(2.0, 4.5);
    assertThat(results.at("/2/runs_max").asInt()).isLessThanOrEqualTo(17);
    // Two lifetimes of rows; each is merged within its window and then dropped.
    assertThat(results.at("/3/scheme").asText()).isEqualTo("short-ttl");
    assertThat(results.at("/3/flushes").asInt()).isEqualTo(512);
    assertThat(results.at("/3/window_millis").asLong()).isEqualTo(3_600_000);
    assertThat(results.at("/3/write_amplification").asDouble()).isBetween(1.5, 3.0);
  }

  @Test
  void theTableNamesBothSchemes() {
    assertThat(run("--flushes", "64")).isEqualTo(ExitCode.OK);

    assertThat(surroundings.out())
        .contains("SCHEME", "WRITE AMPLIFICATION")
        .containsPattern("long-lived +64 +\\d\\.\\d\\d")
        .containsPattern("short-ttl +128 +\\d\\.\\d\\d");
  }

  @ParameterizedTest
  @CsvSource({
    "--flushes, 0, --flushes 0 is outside 1..100000",
    "--ttl, soon, must be a number with",
    "--ttl, 900d, is not a lifetime for which rows count as short-lived",
  })
  void whatCannotBeComputedIsRefused(String option, String value, String reason) {
    assertThat(run(option, value)).isEqualTo(ExitCode.USAGE);
    assertThat(surroundings.err()).contains(reason);
  }
}
