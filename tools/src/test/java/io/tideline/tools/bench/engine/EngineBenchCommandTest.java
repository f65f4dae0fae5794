package io.tideline.tools.bench.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.Json;
import io.tideline.tools.cli.TestSurroundings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class EngineBenchCommandTest {
  private final TestSurroundings surroundings = new TestSurroundings();
  @TempDir private Path directory;

  private int run(String arguments) {
    return new CommandLine(new EngineBenchCommand(surroundings.context()))
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setErr(surroundings.context().err())
        .execute(arguments.split(" "));
  }

  @ParameterizedTest
  @CsvSource({
    "--workload log, needs --data",
    "--value 7, --value 7 is outside 8..",
    "--rows 5, --rows 5 is below",
    "--rounds 0, --rounds 0 is below",
    "--peer rocksdb --peer-config heap, rocksdb/skiplist+tiered",
    "--peer-config skiplist+tiered, needs --peer",
    "--store-shape eternal, short-ttl",
    "--rate 0, --rate 0 is neither auto",
  })
  void wrongOptionsAreRefusedBeforeAnythingRuns(String arguments, String reason) {
    assertThat(run(arguments)).isEqualTo(ExitCode.USAGE);
    assertThat(surroundings.err()).contains(reason);
  }

  @Test
  void bothSystemsAreMeasuredAndNothingIsLeftBehind() throws IOException {
    int exitCode =
        run(
            "--peer rocksdb --peer-config skiplist+tiered --workload cold --rows 2000"
                + " --timelines 500 --reads 50 --rounds 1 --warm-up 0 --store-shape long-lived --rate auto --output json --dir "
                + directory);

    assertThat(exitCode).as(surroundings.err()).isEqualTo(ExitCode.OK);
    ObjectNode json = Json.parseObject(surroundings.out().lines().toList().getLast());
    assertThat(json.path("append_cpu_ratio").asDouble()).isPositive();
    assertThat(json.path("scan_cpu_ratio").asDouble()).isPositive();
    assertThat(json.path("empty_poll_per_second").asDouble()).isPositive();
    for (String system : List.of("tideline", "rocksdb~1skiplist+tiered")) {
      assertThat(json.at("/cells/0/systems/" + system + "/paced.batch_p999_us/median").asDouble())
          .isPositive();
    }
    try (Stream<Path> left = Files.list(directory)) {
      assertThat(left).isEmpty();
    }
  }
}
