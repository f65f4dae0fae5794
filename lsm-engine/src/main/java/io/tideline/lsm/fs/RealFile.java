package io.tideline.lsm.fs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One open file of a {@link RealFileSystem}.
 *
 * <p>A {@link FileChannel} closes itself when a thread is interrupted inside it, so an interrupted
 * reader would take the handle away from everybody. Three measures keep the handle usable:
 *
 * <ol>
 *   <li>A pending interrupt is put aside while an operation runs and restored after it.
 *   <li>Reads and writes have a channel each, so that a reader's interrupt cannot disturb a write
 *       or a force.
 *   <li>A channel lost to an interrupt is opened again by path, provided the path still leads to
 *       the same file, and the read or write, both positional, is repeated. A <em>force</em> is not
 *       repeated: its outcome is unknown and an error it met may have been reported already, so it
 *       fails. Do not interrupt threads that call {@link #force}.
 * </ol>
 *
 * <p>Threading: as {@link StorageFile}; {@code this} guards the two channels and {@code closed}.
 */
final class RealFile implements StorageFile {

  /** Zeros are written in pieces of this size when a file is extended: few calls, little memory. */
  private static final int ZERO_CHUNK_BYTES = 1 << 20;

  private final RealFileSystem fileSystem;
  private final Path path;
  private final boolean writable;

  /** Identity of the file (device and inode), null where the platform has none. */
  private final @Nullable Object fileKey;

  private volatile FileChannel readChannel;
  private volatile FileChannel writeChannel;
  private volatile boolean closed;

  private RealFile(
      RealFileSystem fileSystem,
      Path path,
      boolean writable,
      FileChannel readChannel,
      FileChannel writeChannel)
      throws IOException {
    this.fileSystem = fileSystem;
    this.path = path;
    this.writable = writable;
    this.readChannel = readChannel;
    this.writeChannel = writeChannel;
    this.fileKey = fileKey(path);
  }

  static RealFile open(RealFileSystem fileSystem, Path path, FileSystem.Mode mode)
      throws IOException {
    FileChannel first = RealFileSystem.openChannel(path, mode);
    FileChannel second = first;
    try {
      boolean writable = mode != FileSystem.Mode.READ;
      if (writable) {
        second = RealFileSystem.openChannel(path, FileSystem.Mode.READ);
      }
      return new RealFile(fileSystem, path, writable, second, first);
    } catch (IOException | RuntimeException e) {
      first.close();
      second.close();
      throw e;
    }
  }

  private interface ChannelOperation {
    int run(FileChannel channel) throws IOException;
  }

  @Override
  public int read(ByteBuffer dst, long position) throws IOException {
    int start = dst.position();
    return shielded(
        false,
        channel -> {
          dst.position(start);
          while (dst.hasRemaining()) {
            int count = channel.read(dst, position + (dst.position() - start));
            if (count < 0) {
              break;
            }
          }
          return dst.position() - start;
        });
  }

  @Override
  public void write(ByteBuffer src, long position) throws IOException {
    requireWritable();
    int start = src.position();
    int bytes = src.remaining();
    try {
      shielded(
          true,
          channel -> {
            src.position(start);
            while (src.hasRemaining()) {
              channel.write(src, position + (src.position() - start));
            }
            return 0;
          });
    } catch (IOException e) {
      throw explain(e, "write of " + bytes + " bytes to " + path);
    }
  }

  @Override
  public void force() throws IOException {
    requireWritable();
    boolean interrupted = Thread.interrupted();
    try {
      openWriteChannel().force(false);
    } catch (ClosedByInterruptException e) {
      throw new IOException(
          "force of " + path + " was interrupted: whether its bytes are durable is unknown", e);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public long size() throws IOException {
    long[] size = new long[1];
    shielded(
        false,
        channel -> {
          size[0] = channel.size();
          return 0;
        });
    return size[0];
  }

  @Override
  public void setSize(long size) throws IOException {
    requireWritable();
    if (size < 0) {
      throw new IllegalArgumentException("size " + size + " of " + path + " is negative");
    }
    long current = size();
    if (size < current) {
      truncate(size);
    } else if (size > current) {
      extend(current, size);
    }
  }

  @Override
  public synchronized void close() throws IOException {
    closed = true;
    try {
      readChannel.close();
    } finally {
      writeChannel.close();
    }
  }

  @Override
  public String toString() {
    return path.toString();
  }

  private void truncate(long size) throws IOException {
    shielded(
        true,
        channel -> {
          channel.truncate(size);
          return 0;
        });
  }

  /** Writes real zeros: a sparse extension would only promise the space, not reserve it. */
  private void extend(long from, long to) throws IOException {
    ByteBuffer zeros = ByteBuffer.allocateDirect((int) Math.min(ZERO_CHUNK_BYTES, to - from));
    try {
      for (long at = from; at < to; at += zeros.limit()) {
        zeros.clear().limit((int) Math.min(zeros.capacity(), to - at));
        write(zeros, at);
      }
    } catch (IOException e) {
      try {
        truncate(from);
      } catch (IOException cutFailed) {
        e.addSuppressed(cutFailed);
      }
      throw e;
    }
  }

  /** Runs a repeatable operation so that no interrupt, of this thread or another, can fail it. */
  private int shielded(boolean write, ChannelOperation operation) throws IOException {
    boolean interrupted = Thread.interrupted();
    try {
      while (true) {
        FileChannel channel = write ? openWriteChannel() : readChannel;
        try {
          return operation.run(channel);
        } catch (ClosedChannelException e) {
          // Covers the interrupted thread itself and those that shared its channel.
          interrupted |= Thread.interrupted();
          reopen(write, e);
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private FileChannel openWriteChannel() throws IOException {
    FileChannel channel = writeChannel;
    if (closed) {
      throw new ClosedChannelException();
    }
    return channel;
  }

  private synchronized void reopen(boolean write, ClosedChannelException cause) throws IOException {
    if (closed) {
      throw cause;
    }
    FileChannel current = write ? writeChannel : readChannel;
    if (current.isOpen()) {
      return; // Another thread was quicker.
    }
    FileSystem.Mode mode = write ? FileSystem.Mode.READ_WRITE : FileSystem.Mode.READ;
    FileChannel fresh = RealFileSystem.openChannel(path, mode);
    Object freshKey = fileKey(path);
    if (fileKey != null && !fileKey.equals(freshKey)) {
      fresh.close();
      throw new IOException(
          path + " was lost to an interrupt and its name now belongs to another file", cause);
    }
    if (write) {
      writeChannel = fresh;
    } else {
      readChannel = fresh;
      if (!writable) {
        writeChannel = fresh;
      }
    }
  }

  private void requireWritable() throws IOException {
    if (!writable) {
      throw new IOException(path + " was opened for reading only");
    }
  }

  private IOException explain(IOException e, String attempt) throws IOException {
    String message = String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT);
    // The JDK reports ENOSPC and EDQUOT only through the text of strerror.
    if (message.contains("no space left") || message.contains("quota exceeded")) {
      // usableBytes takes any path on the file system; the directory is what a reader understands.
      Path directory = path.resolveSibling("").toAbsolutePath();
      return new DiskFullException(directory, fileSystem.usableBytes(path), attempt, e);
    }
    return e;
  }

  private static @Nullable Object fileKey(Path path) throws IOException {
    return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
  }
}
