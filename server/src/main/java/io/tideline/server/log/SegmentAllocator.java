package io.tideline.server.log;

import io.tideline.lsm.fs.DiskFullException;
import io.tideline.lsm.fs.FileSystem;
import io.tideline.lsm.fs.StorageFile;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Prepares files for segments: full size, space reserved, under the name {@link
 * LogFormat#SPARE_FILE}. With a background thread the next one is ready before it is needed, which
 * keeps the writer from waiting and notices a full disk while the current segment still has room.
 *
 * <p>Threading: {@code this} guards everything; the writer waits while a file is being prepared.
 */
final class SegmentAllocator implements Closeable {

  private static final Logger LOG = LoggerFactory.getLogger(SegmentAllocator.class);

  /** How long to wait before looking again for space on a full disk. */
  private static final long RETRY_MILLIS = 500;

  private final FileSystem fileSystem;
  private final Path directory;
  private final Path spare;
  private final int segmentBytes;
  private final GroupLogListener listener;
  private final @Nullable Thread thread;
  private @Nullable StorageFile ready;

  /** True while a spare file is in the writer's hands under the spare's name. */
  private boolean taken;

  private volatile boolean spaceLow;
  private boolean closed;

  /** An error other than a full disk that background preparation met; the writer will throw it. */
  private @Nullable IOException failure;

  SegmentAllocator(
      FileSystem fileSystem,
      Path directory,
      int segmentBytes,
      boolean background,
      GroupLogListener listener) {
    this.fileSystem = fileSystem;
    this.directory = directory;
    this.spare = directory.resolve(LogFormat.SPARE_FILE);
    this.segmentBytes = segmentBytes;
    this.listener = listener;
    this.thread =
        background
            ? Thread.ofPlatform().name("log-allocator").daemon().unstarted(this::prepareSpares)
            : null;
  }

  void start() {
    if (thread != null) {
      thread.start();
    }
  }

  boolean isSpaceLow() {
    return spaceLow;
  }

  /**
   * A file named {@link LogFormat#SPARE_FILE} of at least {@code bytes} bytes; follow with {@link
   * #named} once it has been renamed or {@link #giveBack}.
   *
   * @param smallIfFull whether a file of just {@code bytes} will do if the disk has no room for
   *     more
   * @throws DiskFullException if there is no room
   */
  synchronized StorageFile take(long bytes, boolean smallIfFull) throws IOException {
    if (failure != null) {
      throw new IOException("preparing a log segment failed", failure);
    }
    if (ready == null) {
      ready = prepareForWriter(bytes, smallIfFull);
    }
    StorageFile file = ready;
    if (file.size() < bytes) {
      file.setSize(bytes);
    }
    taken = true;
    ready = null;
    return file;
  }

  private StorageFile prepareForWriter(long bytes, boolean smallIfFull) throws IOException {
    try {
      StorageFile file = prepare(Math.max(bytes, segmentBytes));
      setSpaceLow(false);
      return file;
    } catch (DiskFullException e) {
      setSpaceLow(true);
      if (!smallIfFull) {
        throw e;
      }
      return prepare(bytes);
    }
  }

  /** The file taken last has its own name now: the next may be prepared. */
  synchronized void named() {
    taken = false;
    notifyAll();
  }

  /** The file taken last could not be used. */
  synchronized void giveBack(StorageFile file) {
    taken = false;
    ready = file;
  }

  @Override
  public void close() throws IOException {
    synchronized (this) {
      closed = true;
      notifyAll();
    }
    if (thread != null) {
      joinUninterruptibly(thread);
    }
    synchronized (this) {
      if (ready != null) {
        ready.close();
        ready = null;
      }
    }
  }

  static void joinUninterruptibly(Thread thread) {
    boolean interrupted = false;
    while (true) {
      try {
        thread.join();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized void prepareSpares() {
    try {
      while (!closed && failure == null) {
        if (taken || ready != null) {
          wait();
        } else if (!prepareSpare()) {
          wait(RETRY_MILLIS);
        }
      }
    } catch (InterruptedException e) {
      // Nobody interrupts this thread; without it the writer prepares its segments itself.
      LOG.warn("log allocator interrupted, it stops");
    }
  }

  private synchronized boolean prepareSpare() {
    try {
      ready = prepare(segmentBytes);
      setSpaceLow(false);
      return true;
    } catch (DiskFullException e) {
      setSpaceLow(true);
      return false;
    } catch (IOException e) {
      failure = e;
      return false;
    }
  }

  /** Opens the spare a run before left, or makes one. */
  private StorageFile prepare(long bytes) throws IOException {
    boolean exists = fileSystem.exists(spare);
    long missing = bytes - (exists ? fileSystem.size(spare) : 0);
    requireSpace(missing, bytes);
    StorageFile file =
        fileSystem.open(spare, exists ? FileSystem.Mode.READ_WRITE : FileSystem.Mode.CREATE_NEW);
    try {
      if (missing > 0) {
        file.setSize(bytes);
      }
      return file;
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  /** Asks before writing zeros for nothing, over and over, to a disk that is nearly full. */
  private void requireSpace(long missing, long bytes) throws IOException {
    long usable = fileSystem.usableBytes(directory);
    if (usable < missing) {
      throw new DiskFullException(
          directory, usable, "preparing a log segment of " + bytes + " bytes", null);
    }
  }

  private void setSpaceLow(boolean low) {
    if (low != spaceLow) {
      spaceLow = low;
      LOG.warn(
          low
              ? "no space for the next log segment of {} bytes in {}"
              : "space for the next log segment of {} bytes in {} again",
          segmentBytes,
          directory);
      listener.spaceLow(low);
    }
  }
}
