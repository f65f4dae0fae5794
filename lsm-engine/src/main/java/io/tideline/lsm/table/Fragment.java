package io.tideline.lsm.table;

import io.tideline.lsm.CorruptionException;
import io.tideline.lsm.TimelineHead;
import io.tideline.lsm.row.Heads;
import io.tideline.lsm.row.RowSink;
import io.tideline.lsm.row.RowType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;

/**
 * A window on one fragment of a decoded block. Reused: {@link #load} moves it. Valid while the
 * block is pinned.
 */
final class Fragment {

  static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private MemorySegment block = MemorySegment.NULL;
  private long start;
  private int keyLength;
  private int flags;
  private int rows;
  private long base;
  private long baseMillis;
  private int idWidth;
  private int millisWidth;
  private int endWidth;
  private long ids;
  private long millis;
  private long metas;
  private long ends;
  private long values;

  /** Fragments in a block. */
  static int count(MemorySegment block, Path path, long offset) throws CorruptionException {
    long size = block.byteSize();
    int count = size < Integer.BYTES ? -1 : block.get(INT, size - Integer.BYTES);
    if (count < 1 || (count + 1L) * Integer.BYTES > size) {
      throw new CorruptionException(
          path, offset, "a block of fragments", "fragment count " + count);
    }
    return count;
  }

  /** Moves to fragment {@code index} of {@code count} in a block. */
  void load(MemorySegment in, int index, int count, Path path, long offset)
      throws CorruptionException {
    block = in;
    long directory = in.byteSize() - (count + 1L) * Integer.BYTES;
    start = in.get(INT, directory + (long) index * Integer.BYTES);
    long end =
        index + 1 < count ? in.get(INT, directory + (index + 1L) * Integer.BYTES) : directory;
    if (start < 0 || end > directory || end - start < BlockFormat.FRAGMENT_PREFIX) {
      throw new CorruptionException(path, offset, "fragment bounds", start + ".." + end);
    }
    readPrefix();
    if (rows < 0 || values > end || (rows > 0 && values + valueEnd(rows - 1) != end)) {
      throw new CorruptionException(
          path, offset, "a fragment ending at " + end, "rows=" + rows + " values at " + values);
    }
  }

  private void readPrefix() {
    keyLength = block.get(SHORT, start) & 0xFFFF;
    flags = block.get(ValueLayout.JAVA_BYTE, start + 2);
    int widths = block.get(ValueLayout.JAVA_BYTE, start + 3) & 0xFF;
    idWidth = BlockFormat.widthOf(widths / 25);
    millisWidth = BlockFormat.widthOf(widths / 5 % 5);
    endWidth = BlockFormat.widthOf(widths % 5);
    rows = block.get(INT, start + 4);
    long at =
        start + BlockFormat.FRAGMENT_PREFIX + keyLength + (hasHead() ? BlockFormat.HEAD_BYTES : 0);
    if (rows > 0 && at + 16 <= block.byteSize()) {
      base = block.get(LONG, at);
      baseMillis = block.get(LONG, at + 8);
      at += 16;
    }
    ids = at;
    millis = ids + (long) rows * idWidth;
    metas = millis + (long) rows * millisWidth;
    ends = metas + rows;
    values = ends + (long) rows * endWidth;
  }

  private boolean hasHead() {
    return (flags & BlockFormat.EXPLICIT_HEAD) != 0;
  }

  boolean isFirst() {
    return (flags & BlockFormat.FIRST) != 0;
  }

  boolean isRecord() {
    return (flags & BlockFormat.RECORD) != 0;
  }

  boolean continues() {
    return (flags & BlockFormat.CONTINUES) != 0;
  }

  /** Compares the key with {@code other} as unsigned bytes. */
  int compareKey(byte[] other) {
    return compareKey(other, other.length);
  }

  /** Compares the key with the first {@code length} bytes of {@code other} as unsigned bytes. */
  int compareKey(byte[] other, int length) {
    return Keys.compare(block, start + BlockFormat.FRAGMENT_PREFIX, keyLength, other, length);
  }

