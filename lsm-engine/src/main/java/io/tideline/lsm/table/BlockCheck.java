package io.tideline.lsm.table;

import io.tideline.lsm.CorruptionException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;

/**
 * Checks a decoded block once, when it is loaded, so that walks over it need not: every fragment
 * lies in its place, every column and value in its fragment. The checksum says that the bytes are
 * those that were written; this says that they were written by no madman.
 *
 * <p>It looks at each row's end of value, some nanoseconds a row, where decompressing took
 * microseconds.
 */
final class BlockCheck {

  /** Codes of three widths, each one of five. */
  private static final int WIDTHS_CODES = 125;

  private static final int FLAGS_KNOWN =
      BlockFormat.FIRST | BlockFormat.EXPLICIT_HEAD | BlockFormat.RECORD | BlockFormat.CONTINUES;

  private final MemorySegment block;
  private final Path path;
  private final long offset;

  private BlockCheck(MemorySegment block, Path path, long offset) {
    this.block = block;
    this.path = path;
    this.offset = offset;
  }

  /**
   * Fails unless the block can be walked.
   *
   * @param offset of the block in the file, for the message
   */
  static void check(MemorySegment block, Path path, long offset) throws CorruptionException {
    new BlockCheck(block, path, offset).run();
  }

  private void run() throws CorruptionException {
    int count = Fragment.count(block, path, offset);
    long directory = block.byteSize() - (count + 1L) * Integer.BYTES;
    long start = block.get(Fragment.INT, directory);
    if (start != 0) {
      throw corrupt("a first fragment at 0", start);
    }
    for (int i = 0; i < count; i++) {
      boolean last = i + 1 == count;
      long end = last ? directory : block.get(Fragment.INT, directory + (i + 1L) * Integer.BYTES);
      if (end > directory || end - start < BlockFormat.FRAGMENT_PREFIX) {
        throw corrupt("fragment " + i + " ending within 0.." + directory, end);
      }
      checkFragment(start, end, i == 0, last);
      start = end;
    }
  }

  private void checkFragment(long start, long end, boolean opensBlock, boolean endsBlock)
      throws CorruptionException {
    int keyLength = block.get(Fragment.SHORT, start) & 0xFFFF;
    int flags = block.get(ValueLayout.JAVA_BYTE, start + 2);
    int widths = block.get(ValueLayout.JAVA_BYTE, start + 3) & 0xFF;
    int rows = block.get(Fragment.INT, start + 4);
    boolean first = (flags & BlockFormat.FIRST) != 0;
    boolean continues = (flags & BlockFormat.CONTINUES) != 0;
    boolean head = (flags & BlockFormat.EXPLICIT_HEAD) != 0;
    boolean sound =
        keyLength > 0
            && (flags & ~FLAGS_KNOWN) == 0
            && widths < WIDTHS_CODES
            && rows >= 0
            && (first || opensBlock)
            && (endsBlock || !continues)
            && (rows > 0 || (head && !continues));
    if (!sound) {
      throw corrupt(
          "a fragment at " + start,
          "key length " + keyLength + ", flags " + flags + ", widths " + widths + ", rows " + rows);
    }
    long at = start + BlockFormat.FRAGMENT_PREFIX + keyLength + (head ? BlockFormat.HEAD_BYTES : 0);
    if (rows > 0) {
      at += 2L * Long.BYTES; // The bases of ids and of times.
    }
    int endWidth = BlockFormat.widthOf(widths % 5);
    long columns = BlockFormat.widthOf(widths / 25) + BlockFormat.widthOf(widths / 5 % 5) + 1L;
    long ends = at + rows * columns;
    long values = ends + (long) rows * endWidth;
    if (values > end) {
      throw corrupt("columns of a fragment that ends at " + end, "values at " + values);
    }
    checkValues(ends, endWidth, rows, end - values);
  }

  /** Ends of values rise, from 0 at least to exactly the room there is. */
  private void checkValues(long ends, int width, int rows, long bytes) throws CorruptionException {
    long previous = 0;
    for (int row = 0; row < rows; row++) {
      long value = Fragment.column(block, ends, width, row);
      if (value < previous) {
        throw corrupt("values that end at or after " + previous, value);
      }
      previous = value;
    }
    if (previous != bytes) {
      throw corrupt(bytes + " bytes of values", previous);
    }
  }

  private CorruptionException corrupt(String expected, Object found) {
    return new CorruptionException(path, offset, expected, String.valueOf(found));
  }
}
