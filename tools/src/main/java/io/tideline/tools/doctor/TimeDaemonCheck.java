package io.tideline.tools.doctor;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Whether something keeps the clock right.
 *
 * @param root root of the file system
 */
record TimeDaemonCheck(Path root) implements Check {
  /** What the usual daemons leave while they run, and the mark systemd sets once it is in step. */
  private static final List<String> SIGNS =
      List.of(
          "run/systemd/timesync/synchronized",
          "run/chrony/chronyd.pid",
          "run/chronyd.pid",
          "run/chrony/chronyd.sock",
          "run/ntpd.pid",
          "run/ntp/ntpd.pid",
          "run/openntpd.sock");

  @Override
  public String name() {
    return "time daemon";
  }

  @Override
  public List<Finding> run() {
    for (String sign : SIGNS) {
      if (Files.exists(root.resolve(sign))) {
        return List.of(Finding.ok(name(), "one keeps the clock (/" + sign + ")"));
      }
    }
    if (Files.exists(root.resolve(".dockerenv"))
        || Files.exists(root.resolve("run/.containerenv"))) {
      return List.of(Finding.ok(name(), "none in this container; its host keeps the clock"));
    }
    return List.of(
        Finding.warn(
            name(),
            "no sign of chrony, ntpd or systemd-timesyncd",
            "Unless the host of this machine keeps its clock, install chrony."));
  }
}
