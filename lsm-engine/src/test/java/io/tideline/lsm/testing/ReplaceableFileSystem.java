package io.tideline.lsm.testing;

import io.tideline.lsm.fs.FileSystem;

/**
 * A file system that can be exchanged for another while nobody has files open on it, so that tests
 * that look at thousands of disks need memory pools and threads only once.
 *
 * <p>Threading: safe; {@link #use} between engines.
 */
public final class ReplaceableFileSystem extends DelegatingFileSystem {

  private volatile FileSystem disk;

  public ReplaceableFileSystem(FileSystem first) {
    disk = first;
  }

  /** From now on every operation goes to {@code next}. */
  public void use(FileSystem next) {
    disk = next;
  }

  @Override
  protected FileSystem delegate() {
    return disk;
  }
}
