package io.tideline.lsm.file;

import io.tideline.lsm.fs.FileSystem;
import io.tideline.lsm.fs.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/**
 * Size and checksum of a whole file.
 *
 * @param size bytes
 * @param crc32c of all of them
 */
public record FileChecksum(long size, int crc32c) {

  /** Large enough for a disk to be fast, small enough to be read many at a time. */
  private static final int CHUNK_BYTES = 1 << 20;

  /** Asked before each chunk is read. */
  @FunctionalInterface
  public interface Pace {

    /** Waits until so many bytes may be read, or throws to give up. */
    void await(int bytes) throws IOException;
  }

  /** Reads a file whole. */
  public static FileChecksum of(FileSystem fileSystem, Path path) throws IOException {
    return of(fileSystem, path, bytes -> {});
  }

  /** Reads a file whole, not faster than {@code pace} lets it. */
  public static FileChecksum of(FileSystem fileSystem, Path path, Pace pace) throws IOException {
    CRC32C crc = new CRC32C();
    long at = 0;
    try (StorageFile file = fileSystem.open(path, FileSystem.Mode.READ)) {
      long size = file.size();
      ByteBuffer chunk = ByteBuffer.allocate(Math.clamp(size, 1, CHUNK_BYTES));
      int read = 1;
      while (at < size && read > 0) {
        chunk.clear().limit((int) Math.min(chunk.capacity(), size - at));
        pace.await(chunk.limit());
        read = file.read(chunk, at);
        crc.update(chunk.flip());
        at += read;
      }
    }
    return new FileChecksum(at, (int) crc.getValue());
  }

  /** Whether a file has this size and checksum; reads nothing if the size is another. */
  public static boolean matches(FileSystem fileSystem, Path path, long size, int crc32c)
      throws IOException {
    return fileSystem.size(path) == size && of(fileSystem, path).crc32c == crc32c;
  }
}
