package io.tideline.lsm.table;

import io.tideline.lsm.CorruptionException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;

/** The index section: for each block its last key and id. Off-heap, searched in place. */
final class TableIndex {

  private static final int ENTRY_TAIL_BYTES = 28;

  private final MemorySegment data;
  private final int count;

  /** How many bytes all last keys share: those that the first and the last share. */
  private final int shared;

  /** Of each last key the eight bytes after the shared ones: found without following offsets. */
  private final long[] words;

  TableIndex(MemorySegment data, Path path, long offset) throws CorruptionException {
    this.data = data;
    count = data.byteSize() < 4 ? -1 : data.get(Fragment.INT, 0);
    if (count < 1 || 4 + 4L * count > data.byteSize()) {
      throw new CorruptionException(path, offset, "an index of blocks", "count " + count);
    }
    for (int i = 0; i < count; i++) {
      long at = entry(i);
      long end = i + 1 < count ? entry(i + 1) : data.byteSize();
      if (at < 4 + 4L * count
          || end > data.byteSize()
          || end - at < 2 + ENTRY_TAIL_BYTES
          || end - at != 2 + keyLength(i) + ENTRY_TAIL_BYTES) {
        throw new CorruptionException(path, offset + at, "an index entry", "bounds up to " + end);
      }
    }
    byte[] first = lastKey(0);
    int different = Arrays.mismatch(first, lastKey(count - 1));
    shared = different < 0 ? first.length : different;
    words = new long[count];
    for (int i = 0; i < count; i++) {
      words[i] = Keys.word(lastKey(i), shared);
    }
  }

  int count() {
    return count;
  }

  private long entry(int block) {
    return data.get(Fragment.INT, 4 + 4L * block) & 0xFFFF_FFFFL;
  }

  private int keyLength(int block) {
    return data.get(Fragment.SHORT, entry(block)) & 0xFFFF;
  }

  private long tail(int block) {
    return entry(block) + 2 + keyLength(block);
  }

  byte[] lastKey(int block) {
    byte[] key = new byte[keyLength(block)];
    MemorySegment.copy(data, ValueLayout.JAVA_BYTE, entry(block) + 2, key, 0, key.length);
    return key;
  }

  long lastId(int block) {
    return data.get(Fragment.LONG, tail(block));
  }

  long maxMillis(int block) {
    return data.get(Fragment.LONG, tail(block) + 8);
  }

  long blockOffset(int block) {
    return data.get(Fragment.LONG, tail(block) + 16);
  }

  int blockLength(int block) {
    return data.get(Fragment.INT, tail(block) + 24);
  }

  int compareLastKey(int block, byte[] key) {
    return Keys.compare(data, entry(block) + 2, keyLength(block), key, key.length);
  }

  /**
   * First block whose last (key, id) is at or after the given one: the only block that can hold the
   * first row at or after it. {@link #count} if there is none.
   */
  int blockAtOrAfter(byte[] key, long id) {
    int prefix = Keys.compare(data, entry(0) + 2, shared, key, Math.min(shared, key.length));
    if (prefix != 0) {
      return prefix > 0 ? 0 : count;
    }
    long word = Keys.word(key, shared);
    int low = firstWordFrom(word);
    int high = word == -1L ? count : firstWordFrom(word + 1);
    while (low < high) {
      int middle = (low + high) >>> 1;
      int order = compareLastKey(middle, key);
      if (order < 0 || (order == 0 && lastId(middle) < id)) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** First block whose word is at or above one; {@link #count} if there is none. */
  private int firstWordFrom(long word) {
    int low = 0;
    int high = count;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (Long.compareUnsigned(words[middle], word) < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** Bytes in memory. */
  long bytes() {
    return data.byteSize() + words.length * (long) Long.BYTES;
  }
}
