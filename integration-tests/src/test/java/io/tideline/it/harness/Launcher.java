package io.tideline.it.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The launcher script, run as a user would, with the jars that this build made. */
public final class Launcher {

  private static final Duration TIMEOUT = Duration.ofMinutes(3);

  /** Without it the script would start a build of its own when a source is newer than the jars. */
  private static final Map<String, String> NO_BUILD = Map.of("TIDELINE_NO_BUILD", "1");

  private final Path script;
  private final Path directory;
  private final ProcessBuilder template;

  private Launcher(Path script, Path directory, ProcessBuilder template) {
    this.script = script;
    this.directory = directory;
    this.template = template;
  }

  /**
   * The script of the checkout this module is in.
   *
   * @param directory for output files
   */
  public static Launcher ofThisCheckout(Path directory) {
    Path root = Path.of("").toAbsolutePath().getParent();
    if (root == null || !Files.isDirectory(root.resolve("tools/target/dist/lib"))) {
      throw new AssertionError(
          "there is no distribution in tools/target/dist; run these tests with 'mvn verify'");
    }
    ProcessBuilder template = new ProcessBuilder();
    template.environment().putAll(NO_BUILD);
    return new Launcher(root.resolve("tools/bin/tideline"), directory, template);
  }

  public Path script() {
    return script;
  }

  /** The same, started by another path. */
  public Launcher at(Path path) {
    return new Launcher(path, directory, template);
  }

  /** A copy of the distribution in {@code home}, with the jars of this build. */
  public Launcher installedIn(Path home) {
    try {
      Path copy = Files.createDirectories(home.resolve("bin")).resolve("tideline");
      Files.copy(script, copy);
      Path tools = script.toRealPath().getParent().getParent();
      Files.createSymbolicLink(home.resolve("lib"), tools.resolve("target/dist/lib"));
      return new Launcher(copy, directory, template);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The same script, installed on a machine that has only these commands and variables: the
   * directories in which it looks for a JDK are replaced by ones under {@code directory/machine},
   * which do not exist unless the test makes them.
   */
  public Launcher onMachineWith(Map<String, String> environment, Path commands) {
    return onMachineWith(environment, commands, "bin", "lib");
  }

  /** The same in a source checkout where nothing is built yet. */
  public Launcher inCheckoutOnMachineWith(Map<String, String> environment, Path commands) {
    return onMachineWith(environment, commands, "tools/bin", "tools/src");
  }

  private Launcher onMachineWith(
      Map<String, String> environment, Path commands, String bin, String beside) {
    Path machine = directory.resolve("machine");
    try {
      String text =
          Files.readString(script)
              .replace("/usr/lib/jvm/", machine + "/jvm/")
              .replace("/opt/*jdk*", machine + "/opt/*jdk*")
              .replace("/usr/libexec/java_home", machine + "/java_home");
      Path copy = Files.createDirectories(machine.resolve(bin)).resolve("tideline");
      Files.writeString(copy, text);
      Files.createDirectories(machine.resolve(beside));
      ProcessBuilder bare = new ProcessBuilder();
      bare.environment().clear();
      bare.environment().put("PATH", commands.toString());
      bare.environment().put("HOME", directory.toString());
      bare.environment().putAll(environment);
      return new Launcher(copy, directory, bare);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Runs the script to its end. */
  public Cli.Result run(String... arguments) {
    return runIn(Path.of("").toAbsolutePath(), arguments);
  }

  /** Runs the script to its end from another working directory. */
  public Cli.Result runIn(Path workingDirectory, String... arguments) {
    List<String> command = new ArrayList<>(List.of("/bin/bash", script.toString()));
    command.addAll(List.of(arguments));
    try {
      Path output = Files.createTempFile(directory, "launcher", ".out");
      ProcessBuilder builder = new ProcessBuilder(command);
      builder.environment().clear();
      builder.environment().putAll(template.environment());
      builder.directory(workingDirectory.toFile());
      builder.redirectErrorStream(true);
      builder.redirectInput(Path.of("/dev/null").toFile());
      builder.redirectOutput(output.toFile());
      try (ChildProcess process = ChildProcess.start("launcher", builder, output)) {
        return new Cli.Result(process.awaitExit(TIMEOUT), process.output());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
