package io.tideline.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.it.harness.Cli;
import io.tideline.it.harness.Launcher;
import io.tideline.it.harness.Nodes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** {@code tools/bin/tideline}: it starts, explains itself, and says what a machine lacks. */
class LauncherIT {

  private static final int EX_CONFIG = 78;
  private static final int USAGE = 2;

  /** What the script needs of a machine; no java among it. */
  private static final List<String> COMMANDS =
      List.of("bash", "cat", "dirname", "find", "head", "mkdir", "readlink", "sed", "sort");

  @RegisterExtension final Nodes nodes = new Nodes();

  private Launcher launcher;

  @BeforeEach
  void findLauncher() {
    launcher = Launcher.ofThisCheckout(nodes.directory());
  }

  @Test
  void helpNamesEveryCommand() {
    Cli.Result help = launcher.run("--help");

    assertThat(help.exitCode()).as(help.output()).isZero();
    assertThat(help.output())
        .contains("server", "dev", "demo", "store", "timeline", "meta")
        .contains("import", "export", "inspect", "doctor");
  }

  @Test
  void everyCommandHasHelp() {
    for (String command :
        List.of(
            "server",
            "dev",
            "demo",
            "store",
            "timeline",
            "meta",
            "import",
            "export",
            "inspect",
            "doctor")) {
      Cli.Result help = launcher.run(command, "--help");

      assertThat(help.exitCode()).as("%s --help: %s", command, help.output()).isZero();
      assertThat(help.output()).contains("Usage: tideline " + command);
    }
  }

  @Test
  void versionIsThatOfTheBuild() {
    Cli.Result version = launcher.run("--version");

    assertThat(version.exitCode()).isZero();
    assertThat(version.output()).matches("(?s)tideline \\d+\\.\\d+\\.\\d+\\S*\\s*");
  }

  @Test
  void aMistypedCommandGetsASuggestion() {
    Cli.Result result = launcher.run("imprt", "file");

    assertThat(result.exitCode()).isEqualTo(USAGE);
    assertThat(result.output()).contains("imprt").contains("import").contains("--help");
  }

  @Test
  void startsThroughASymbolicLink() throws IOException {
    Path link = nodes.directory().resolve("tl");
    Files.createSymbolicLink(link, launcher.script());

    Cli.Result version = launcher.at(link).run("--version");

    assertThat(version.exitCode()).as(version.output()).isZero();
  }

  @Test
  void withoutAnyJavaItSaysWhatToInstall() throws IOException {
    Cli.Result result = launcher.onMachineWith(Map.of(), commandsOnly()).run("--version");

    assertThat(result.exitCode()).isEqualTo(EX_CONFIG);
    assertThat(result.output())
        .contains("needs Java 25")
        .contains("found: no Java at all")
        .contains("apt-get install openjdk-25-jdk")
        .contains("TIDELINE_JAVA_HOME");
  }

  @Test
  void withAnOldJavaItSaysWhichOneItFound() throws IOException {
    Path old = nodes.directory().resolve("jdk-17");
    Files.createDirectories(old.resolve("bin"));
    Files.writeString(old.resolve("release"), "JAVA_VERSION=\"17.0.15\"\n");
    Path java = Files.writeString(old.resolve("bin/java"), "#!/bin/sh\nexit 1\n");
    assertThat(java.toFile().setExecutable(true)).isTrue();

    Cli.Result result =
        launcher
            .onMachineWith(Map.of("JAVA_HOME", old.toString()), commandsOnly())
            .run("--version");

    assertThat(result.exitCode()).isEqualTo(EX_CONFIG);
    assertThat(result.output()).contains("found: Java 17 in " + old);
  }

  private Path commandsOnly() throws IOException {
    Path bin = Files.createDirectories(nodes.directory().resolve("bin"));
    for (String command : COMMANDS) {
      for (String directory : List.of("/usr/bin", "/bin")) {
        Path real = Path.of(directory, command);
        if (Files.exists(real) && !Files.exists(bin.resolve(command))) {
          Files.createSymbolicLink(bin.resolve(command), real);
        }
      }
    }
    return bin;
  }
}
