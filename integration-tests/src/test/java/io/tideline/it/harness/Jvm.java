package io.tideline.it.harness;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** The command that runs the command line in a JVM of its own, as the launcher would. */
final class Jvm {

  private static final String MAIN_CLASS = "io.tideline.tools.Main";

  private Jvm() {}

  static List<String> command(List<String> jvmOptions, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("--sun-misc-unsafe-memory-access=allow");
    command.addAll(jvmOptions);
    command.add("-cp");
    command.add(mainClassPath());
    command.add(MAIN_CLASS);
    command.addAll(arguments);
    return command;
  }

  /**
   * This JVM's class path without what is there for tests, above all their logging configuration.
   */
  private static String mainClassPath() {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(entry -> !entry.endsWith("test-classes") && !entry.endsWith("-tests.jar"))
        .filter(entry -> !entry.contains("/junit") && !entry.contains("surefire"))
        .collect(Collectors.joining(File.pathSeparator));
  }
}
