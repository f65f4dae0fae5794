package io.tideline.lsm.fs;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The disks of this machine, through {@code java.nio}.
 *
 * <p>Threading: safe for many threads; holds no state but the directories this process has locked.
 */
public final class RealFileSystem implements FileSystem {

  /** Name of the lock file {@link #lock} leaves in a directory. */
  public static final String LOCK_FILE = "LOCK";

  /**
   * Directories locked by this process. POSIX record locks belong to the process and vanish when
   * any descriptor of the file is closed, so a second attempt from inside must be refused before it
   * opens the lock file at all.
   */
  private static final Set<Path> LOCKED = ConcurrentHashMap.newKeySet();

  @Override
  public StorageFile open(Path path, Mode mode) throws IOException {
    return RealFile.open(this, path, mode);
  }

  @Override
  public void createDirectories(Path directory) throws IOException {
    Files.createDirectories(directory);
  }

  @Override
  public List<String> list(Path directory) throws IOException {
    List<String> names = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      for (Path entry : entries) {
        names.add(entry.getFileName().toString());
      }
    }
    Collections.sort(names);
    return names;
  }

  @Override
  public boolean exists(Path path) {
    return Files.exists(path);
  }

  @Override
  public long size(Path path) throws IOException {
    return Files.size(path);
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  @Override
  public void link(Path existing, Path link) throws IOException {
    Files.createLink(link, existing);
  }

  @Override
  public void delete(Path path) throws IOException {
    Files.delete(path);
  }

  @Override
  public void syncDirectory(Path directory) throws IOException {
    // An interrupt during the sync surfaces as an error, which callers treat as a failed sync: its
    // outcome is unknown. One that came earlier must not fail it.
    boolean interrupted = Thread.interrupted();
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public long usableBytes(Path directory) throws IOException {
    // Not by the directory's FileStore: to find one the JDK reads the table of mounts every time,
    // which is a tenth of a core for a thousand engines that ask once a second.
    long usable = directory.toFile().getUsableSpace();
    if (usable == 0 && !Files.exists(directory)) {
      throw new NoSuchFileException(directory.toString());
    }
    return usable;
  }

  @Override
  public Closeable lock(Path directory) throws IOException {
    Path real = directory.toRealPath();
    if (!LOCKED.add(real)) {
      throw new IOException("directory " + directory + " is already in use by this process");
    }
    boolean interrupted = Thread.interrupted();
    FileChannel channel = null;
    try {
      channel =
          FileChannel.open(
              real.resolve(LOCK_FILE), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      FileLock lock = channel.tryLock();
      if (lock == null) {
        throw new IOException(
            "directory "
                + directory
                + " is in use by another process: it holds "
                + real.resolve(LOCK_FILE)
                + "; stop that process or choose another directory");
      }
    } catch (IOException | RuntimeException e) {
      if (channel != null) {
        channel.close();
      }
      LOCKED.remove(real);
      throw e;
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
    return new DirectoryLock(real, channel);
  }

  /** Opens the channel of a file; the refusal names the path as callers know it. */
  static FileChannel openChannel(Path path, Mode mode) throws IOException {
    return switch (mode) {
      case READ -> FileChannel.open(path, StandardOpenOption.READ);
      case READ_WRITE -> FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
      case CREATE_NEW -> {
        if (Files.exists(path)) {
          throw new FileAlreadyExistsException(path.toString());
        }
        yield FileChannel.open(
            path, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
      }
    };
  }

  /** Releases the lock once; the lock file stays, deleting it would race with the next owner. */
  private static final class DirectoryLock implements Closeable {
    private final Path directory;
    private final FileChannel channel;
    private final AtomicBoolean closed = new AtomicBoolean();

    DirectoryLock(Path directory, FileChannel channel) {
      this.directory = directory;
      this.channel = channel;
    }

    @Override
    public void close() throws IOException {
      if (closed.compareAndSet(false, true)) {
        try {
          channel.close();
        } finally {
          LOCKED.remove(directory);
        }
      }
    }
  }
}
