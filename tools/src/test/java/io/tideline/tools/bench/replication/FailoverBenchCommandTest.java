package io.tideline.tools.bench.replication;

import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.TestSurroundings;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class FailoverBenchCommandTest {
  private final TestSurroundings surroundings = new TestSurroundings();

  @ParameterizedTest
  @CsvSource({
    "--nodes, 1, --nodes 1 is neither 3 nor 5",
    "--partitions, 0, --partitions 0 is outside 1..1000",
    "--kills, -1, --kills -1 is outside 0..10000",
    "--rate, 0, --rate 0.0 is not above 0 and at most 1000",
    "--attempt-timeout, 0, --attempt-timeout 0 is outside 1..600000",
  })
  void whatCannotBeMeasuredIsRefusedBeforeANodeIsStarted(
      String option, String value, String reason) {
    int exitCode =
        new CommandLine(new FailoverBenchCommand(surroundings.context(), "none"))
            .setErr(surroundings.context().err())
            .execute(option, value);
    assertThat(exitCode).isEqualTo(ExitCode.USAGE);
    assertThat(surroundings.err()).contains(reason);
  }
}
