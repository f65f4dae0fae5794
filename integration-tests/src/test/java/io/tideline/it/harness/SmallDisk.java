package io.tideline.it.harness;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * A disk that is easily full: a tmpfs of its own where this user may mount one, else a directory
 * whose node is told to keep so much of the disk free that little is left. Says which it is.
 *
 * <p>Close it after the node on it has ended.
 */
public final class SmallDisk implements AutoCloseable {

  private static final Duration MOUNT_TIMEOUT = Duration.ofSeconds(20);
  private static final int BLOCK_BYTES = 1 << 20;

  private final Path directory;
  private final boolean mounted;
  private final long reserveBytes;

  private SmallDisk(Path directory, boolean mounted, long reserveBytes) {
    this.directory = directory;
    this.mounted = mounted;
    this.reserveBytes = reserveBytes;
  }

  /**
   * @param directory where it shall be; is created
   * @param sizeBytes its size
   * @param reserveBytes what a node on it shall leave free
   */
  public static SmallDisk create(Path directory, long sizeBytes, long reserveBytes) {
    try {
      Files.createDirectories(directory);
      Path output = directory.resolveSibling(directory.getFileName() + ".mount.out");
      List<String> mount =
          List.of("mount", "-t", "tmpfs", "-o", "size=" + sizeBytes, "tmpfs", directory.toString());
      String failure;
      try (ChildProcess process = ChildProcess.start("mount", mount, Map.of(), output)) {
        if (process.awaitExit(MOUNT_TIMEOUT) == 0) {
          System.out.println("small disk: a tmpfs of " + sizeBytes + " bytes at " + directory);
          return new SmallDisk(directory, true, reserveBytes);
        }
        failure = process.output().strip();
      } catch (UncheckedIOException e) {
        failure = String.valueOf(e.getMessage());
      }
      long usable = Files.getFileStore(directory).getUsableSpace();
      System.out.println(
          "small disk: no tmpfs could be mounted ("
              + failure
              + "); instead the node keeps all but "
              + (sizeBytes - reserveBytes)
              + " bytes of the disk free");
      return new SmallDisk(directory, false, usable - sizeBytes + reserveBytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public Path directory() {
    return directory;
  }

  /** What the node on it must be told to leave free. */
  public long reserveBytes() {
    return reserveBytes;
  }

  /** Whether it can be filled to the last byte without harm to others. */
  public boolean isOwnDisk() {
    return mounted;
  }

  /** Takes space away: writes a file of so many bytes. */
  public void occupy(String name, long bytes) {
    byte[] block = new byte[BLOCK_BYTES];
    try (OutputStream file = Files.newOutputStream(directory.resolve(name))) {
      for (long written = 0; written < bytes; written += BLOCK_BYTES) {
        file.write(block);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Takes every byte there is. */
  public void occupyAll(String name) {
    if (!mounted) {
      throw new IllegalStateException("this disk is shared with others");
    }
    byte[] block = new byte[4_096];
    try (OutputStream file = Files.newOutputStream(directory.resolve(name))) {
      while (true) {
        file.write(block);
      }
    } catch (IOException full) {
      System.out.println("the disk is full: " + full.getMessage());
    }
  }

  /** Gives space back. */
  public void release(String name) {
    try {
      Files.delete(directory.resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    if (!mounted) {
      return;
    }
    Path output = directory.resolveSibling(directory.getFileName() + ".umount.out");
    List<String> command = List.of("umount", directory.toString());
    try (ChildProcess process = ChildProcess.start("umount", command, Map.of(), output)) {
      if (process.awaitExit(MOUNT_TIMEOUT) != 0) {
        throw new IllegalStateException("cannot unmount " + directory + ": " + process.output());
      }
    }
  }
}
