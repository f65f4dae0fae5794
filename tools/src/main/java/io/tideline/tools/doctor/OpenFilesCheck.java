package io.tideline.tools.doctor;

import java.util.List;

/**
 * Whether a node may open enough files: tables, log segments and connections.
 *
 * @param limit files this process may open, negative if unknown
 */
record OpenFilesCheck(long limit) implements Check {
  /** Below this a node with some dozen partitions fails under load. */
  private static final long LIMIT_MIN = 4_096;

  private static final long LIMIT_GOOD = 65_536;

  @Override
  public String name() {
    return "open files";
  }

  @Override
  public List<Finding> run() {
    if (limit < 0) {
      return List.of(
          Finding.warn(name(), "the limit is not known here", "Check it with 'ulimit -n'."));
    }
    String found = "this process may open " + limit + " files";
    String advice =
        "Raise it to " + LIMIT_GOOD + ": 'ulimit -n " + LIMIT_GOOD + "' or LimitNOFILE in systemd.";
    if (limit < LIMIT_MIN) {
      return List.of(Finding.fail(name(), found, advice));
    }
    return List.of(
        limit < LIMIT_GOOD ? Finding.warn(name(), found, advice) : Finding.ok(name(), found));
  }
}
