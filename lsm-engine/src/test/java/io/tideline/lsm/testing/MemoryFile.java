package io.tideline.lsm.testing;

import io.tideline.lsm.fs.StorageFile;
import java.nio.ByteBuffer;

/** A file of given bytes, to be read only. */
public final class MemoryFile implements StorageFile {

  private final byte[] bytes;

  /** Does not copy. */
  public MemoryFile(byte[] bytes) {
    this.bytes = bytes;
  }

  @Override
  public int read(ByteBuffer dst, long position) {
    if (position < 0) {
      throw new IllegalArgumentException("position " + position);
    }
    int count = (int) Math.max(0, Math.min(dst.remaining(), bytes.length - position));
    if (count > 0) {
      dst.put(bytes, (int) position, count);
    }
    return count;
  }

  @Override
  public void write(ByteBuffer src, long position) {
    throw new UnsupportedOperationException("for reading");
  }

  @Override
  public void force() {
    throw new UnsupportedOperationException("for reading");
  }

  @Override
  public long size() {
    return bytes.length;
  }

  @Override
  public void setSize(long size) {
    throw new UnsupportedOperationException("for reading");
  }

  @Override
  public void close() {}
}
