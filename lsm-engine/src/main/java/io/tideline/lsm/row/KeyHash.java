package io.tideline.lsm.row;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The 64-bit hash of internal keys, by multiply and fold. It decides the bits of table filters, so
 * it is part of the file format. Seeded with each engine's identity: who chooses timeline names
 * cannot choose collisions.
 */
public final class KeyHash {

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  // Odd constants with balanced bits (the fractional digits of the golden ratio and friends).
  private static final long A = 0x9E3779B97F4A7C15L;
  private static final long B = 0xC2B2AE3D27D4EB4FL;
  private static final long C = 0x165667B19E3779F9L;

  private KeyHash() {}

  /** Hash of an internal key. */
  public static long of(byte[] internalKey, long seed) {
    return of(internalKey, internalKey.length, seed);
  }

  /** Hash of the internal key in the first {@code length} bytes of an array. */
  public static long of(byte[] internalKey, int length, long seed) {
    return hash(internalKey, 1, length, internalKey[0] & 0xFF, seed);
  }

  /** Hash of the internal key made of {@code space} and {@code key}, without building it. */
  public static long of(int space, byte[] key, long seed) {
    return hash(key, 0, key.length, space, seed);
  }

  private static long hash(byte[] bytes, int from, int to, int space, long seed) {
    int length = to - from;
    long h = seed ^ (A * (space + 1)) ^ (B * length);
    int at = from;
    for (int left = length; left >= 8; left -= 8, at += 8) {
      h = fold(h ^ (long) LONGS.get(bytes, at), A);
    }
    long tail = 0;
    for (; at < to; at++) {
      tail = tail << 8 | (bytes[at] & 0xFF);
    }
    return fold(fold(h ^ tail, B) ^ C, A ^ length);
  }

  private static long fold(long x, long y) {
    return (x * y) ^ Math.unsignedMultiplyHigh(x, y);
  }
}
