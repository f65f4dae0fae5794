package io.tideline.lsm.row;

import java.util.Arrays;
import java.util.HexFormat;

/**
 * Internal keys: one space byte, then the caller's key. Record tables come first, timelines after
 * them, so both live in one memtable and one stream of tables.
 */
public final class InternalKey {

  /** Space of timelines. On disk; record table {@code t} is space {@code t}. */
  public static final int TIMELINES = 0x10;

  private InternalKey() {}

  public static byte[] of(int space, byte[] key) {
    byte[] internal = new byte[key.length + 1];
    internal[0] = (byte) space;
    System.arraycopy(key, 0, internal, 1, key.length);
    return internal;
  }

  /** The smallest internal key of a space. */
  public static byte[] startOf(int space) {
    return new byte[] {(byte) space};
  }

  public static int space(byte[] internalKey) {
    return internalKey[0] & 0xFF;
  }

  public static boolean isTimeline(byte[] internalKey) {
    return internalKey[0] == TIMELINES;
  }

  /** An internal key in words: {@code timeline 6162} or {@code record 3 6162}, in hex. */
  public static String toText(byte[] internalKey) {
    String hex = HexFormat.of().formatHex(internalKey, 1, internalKey.length);
    return isTimeline(internalKey) ? "timeline " + hex : "record " + space(internalKey) + " " + hex;
  }

  /** The caller's key. */
  public static byte[] userKey(byte[] internalKey) {
    return Arrays.copyOfRange(internalKey, 1, internalKey.length);
  }
}
