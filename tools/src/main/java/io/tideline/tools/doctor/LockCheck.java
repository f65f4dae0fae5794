package io.tideline.tools.doctor;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * Whether a running node holds the data directory.
 *
 * @param directory the data directory
 */
record LockCheck(Path directory) implements Check {
  /** Name of the lock file in a node's data directory. */
  static final String LOCK = "LOCK";

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
              directory.resolve(LOCK) + " cannot be opened: " + failure,
              "Run this as the user that runs the node."));
    }
  }

  /** True if another process has locked {@code directory}. Leaves no trace. */
  static boolean isLocked(Path directory) throws IOException {
    Path lock = directory.resolve(LOCK);
    if (!Files.exists(lock)) {
      return false;
    }
    try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.WRITE);
        FileLock held = channel.tryLock()) {
      return held == null;
    } catch (OverlappingFileLockException heldByThisProcess) {
      return true;
    }
  }
}
