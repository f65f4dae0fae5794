package io.tideline.tools.bench.engine;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.SplittableRandom;

/**
 * Generated values of one size: a header of eight bytes that look random, then words. They compress
 * about as chat does ({@code docs/benchmarks.md} has the ratio), and no two are equal.
 */
final class TextValues implements Values {
  /** Smallest value: the header. */
  static final int BYTES_MIN = Long.BYTES;

  /** Text that values are cut from: far more than a compressor's window, yet in the CPU's cache. */
  private static final int POOL_BYTES = 2 << 20;

  /** Words with Zipf's frequencies: as many as make the text compress as chat does. */
  private static final int WORDS = 1_500;

  private static final int WORD_LETTERS_MIN = 2;
  private static final int WORD_LETTERS_BOUND = 10;
  private static final String LETTERS = "eeetttaaooiinnsshhrrddlcumwfgypbvk";

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final int valueBytes;
  private final long seed;
  private final byte[] pool;

  /**
   * @param valueBytes size of every value, at least {@link #BYTES_MIN}
   */
  TextValues(int valueBytes, long seed) {
    if (valueBytes < BYTES_MIN) {
      throw new IllegalArgumentException("values of " + valueBytes + " bytes");
    }
    this.valueBytes = valueBytes;
    this.seed = seed;
    pool = text(POOL_BYTES + valueBytes, new SplittableRandom(seed));
  }

  private static byte[] text(int size, SplittableRandom random) {
    byte[][] words = new byte[WORDS][];
    for (int i = 0; i < WORDS; i++) {
      words[i] = new byte[random.nextInt(WORD_LETTERS_MIN, WORD_LETTERS_BOUND)];
      for (int j = 0; j < words[i].length; j++) {
        words[i][j] = (byte) LETTERS.charAt(random.nextInt(LETTERS.length()));
      }
    }
    Zipf ranks = new Zipf(WORDS);
    byte[] text = new byte[size];
    int end = 0;
    while (end < size) {
      byte[] word = words[ranks.rank(random.nextDouble())];
      int length = Math.min(word.length, size - end);
      System.arraycopy(word, 0, text, end, length);
      end += length;
      if (end < size) {
        text[end++] = ' ';
      }
    }
    return text;
  }

  @Override
  public byte[] value(int row, byte[] scratch) {
    long mixed = Mixer.mix(seed + row);
    int from = (int) ((mixed >>> 32) % POOL_BYTES);
    System.arraycopy(pool, from, scratch, 0, valueBytes);
    LONG.set(scratch, 0, mixed);
    return scratch;
  }

  @Override
  public int scratchBytes() {
    return valueBytes;
  }
}
