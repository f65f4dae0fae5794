package io.tideline.lsm.testing;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TagFilter;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/** Runs test classes in a JVM of their own, with system properties of their own. */
public final class ChildTests {

  /** Far above what any selection takes on a busy machine: a hung child is killed. */
  private static final long TIMEOUT_SECONDS = 300;

  private static final int EXIT_PASSED = 0;

  // Not 1, which is also what a JVM says that cannot even start.
  private static final int EXIT_FAILED = 11;
  private static final int EXIT_NOTHING_RUN = 12;

  /** How a child ended, and what it printed. */
  public record Outcome(int exitCode, String output) {

    public boolean passed() {
      return exitCode == EXIT_PASSED;
    }

    /** True if tests ran and at least one of them failed; a crash of the JVM is not that. */
    public boolean failed() {
      return exitCode == EXIT_FAILED;
    }
  }

  private ChildTests() {}

  /**
   * Runs tests and waits for their end.
   *
   * @param jvmArguments given to {@code java} before the class
   * @param tests class names, or {@code class#method} for one method without parameters
   */
  public static Outcome run(List<String> jvmArguments, List<String> tests)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // A short life: the first compiler is enough, and starting must be quick.
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx512m"));
    command.addAll(
        List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"));
    command.addAll(jvmArguments);
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(ChildTests.class.getName());
    command.addAll(tests);
    Process child = new ProcessBuilder(command).redirectErrorStream(true).start();
    try {
      String output = new String(child.getInputStream().readAllBytes());
      if (!child.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
        throw new AssertionError("still running after " + TIMEOUT_SECONDS + " s: " + command);
      }
      return new Outcome(child.exitValue(), output);
    } finally {
      child.destroyForcibly();
    }
  }

  /** The child: runs the tests named by the arguments, leaving out the slow ones. */
  public static void main(String[] tests) {
    LauncherDiscoveryRequest request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(Arrays.stream(tests).map(ChildTests::selector).toList())
            .filters(TagFilter.excludeTags("slow"))
            .build();
    SummaryGeneratingListener listener = new SummaryGeneratingListener();
    LauncherFactory.create().execute(request, listener);
    TestExecutionSummary summary = listener.getSummary();
    summary.printFailuresTo(new PrintWriter(System.out, true), 20);
    if (summary.getTestsStartedCount() == 0) {
      System.exit(EXIT_NOTHING_RUN);
    }
    System.exit(summary.getTotalFailureCount() == 0 ? EXIT_PASSED : EXIT_FAILED);
  }

  private static DiscoverySelector selector(String test) {
    return test.contains("#")
        ? DiscoverySelectors.selectMethod(test)
        : DiscoverySelectors.selectClass(test);
  }
}
