package io.tideline.tools.bench.replication;

import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.TestSurroundings;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class CatchUpBenchCommandTest {
  private final TestSurroundings surroundings = new TestSurroundings();

  @ParameterizedTest
  @CsvSource({
    "--gib, 0, --gib 0.0 is not above 0 and at most 1024.0",
    "--nodes, 1, --nodes 1 is neither 3 nor 5",
    "--value, 0, --value 0 is outside 1..524288",
    "--writers, 0, --writers 0 is outside 1..1000",
    "--before, 0, --before 0 is below 1",
  })
  void whatCannotBeMeasuredIsRefusedBeforeANodeIsStarted(
      String option, String value, String reason) {
    int exitCode =
        new CommandLine(new CatchUpBenchCommand(surroundings.context(), "none"))
            .setErr(surroundings.context().err())
            .execute(option, value);
    assertThat(exitCode).isEqualTo(ExitCode.USAGE);
    assertThat(surroundings.err()).contains(reason);
  }
}
