package io.tideline.tools;

import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.TestSurroundings;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

class MainTest {
  private final TestSurroundings surroundings = new TestSurroundings();

  static Stream<List<String>> allCommands() {
    List<List<String>> paths = new ArrayList<>();
    collect(Main.commandLine(new TestSurroundings().context()), List.of(), paths);
    return paths.stream();
  }

  private static void collect(CommandLine command, List<String> path, List<List<String>> paths) {
    paths.add(path);
    command
        .getSubcommands()
        .forEach(
            (name, subcommand) -> {
              if (!subcommand.getCommandSpec().usageMessage().hidden() && !name.equals("help")) {
                List<String> longer = new ArrayList<>(path);
                longer.add(name);
                collect(subcommand, longer, paths);
              }
            });
  }

  @ParameterizedTest
  @MethodSource("allCommands")
  void helpOfEveryCommandTeaches(List<String> path) {
    List<String> arguments = new ArrayList<>(path);
    arguments.add("--help");

    assertThat(run(arguments.toArray(String[]::new))).isEqualTo(ExitCode.OK);
    assertThat(surroundings.out())
        .contains("Usage: tideline")
        .contains("Exit codes:")
        .containsAnyOf("Examples:", "First steps:")
        .contains("  tideline " + String.join(" ", path));
    assertThat(surroundings.out().lines()).allMatch(line -> line.length() <= 100);
  }

  @Test
  void topListsTheCommands() {
    assertThat(run()).isEqualTo(ExitCode.OK);
    assertThat(surroundings.out()).contains("demo", "store", "timeline", "import", "doctor");
  }

  @Test
  void unknownOptionsAndCommandsSuggest() {
    assertThat(run("store", "list", "--outptu", "json")).isEqualTo(ExitCode.USAGE);
    assertThat(surroundings.err()).contains("--outptu").contains("Did you mean: --output");

    assertThat(run("stoer")).isEqualTo(ExitCode.USAGE);
    assertThat(surroundings.err()).contains("Did you mean: store");
  }

  @Test
  void aGroupAloneSaysWhatItOffers() {
    assertThat(run("store")).isEqualTo(ExitCode.USAGE);
    assertThat(surroundings.err()).contains("say what to do: create, list, describe, alter, drop");
  }

  @Test
  void wrongValuesNameTheOptionAndTheForm() {
    assertThat(run("store", "create", "s", "--id", "a", "--ttl", "14")).isEqualTo(ExitCode.USAGE);
    assertThat(surroundings.err()).contains("--ttl").contains("for example 14d");
  }

  @Test
  void noNodeIsOneClearErrorWithoutAStackTrace() {
    int exitCode = run("store", "list", "--endpoint", "localhost:1", "--timeout", "300ms");

    assertThat(exitCode).isEqualTo(ExitCode.UNAVAILABLE);
    assertThat(surroundings.err())
        .startsWith("error: ")
        .contains("tideline dev")
        .doesNotContain("\tat ");
    assertThat(surroundings.err().lines()).hasSize(2);
    assertThat(surroundings.out()).isEmpty();
  }

  @Test
  void verboseShowsTheStackTrace() {
    run("store", "list", "--endpoint", "localhost:1", "--timeout", "300ms", "--verbose");

    assertThat(surroundings.err()).contains("\tat ");
  }

  @Test
  void missingInputIsToldWithItsExitCode() {
    assertThat(run("import", "/does/not/exist")).isEqualTo(ExitCode.NO_INPUT);
    assertThat(surroundings.err()).contains("error: there is no /does/not/exist");
  }

  @Test
  void versionIsAvailableAsTextAndJson() {
    assertThat(run("version", "--output", "json")).isEqualTo(ExitCode.OK);
    assertThat(surroundings.out()).startsWith("{\"version\":").contains("\"java\":\"25");
    assertThat(run("--version")).isEqualTo(ExitCode.OK);
    assertThat(surroundings.out()).contains("\ntideline ");
  }

  @Test
  void completionScriptIsGenerated() {
    assertThat(run("generate-completion")).isEqualTo(ExitCode.OK);
    assertThat(surroundings.out()).contains("complete -F");
  }

  private int run(String... arguments) {
    return Main.commandLine(surroundings.context()).execute(arguments);
  }
}
