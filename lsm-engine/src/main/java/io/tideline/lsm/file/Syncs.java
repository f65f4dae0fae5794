package io.tideline.lsm.file;

import io.tideline.lsm.fs.DiskFullException;
import io.tideline.lsm.fs.FileSystem;
import io.tideline.lsm.fs.StorageFile;
import io.tideline.lsm.seeded.SeededBug;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The one place that makes things durable. A full disk may be waited out before a sync, but not in
 * one: after a failed sync nobody knows what is on the disk, so its {@link DiskFullException}
 * becomes a plain IOException, which stops the engine.
 */
public final class Syncs {

  private Syncs() {}

  /** Makes the bytes of a file durable. */
  public static void force(StorageFile file) throws IOException {
    try {
      file.force();
    } catch (DiskFullException e) {
      throw new IOException("sync failed, what is durable is unknown: " + e.getMessage(), e);
    }
  }

  /** Makes the names in a directory durable. */
  public static void directory(FileSystem fileSystem, Path directory) throws IOException {
    try {
      fileSystem.syncDirectory(directory);
    } catch (DiskFullException e) {
      throw new IOException("sync failed, what is durable is unknown: " + e.getMessage(), e);
    }
  }

  /** Creates a directory and its missing parents, and makes the entry of each of them durable. */
  public static void createDirectories(FileSystem fileSystem, Path directory) throws IOException {
    List<Path> parents = new ArrayList<>();
    for (Path at = directory.toAbsolutePath();
        at.getParent() != null && !fileSystem.exists(at);
        at = at.getParent()) {
      parents.add(at.getParent());
    }
    fileSystem.createDirectories(directory);
    if (!SeededBug.PARENT_DIRECTORIES_NOT_SYNCED.isPlanted()) {
      for (Path parent : parents) {
        directory(fileSystem, parent);
      }
    }
  }
}
