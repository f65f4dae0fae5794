package io.tideline.lsm.table;

import io.tideline.lsm.memory.NativeMemory;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * A window on the stored bytes of tables for walks over neighbouring blocks: one read call for many
 * blocks. Threading: confined. Lifetime: frees its memory with {@link #close}.
 */
final class ReadAhead implements AutoCloseable {

  /** 256 KiB: some twenty blocks a call, and what disks reach their full speed with. */
  static final int WINDOW_BYTES = 256 << 10;

  private final NativeMemory memory;
  private final MemorySegment segment;
  private final ByteBuffer window;
  private @Nullable TableReader table;
  private long start;
  private int filled;

  ReadAhead(NativeMemory memory) {
    this.memory = memory;
    segment = memory.allocate(WINDOW_BYTES);
    window = segment.asByteBuffer();
  }

  /**
   * Stored bytes of a table, direct and little-endian, valid until the next call; null if they do
   * not fit the window.
   *
   * @param backward whether the walk goes towards the start of the file
   */
  @Nullable ByteBuffer read(TableReader from, long offset, int length, boolean backward)
      throws IOException {
    if (length > WINDOW_BYTES) {
      return null;
    }
    if (from != table || offset < start || offset + length > start + filled) {
      fill(from, offset, length, backward);
    }
    int available = Math.clamp(start + filled - offset, 0, length);
    return window.slice((int) (offset - start), available).order(ByteOrder.LITTLE_ENDIAN);
  }

  private void fill(TableReader from, long offset, int length, boolean backward)
      throws IOException {
    long first = backward ? Math.max(0, offset + length - WINDOW_BYTES) : offset;
    table = null;
    int read =
        from.readStored(
            window.clear().limit((int) Math.min(WINDOW_BYTES, from.blocksEnd() - first)), first);
    table = from;
    start = first;
    filled = read;
  }

  @Override
  public void close() {
    memory.free(segment);
  }
}
