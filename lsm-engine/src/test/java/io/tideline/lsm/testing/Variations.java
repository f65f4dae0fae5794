package io.tideline.lsm.testing;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/** Bytes that are almost right: seeds of a fuzzer, and its place where there is none. */
public final class Variations {

  private static final int VARIATIONS_OF_EACH = Seeds.isFullScale() ? 1_000 : 40;

  /** Where numbers go wrong. */
  private static final long[] EDGES = {
    0,
    1,
    -1,
    0x7F,
    0x80,
    0xFF,
    Short.MAX_VALUE,
    0xFFFF,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE,
    Long.MAX_VALUE,
    Long.MIN_VALUE
  };

  private Variations() {}

  /** Each of the originals, then the same number of variations of each. */
  public static Stream<byte[]> of(Collection<byte[]> originals) {
    SplittableRandom random = new SplittableRandom(Seeds.seedOr(1));
    List<byte[]> all = new ArrayList<>(originals);
    for (byte[] original : originals) {
      for (int i = 0; i < VARIATIONS_OF_EACH; i++) {
        all.add(vary(original, random));
      }
    }
    return all.stream();
  }

  private static byte[] vary(byte[] original, SplittableRandom random) {
    byte[] bytes = original.clone();
    for (int changes = 1 + random.nextInt(3); changes > 0 && bytes.length > 0; changes--) {
      int at = random.nextInt(bytes.length);
      switch (random.nextInt(5)) {
        case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> bytes[at] = (byte) random.nextInt();
        case 2 -> put(bytes, at, EDGES[random.nextInt(EDGES.length)], 1 << random.nextInt(4));
        case 3 -> put(bytes, at, random.nextInt(bytes.length + 8), 4);
        default -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length + 9));
      }
    }
    return bytes;
  }

  /** Little-endian, as everything on disk. */
  private static void put(byte[] bytes, int at, long value, int width) {
    for (int i = 0; i < width && at + i < bytes.length; i++) {
      bytes[at + i] = (byte) (value >>> (8 * i));
    }
  }
}
