package io.tideline.tools.bench.idle;

import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.TestSurroundings;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class IdleBenchCommandTest {
  private final TestSurroundings surroundings = new TestSurroundings();

  @ParameterizedTest
  @CsvSource({
    "--partitions, 0, --partitions 0 is outside 1..1024",
    "--partitions, 1025, --partitions 1025 is outside 1..1024",
    "--nodes, 2, '--nodes 2 is not one of 1, 3 and 5'",
    "--seconds, 4, --seconds 4 is outside 5..3600",
  })
  void whatCannotBeMeasuredIsRefusedBeforeANodeIsStarted(
      String option, String value, String reason) {
    int exitCode =
        new CommandLine(new IdleBenchCommand(surroundings.context()))
            .setErr(surroundings.context().err())
            .execute(option, value);
    assertThat(exitCode).isEqualTo(ExitCode.USAGE);
    assertThat(surroundings.err()).contains(reason);
  }
}
