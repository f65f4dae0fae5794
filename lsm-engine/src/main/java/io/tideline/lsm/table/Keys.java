package io.tideline.lsm.table;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Comparison of keys in native memory with keys in arrays, eight bytes at a time. */
final class Keys {

  private static final ValueLayout.OfLong SEGMENT_LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final VarHandle ARRAY_LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private Keys() {}

  /** Compares as unsigned bytes: below, at or above zero as the left is smaller, equal, larger. */
  static int compare(
      MemorySegment left, long leftFrom, int leftLength, byte[] right, int rightLength) {
    int length = Math.min(leftLength, rightLength);
    int i = 0;
    for (; i + Long.BYTES <= length; i += Long.BYTES) {
      long a = left.get(SEGMENT_LONG, leftFrom + i);
      long b = (long) ARRAY_LONG.get(right, i);
      if (a != b) {
        return Long.compareUnsigned(a, b);
      }
    }
    for (; i < length; i++) {
      int a = left.get(ValueLayout.JAVA_BYTE, leftFrom + i) & 0xFF;
      int b = right[i] & 0xFF;
      if (a != b) {
        return a - b;
      }
    }
    return leftLength - rightLength;
  }

  /** Eight bytes of a key from {@code from} on as an unsigned number, zeros behind its end. */
  static long word(byte[] key, int from) {
    if (from + Long.BYTES <= key.length) {
      return (long) ARRAY_LONG.get(key, from);
    }
    long word = 0;
    for (int i = from; i < from + Long.BYTES; i++) {
      word = word << Byte.SIZE | (i < key.length ? key[i] & 0xFF : 0);
    }
    return word;
  }
}
