package io.tideline.tools.doctor;

import java.util.ArrayList;
import java.util.List;

/**
 * Whether this Java can run a node.
 *
 * @param feature feature release, for example 25
 * @param description version and vendor for people
 * @param options JVM options this process was started with
 */
record JavaCheck(int feature, String description, List<String> options) implements Check {
  private static final int FEATURE_MIN = 25;

  @Override
  public String name() {
    return "java";
  }

  @Override
  public List<Finding> run() {
    List<Finding> findings = new ArrayList<>();
    if (feature < FEATURE_MIN) {
      findings.add(
          Finding.fail(
              name(),
              "Java " + description + " is too old",
              "Install JDK " + FEATURE_MIN + " and point TIDELINE_JAVA_HOME at it."));
    } else {
      findings.add(Finding.ok(name(), "Java " + description));
    }
    if (options.stream().noneMatch(option -> option.startsWith("--enable-native-access"))) {
      findings.add(
          Finding.warn(
              name(),
              "started without --enable-native-access=ALL-UNNAMED; Java prints warnings and will"
                  + " refuse native libraries in a later release",
              "Start with the script tools/bin/tideline, or add the option."));
    }
    return findings;
  }
}
