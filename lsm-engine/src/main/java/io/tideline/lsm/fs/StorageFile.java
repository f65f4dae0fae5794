package io.tideline.lsm.fs;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * An open file with positional reads and writes.
 *
 * <p>Threading: reads may run beside each other and beside one writer; writes and {@link #force}
 * are called by one thread at a time.
 */
public interface StorageFile extends Closeable {

  /**
   * Reads into {@code dst} until it is full or the file ends.
   *
   * @return bytes read, 0 at or past the end (never negative)
   */
  int read(ByteBuffer dst, long position) throws IOException;

  /** Writes all of {@code src} at {@code position}, growing the file if needed. */
  void write(ByteBuffer src, long position) throws IOException;

  /** Makes all bytes written so far, and the size, durable (fdatasync). A failure is final. */
  void force() throws IOException;

  /** Current size in bytes. */
  long size() throws IOException;

  /** Cuts the file to {@code size} bytes, or extends it with zeros whose space is reserved. */
  void setSize(long size) throws IOException;

  @Override
  void close() throws IOException;
}
