package io.tideline.tools.doctor;

import io.tideline.lsm.fs.RealFileSystem;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Whether a running node holds the data directory.
 *
 * @param directory the data directory
 */
record LockCheck(Path directory) implements Check {
  @Override
  public String name() {
    return "lock";
  }

  @Override
  public List<Finding> run() {
    try {
      return List.of(
          isLocked(directory)
              ? Finding.ok(name(), "a running node holds " + directory)
              : Finding.ok(name(), "no node runs on " + directory));
    } catch (IOException failure) {
      return List.of(
          Finding.fail(
              name(),
              directory.resolve(RealFileSystem.LOCK_FILE) + " cannot be opened: " + failure,
              "Run this as the user that runs the node."));
    }
  }

  /** True if a node has locked {@code directory}. Leaves no trace. */
  static boolean isLocked(Path directory) throws IOException {
    Path lock = directory.resolve(RealFileSystem.LOCK_FILE);
    if (!Files.exists(lock)) {
      return false;
    }
    if (!Files.isWritable(lock)) {
      throw new AccessDeniedException(lock.toString());
    }
    try {
      Closeable held = new RealFileSystem().lock(directory);
      held.close();
      return false;
    } catch (IOException inUse) {
      return true;
    }
  }
}
