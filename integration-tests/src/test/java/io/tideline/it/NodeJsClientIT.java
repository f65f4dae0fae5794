package io.tideline.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import io.tideline.it.harness.ChildProcess;
import io.tideline.it.harness.NodeConfig;
import io.tideline.it.harness.Nodes;
import io.tideline.it.harness.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * The contract through a client that is not ours: a Node.js program that knows of it only what the
 * server's reflection says. Its tests are in {@code src/test/node}.
 */
class NodeJsClientIT {

  /** Set where Node.js must be there, so that nobody takes a skipped test for a passed one. */
  private static final String REQUIRED = "TIDELINE_REQUIRE_NODEJS";

  private static final Path PROGRAM = Path.of("src", "test", "node");
  private static final int VERSION_MIN = 18;
  private static final int TESTS_MIN = 17;

  private static final Duration VERSION_TOLD_MAX = Duration.ofSeconds(30);
  private static final Duration INSTALL_MAX = Duration.ofMinutes(3);
  private static final Duration TESTS_MAX = Duration.ofMinutes(2);

  private static final Pattern PASSED = Pattern.compile("(?m)^# pass (\\d+)$");
  private static final Pattern VERSION = Pattern.compile("v(\\d+)\\.");

  @RegisterExtension final Nodes nodes = new Nodes();

  @Test
  void anotherGrpcClientFindsTheContractKept() throws IOException {
    requireNodeJs();
    Path program = copy();
    Ran installed =
        run(
            program,
            "npm",
            List.of("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"),
            "",
            INSTALL_MAX);
    if (installed.exit() != 0) {
      missing("npm cannot install what package-lock.json names: " + installed.output());
    }
    ServerProcess node = nodes.start(NodeConfig.shortLived());

    Ran tests =
        run(
            program,
            "contract",
            List.of("node", "--test", "--test-reporter=tap", "contract.test.mjs"),
            node.endpoint(),
            TESTS_MAX);

    String output = tests.output();
    assertThat(tests.exit()).as(output).isZero();
    assertThat(output).contains("# fail 0\n", "# skipped 0\n");
    Matcher passed = PASSED.matcher(output);
    assertThat(passed.find()).as(output).isTrue();
    assertThat(Integer.parseInt(passed.group(1))).as(output).isGreaterThanOrEqualTo(TESTS_MIN);
    node.stop();
  }

  private void requireNodeJs() {
    Ran version =
        run(nodes.directory(), "version", List.of("node", "--version"), "", VERSION_TOLD_MAX);
    Matcher number = VERSION.matcher(version.output());
    if (version.exit() != 0 || !number.find() || Integer.parseInt(number.group(1)) < VERSION_MIN) {
      missing("Node.js " + VERSION_MIN + " or later is needed, and here is: " + version.output());
    }
  }

  private static void missing(String why) {
    if (System.getenv(REQUIRED) != null) {
      throw new AssertionError(REQUIRED + " is set, but " + why);
    }
    abort(why);
  }

  /** npm writes beside the program. */
  private Path copy() throws IOException {
    Path copy = Files.createDirectories(nodes.directory().resolve("nodejs").toAbsolutePath());
    try (Stream<Path> files = Files.list(PROGRAM)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.copy(file, copy.resolve(file.getFileName().toString()));
      }
    }
    return copy;
  }

  /** How a command ended, and what it printed. */
  private record Ran(int exit, String output) {}

  private Ran run(
      Path directory, String name, List<String> command, String endpoint, Duration most) {
    Path output = nodes.directory().resolve(name + ".out").toAbsolutePath();
    List<String> there =
        List.of("sh", "-c", "cd \"$0\" && exec \"$@\"", directory.toAbsolutePath().toString());
    List<String> all = Stream.concat(there.stream(), command.stream()).toList();
    try (ChildProcess process =
        ChildProcess.start(name, all, Map.of("TIDELINE_ADDRESS", endpoint), output)) {
      return new Ran(process.awaitExit(most), process.output());
    }
  }
}
