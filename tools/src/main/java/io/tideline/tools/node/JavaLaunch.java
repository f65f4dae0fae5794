package io.tideline.tools.node;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * How to start another JVM with this program in it: the same Java, the same class path, the same
 * switches, its own heap.
 *
 * @param java the java executable
 * @param jvmOptions options before the class path
 * @param classPath the class path
 * @param mainClass the main class
 */
public record JavaLaunch(Path java, List<String> jvmOptions, String classPath, String mainClass) {
  public JavaLaunch {
    jvmOptions = List.copyOf(jvmOptions);
  }

  /**
   * As this process was started, with at most {@code heapMax} of heap, for example {@code 512m}.
   */
  public static JavaLaunch likeThisProcess(String mainClass, String heapMax) {
    List<String> options = new ArrayList<>();
    for (String option : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
      if (isInherited(option)) {
        options.add(option);
      }
    }
    options.add("-Xmx" + heapMax);
    return new JavaLaunch(
        Path.of(System.getProperty("java.home"), "bin", "java"),
        options,
        System.getProperty("java.class.path"),
        mainClass);
  }

  /**
   * Switches that fit any JVM of this program. Not the heap's, which are chosen anew; not agents
   * and debuggers, which would fight over their port; of properties only where files are, and that
   * the transport sets up no log of its own.
   */
  static boolean isInherited(String option) {
    return option.startsWith("--enable-native-access")
        || option.startsWith("--sun-misc-unsafe-memory-access")
        || option.startsWith("--add-")
        || option.startsWith("-XX:+UseCompactObjectHeaders")
        || option.startsWith("-XX:+ExitOnOutOfMemoryError")
        || option.startsWith("-Dtideline.home=")
        || option.startsWith("-Dsofa.middleware.log.")
        || option.equals("-ea");
  }

  /** The whole command line. */
  public List<String> command(List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(java.toString());
    command.addAll(jvmOptions);
    command.add("-cp");
    command.add(classPath);
    command.add(mainClass);
    command.addAll(arguments);
    return command;
  }
}
