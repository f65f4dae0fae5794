package io.tideline.lsm.fs;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * What the storage code needs of a disk, and no more.
 *
 * <p>Durability rules, which every implementation and every test double follows: bytes and size of
 * a file survive a crash only after {@link StorageFile#force}; the directory entry made by a
 * create, rename, link or delete survives only after {@link #syncDirectory} of its parent. A failed
 * force is final: the caller must stop writing and never retry it.
 *
 * <p>Threading: implementations are safe for use by many threads.
 */
public interface FileSystem {

  /** How a file is opened. */
  enum Mode {
    /** Existing file, reads only. */
    READ,
    /** New file, reads and writes; fails if the name exists. */
    CREATE_NEW,
    /** Existing file, reads and writes. */
    READ_WRITE
  }

  /**
   * Opens a file.
   *
   * @throws java.nio.file.NoSuchFileException if it must exist and does not
   * @throws java.nio.file.FileAlreadyExistsException if it must not exist and does
   */
  StorageFile open(Path path, Mode mode) throws IOException;

  /** Creates a directory and its missing parents; existing ones are fine. */
  void createDirectories(Path directory) throws IOException;

  /** Names (not paths) of the entries of a directory, sorted. */
  List<String> list(Path directory) throws IOException;

  boolean exists(Path path);

  /** Size in bytes. */
  long size(Path path) throws IOException;

  /** Atomically renames, replacing the target if it exists. */
  void rename(Path from, Path to) throws IOException;

  /** Makes {@code link} another name of the same file (a hard link). */
  void link(Path existing, Path link) throws IOException;

  /** Deletes a file or an empty directory; absence is an error. */
  void delete(Path path) throws IOException;

  /** Makes creates, renames, links and deletes inside {@code directory} durable. */
  void syncDirectory(Path directory) throws IOException;

  /** Bytes that can still be written below {@code directory}. */
  long usableBytes(Path directory) throws IOException;

  /**
   * Takes the exclusive lock of a directory (a lock file named {@code LOCK} in it), held until the
   * result is closed or the process ends.
   *
   * @throws IOException naming the directory if another process or handle holds it
   */
  Closeable lock(Path directory) throws IOException;
}
