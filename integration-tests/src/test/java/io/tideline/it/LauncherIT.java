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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code tools/bin/tideline}: it starts, explains itself, and says what a machine lacks. */
class LauncherIT {

  private static final int EX_CONFIG = 78;
  private static final int USAGE = 2;

  /** What the script needs of a machine; no java among it. */
  private static final List<String> COMMANDS =
      List.of(
          "bash",
          "cat",
          "dirname",
          "find",
          "grep",
          "head",
          "mkdir",
          "readlink",
          "sed",
          "sort",
          "tail");

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
    Path old = oldJava();

    Cli.Result result =
        launcher
            .onMachineWith(Map.of("JAVA_HOME", old.toString()), commandsOnly())
            .run("--version");

    assertThat(result.exitCode()).isEqualTo(EX_CONFIG);
    assertThat(result.output()).contains("found: Java 17 in " + old);
  }

  @Test
  void startsFromAnyDirectoryAndFromAPathWithSpaces() throws IOException {
    Path home = Files.createDirectories(nodes.directory().resolve("my own tideline"));
    Path elsewhere = Files.createDirectories(nodes.directory().resolve("else where"));

    Cli.Result version = launcher.installedIn(home).runIn(elsewhere, "--version");

    assertThat(version.exitCode()).as(version.output()).isZero();
    assertThat(version.output()).startsWith("tideline ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"machine/jvm/jdk-25", ".sdkman/candidates/java/25-tem", "machine/opt/jdk-25"})
  void findsANewJavaBesideAnOldDefault(String place) throws IOException {
    Path home = nodes.directory().resolve(place);
    Files.createDirectories(home.getParent());
    Files.createSymbolicLink(home, Path.of(System.getProperty("java.home")));

    Cli.Result result =
        launcher
            .onMachineWith(Map.of("JAVA_HOME", oldJava().toString()), commandsOnly())
            .run("--print-java-home");

    assertThat(result.exitCode()).as(result.output()).isZero();
    assertThat(result.output()).isEqualTo(home + "\n");
  }

  @Test
  void asksMacOsForItsJava() throws IOException {
    Path machine = Files.createDirectories(nodes.directory().resolve("machine"));
    command(machine, "java_home", "echo '" + System.getProperty("java.home") + "'");

    Cli.Result result = launcher.onMachineWith(Map.of(), commandsOnly()).run("--print-java-home");

    assertThat(result.exitCode()).as(result.output()).isZero();
    assertThat(result.output()).isEqualTo(System.getProperty("java.home") + "\n");
  }

  @Test
  void aCheckoutNeedsACompiler() throws IOException {
    Path runtime = java("jre-25", "25.0.3");

    Cli.Result result =
        launcher
            .inCheckoutOnMachineWith(Map.of("JAVA_HOME", runtime.toString()), commandsOnly())
            .run("--version");

    assertThat(result.exitCode()).isEqualTo(EX_CONFIG);
    assertThat(result.output()).contains("Java 25 in " + runtime + ", a runtime without");
  }

  @Test
  void withoutMavenItSaysWhatToInstall() throws IOException {
    Cli.Result result =
        launcher.inCheckoutOnMachineWith(thisJava(), commandsOnly()).run("--version");

    assertThat(result.exitCode()).isEqualTo(EX_CONFIG);
    assertThat(result.output())
        .contains("Maven (mvn) is not on the PATH")
        .contains("apt-get install maven", "brew install maven", "sdk install maven");
  }

  @Test
  void withoutNetworkItSaysThatTheFirstBuildNeedsIt() throws IOException {
    Path commands = commandsOnly();
    command(
        commands,
        "mvn",
        "echo '[ERROR] Could not transfer artifact x from central: Unknown host'; exit 1");

    Cli.Result result = launcher.inCheckoutOnMachineWith(thisJava(), commands).run("--version");

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.output())
        .contains("Could not transfer artifact x", "the build failed; its whole log: ")
        .contains("the first build needs the network");
  }

  private static Map<String, String> thisJava() {
    return Map.of("JAVA_HOME", System.getProperty("java.home"));
  }

  private Path oldJava() throws IOException {
    return java("jdk-17", "17.0.15");
  }

  /** A home directory that says it is this version; its java does nothing. */
  private Path java(String name, String version) throws IOException {
    Path home = nodes.directory().resolve(name);
    command(Files.createDirectories(home.resolve("bin")), "java", "exit 1");
    Files.writeString(home.resolve("release"), "JAVA_VERSION=\"" + version + "\"\n");
    return home;
  }

  private static void command(Path directory, String name, String script) throws IOException {
    Path file = Files.writeString(directory.resolve(name), "#!/bin/sh\n" + script + "\n");
    assertThat(file.toFile().setExecutable(true)).isTrue();
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
