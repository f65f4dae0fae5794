package io.tideline.lsm.table;

import io.tideline.lsm.file.FileFrame;
import java.lang.foreign.MemorySegment;

/**
 * A Bloom filter whose probes for one key stay within one 64-byte cache line: one miss a question.
 * Answers "surely not here" or "perhaps".
 */
final class TableFilter {

  private static final int LINE_BYTES = 64;
  private static final int LINE_BITS_LOG = 9;
  private static final int PREFIX_BYTES = 8;

  /** More probes gain nothing within one line of 512 bits. */
  private static final int PROBES_MAX = 8;

  private static final long MIX = 0x9E3779B97F4A7C15L;

  private final MemorySegment data;
  private final long lines;
  private final int probes;

  /**
   * @param data the section without its checksum, already verified
   */
  TableFilter(MemorySegment data) {
    this.data = data;
    lines = data.get(Fragment.INT, 0);
    probes = data.get(Fragment.INT, 4);
  }

  /** Builds the section, without checksum. */
  static byte[] build(long[] hashes, int count, int bitsPerKey) {
    long lines = Math.max(1, ((long) count * bitsPerKey + 511) / 512);
    int probes = Math.clamp(Math.round(bitsPerKey * 0.69f), 1, PROBES_MAX);
    byte[] section = new byte[Math.toIntExact(PREFIX_BYTES + lines * LINE_BYTES)];
    FileFrame.wrap(section).putInt(0, (int) lines).putInt(4, probes);
    for (int i = 0; i < count; i++) {
      int line = PREFIX_BYTES + (int) (line(hashes[i], lines) * LINE_BYTES);
      long x = hashes[i];
      for (int p = 0; p < probes; p++) {
        x = x * MIX + 1;
        int bit = (int) (x >>> (64 - LINE_BITS_LOG));
        int at = line + (bit >>> 3);
        section[at] |= (byte) (1 << (bit & 7));
      }
    }
    return section;
  }

  private static long line(long hash, long lines) {
    return Math.unsignedMultiplyHigh(hash, lines);
  }

  /** Whether the key of this hash may be in the table. */
  boolean mayContain(long hash) {
    long line = PREFIX_BYTES + line(hash, lines) * LINE_BYTES;
    long x = hash;
    for (int p = 0; p < probes; p++) {
      x = x * MIX + 1;
      int bit = (int) (x >>> (64 - LINE_BITS_LOG));
      int at = data.get(java.lang.foreign.ValueLayout.JAVA_BYTE, line + (bit >>> 3));
      if ((at >>> (bit & 7) & 1) == 0) {
        return false;
      }
    }
    return true;
  }

  /** Whether the section's numbers fit its size. */
  static boolean isSound(MemorySegment data) {
    return data.byteSize() >= PREFIX_BYTES + LINE_BYTES
        && data.byteSize() == PREFIX_BYTES + (long) data.get(Fragment.INT, 0) * LINE_BYTES
        && data.get(Fragment.INT, 4) >= 1
        && data.get(Fragment.INT, 4) <= PROBES_MAX;
  }
}