  /**
   * Compares the key of a fragment with {@code other}, without moving a window there.
   *
   * @param fragment its number of {@code count} in the block
   */
  static int compareKey(MemorySegment block, int fragment, int count, byte[] other) {
    long directory = block.byteSize() - (count + 1L) * Integer.BYTES;
    long start = block.get(INT, directory + (long) fragment * Integer.BYTES);
    int length = block.get(SHORT, start) & 0xFFFF;
    return Keys.compare(block, start + BlockFormat.FRAGMENT_PREFIX, length, other, other.length);
  }

  byte[] key() {
    byte[] key = new byte[keyLength];
    copyKey(key);
    return key;
  }

  int keyLength() {
    return keyLength;
  }

  /** Copies the key to the start of an array that has room for it. */
  void copyKey(byte[] to) {
    MemorySegment.copy(
        block, ValueLayout.JAVA_BYTE, start + BlockFormat.FRAGMENT_PREFIX, to, 0, keyLength);
  }

  /**
   * Whether this is a whole group of appended rows, none older than {@code expireBeforeMillis},
   * whose head they imply.
   */
  boolean isPlain(long expireBeforeMillis) {
    int relevant =
        BlockFormat.FIRST | BlockFormat.EXPLICIT_HEAD | BlockFormat.RECORD | BlockFormat.CONTINUES;
    if ((flags & relevant) != BlockFormat.FIRST || baseMillis < expireBeforeMillis) {
      return false;
    }
    for (int i = 0; i < rows; i++) {
      if (RowType.type(meta(i)) != RowType.APPEND) {
        return false;
      }
    }
    return rows > 0;
  }

  /** Bytes of all values. */
  long valueBytes() {
    return rows == 0 ? 0 : valueEnd(rows - 1);
  }

  /** Gives the rows of a plain group away. */
  void copyPlain(RowSink sink) throws IOException {
    long from = 0;
    for (int i = 0; i < rows; i++) {
      long end = valueEnd(i);
      sink.append(id(i), millis(i), meta(i), block, values + from, (int) (end - from));
      from = end;
    }
  }

  /** The group's head; only of a first fragment. */
  TimelineHead head() {
    if ((flags & BlockFormat.RECORD) != 0) {
      return Heads.NONE;
    }
    if (!hasHead()) {
      return BlockFormat.implied(id(rows - 1), millis(rows - 1), rows);
    }
    long at = start + BlockFormat.FRAGMENT_PREFIX + keyLength;
    return new TimelineHead(
        block.get(LONG, at),
        block.get(LONG, at + 8),
        block.get(LONG, at + 16),
        block.get(LONG, at + 24),
        block.get(LONG, at + 32));
  }

  int rows() {
    return rows;
  }

  long id(int row) {
    return base + column(ids, idWidth, row);
  }

  long millis(int row) {
    return baseMillis + column(millis, millisWidth, row);
  }

  int meta(int row) {
    return block.get(ValueLayout.JAVA_BYTE, metas + row) & 0xFF;
  }

  private long valueEnd(int row) {
    return column(ends, endWidth, row);
  }

  int valueSize(int row) {
    return (int) (valueEnd(row) - (row == 0 ? 0 : valueEnd(row - 1)));
  }

  void copyValue(int row, byte[] dst, int offset) {
    long from = values + (row == 0 ? 0 : valueEnd(row - 1));
    MemorySegment.copy(block, ValueLayout.JAVA_BYTE, from, dst, offset, valueSize(row));
  }

  private long column(long at, int width, int row) {
    return column(block, at, width, row);
  }

  /** Value {@code row} of a column of numbers of {@code width} bytes that starts at {@code at}. */
  static long column(MemorySegment block, long at, int width, int row) {
    return switch (width) {
      case 0 -> 0;
      case 1 -> block.get(ValueLayout.JAVA_BYTE, at + row) & 0xFF;
      case 2 -> block.get(SHORT, at + row * 2L) & 0xFFFF;
      case 4 -> block.get(INT, at + row * 4L) & 0xFFFF_FFFFL;
      default -> block.get(LONG, at + row * 8L);
    };
  }

  /** Index of the first row with an id at or above {@code sequenceId}; {@link #rows} if none. */
  int rowAtOrAbove(long sequenceId) {
    int low = 0;
    int high = rows;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (id(middle) < sequenceId) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
