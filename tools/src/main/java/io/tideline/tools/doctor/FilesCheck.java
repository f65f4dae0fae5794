package io.tideline.tools.doctor;

import io.tideline.tools.cli.Humans;
import io.tideline.tools.cli.Progress;
import io.tideline.tools.cli.ToolContext;
import io.tideline.tools.inspect.NodeFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Whether every checksum in a data directory is right, if no node runs on it.
 *
 * @param directory the data directory
 * @param context where progress is shown
 */
record FilesCheck(Path directory, ToolContext context) implements Check {
  private static final int PROBLEMS_SHOWN = 20;

  @Override
  public String name() {
    return "files";
  }

  @Override
  public List<Finding> run() {
    if (!NodeFiles.isDataDirectory(directory)) {
      return List.of(Finding.ok(name(), "no data of a node in " + directory + " yet"));
    }
    try {
      if (LockCheck.isLocked(directory)) {
        return List.of(
            Finding.ok(name(), "not verified: a running node checks what it reads itself"));
      }
      return verify();
    } catch (IOException failure) {
      return List.of(
          Finding.fail(
              name(),
              directory + " cannot be read: " + failure,
              "Check permissions and the disk (dmesg, smartctl)."));
    }
  }

  private List<Finding> verify() throws IOException {
    NodeFiles.Verification found;
    try (NodeFiles files = NodeFiles.lock(directory);
        Progress progress = new Progress(context, "verify", "MiB")) {
      double all = Math.max(1, files.totalBytes());
      found = files.verify(bytes -> progress.update(bytes >> 20, bytes / all));
    }
    List<Finding> findings = new ArrayList<>();
    for (NodeFiles.Problem problem : found.problems()) {
      if (findings.size() < PROBLEMS_SHOWN) {
        findings.add(damage(problem));
      }
    }
    if (findings.isEmpty()) {
      findings.add(
          Finding.ok(
              name(),
              found.files()
                  + " files, "
                  + Humans.size(found.bytes())
                  + ": every checksum is right"));
    }
    return findings;
  }

  private Finding damage(NodeFiles.Problem problem) {
    String at = problem.offset() < 0 ? "" : " at offset " + problem.offset();
    return Finding.fail(
        name(),
        "damaged: "
            + problem.file()
            + at
            + ": expected "
            + problem.expected()
            + ", found "
            + problem.found(),
        "Do not start the node on it. Check the disk (dmesg, smartctl), keep a copy of the directory,"
            + " and restore it from another replica or a backup.");
  }
}
