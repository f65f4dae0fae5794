package io.tideline.tools.bench.engine;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Keys of timelines as a store's encoding would make them: four bytes that are the same for all of
 * a store, eight that look random, and four that tell timelines apart for certain. Neighbours in
 * the order of creation are far apart in the order of keys.
 */
final class TimelineKeys {
  /** Bytes of a timeline's key. A row's key has {@link Long#BYTES} more. */
  static final int BYTES = 16;

  /** Bytes of a row's key. */
  static final int ROW_KEY_BYTES = BYTES + Long.BYTES;

  private static final int STORE_ID = 1;
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private TimelineKeys() {}

  /** Writes the key of timeline {@code ordinal} into {@code key}. */
  static void write(int ordinal, byte[] key) {
    INT.set(key, 0, STORE_ID);
    LONG.set(key, 4, Mixer.mix(ordinal));
    INT.set(key, 12, ordinal);
  }
}
