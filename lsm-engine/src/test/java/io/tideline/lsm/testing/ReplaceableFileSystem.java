package io.tideline.lsm.testing;

import io.tideline.lsm.fs.FileSystem;
import io.tideline.lsm.fs.StorageFile;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * A file system that can be exchanged for another while nobody has files open on it, so that tests
 * that look at thousands of disks need memory pools and threads only once.
 *
 * <p>Threading: safe; {@link #use} between engines.
 */
public final class ReplaceableFileSystem implements FileSystem {

  private volatile FileSystem disk;

  public ReplaceableFileSystem(FileSystem first) {
    disk = first;
  }

  /** From now on every operation goes to {@code next}. */
  public void use(FileSystem next) {
    disk = next;
  }

  @Override
  public StorageFile open(Path path, Mode mode) throws IOException {
    return disk.open(path, mode);
  }

  @Override
  public void createDirectories(Path directory) throws IOException {
    disk.createDirectories(directory);
  }

  @Override
  public List<String> list(Path directory) throws IOException {
    return disk.list(directory);
  }

  @Override
  public boolean exists(Path path) {
    return disk.exists(path);
  }

  @Override
  public long size(Path path) throws IOException {
    return disk.size(path);
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    disk.rename(from, to);
  }

  @Override
  public void link(Path existing, Path link) throws IOException {
    disk.link(existing, link);
  }

  @Override
  public void delete(Path path) throws IOException {
    disk.delete(path);
  }

  @Override
  public void syncDirectory(Path directory) throws IOException {
    disk.syncDirectory(directory);
  }

  @Override
  public long usableBytes(Path directory) throws IOException {
    return disk.usableBytes(directory);
  }

  @Override
  public Closeable lock(Path directory) throws IOException {
    return disk.lock(directory);
  }
}
