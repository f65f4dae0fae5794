package io.tideline.tools.bench.replication;

import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.TestSurroundings;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class RestartBenchCommandTest {
  private final TestSurroundings surroundings = new TestSurroundings();

  @ParameterizedTest
  @CsvSource({
    "--log-mib, 769, --log-mib 769 is outside 1..768",
    "--partitions, 0, --partitions 0 is outside 1..1000",
    "--value, 0, --value 0 is outside 1..524288",
  })
  void whatCannotBeMeasuredIsRefusedBeforeANodeIsStarted(
      String option, String value, String reason) {
    int exitCode =
        new CommandLine(new RestartBenchCommand(surroundings.context(), "none"))
            .setErr(surroundings.context().err())
            .execute(option, value);
    assertThat(exitCode).isEqualTo(ExitCode.USAGE);
    assertThat(surroundings.err()).contains(reason);
  }
}
