package io.tideline.lsm.table;

import io.tideline.lsm.file.FileFrame;
import io.tideline.lsm.seeded.SeededBug;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * The filter section of a table: answers "surely not here" or "perhaps". Either a Bloom filter
 * whose probes for one key stay within one 64-byte cache line, one miss a question, or a {@link
 * FuseFilter}.
 */
final class TableFilter {

  /** Kinds of filters; on disk, never renumber. */
  static final int BLOOM = 1;

  static final int FUSE = 2;

  private static final int LINE_BYTES = 64;
  private static final int LINE_BITS_LOG = 9;
  private static final int PREFIX_BYTES = 8;

  /** More probes gain nothing within one line of 512 bits. */
  private static final int PROBES_MAX = 8;

  private static final long MIX = 0x9E3779B97F4A7C15L;

  private final MemorySegment data;
  private final @Nullable FuseFilter fuse;
  private final long lines;
  private final int probes;

  /**
   * @param data the section without its checksum, already verified
   */
  TableFilter(MemorySegment data) {
    this.data = data;
    fuse = kind(data) == FUSE ? new FuseFilter(data) : null;
    lines = data.get(Fragment.INT, 4);
    probes = data.get(ValueLayout.JAVA_BYTE, 1);
  }

  private static int kind(MemorySegment data) {
    return data.get(ValueLayout.JAVA_BYTE, 0);
  }

  /**
   * Builds the section, without checksum.
   *
   * @param bitsPerKey of a Bloom filter; 0 for a fuse filter
   */
  static byte[] build(long[] hashes, int count, int bitsPerKey) {
    int kept = SeededBug.FILTER_LACKS_A_KEY.isPlanted() ? Math.max(1, count - 1) : count;
    return bitsPerKey == 0 ? FuseFilter.build(hashes, kept) : buildBloom(hashes, kept, bitsPerKey);
  }

  private static byte[] buildBloom(long[] hashes, int count, int bitsPerKey) {
    long lines = Math.max(1, ((long) count * bitsPerKey + 511) / 512);
    int probes = Math.clamp(Math.round(bitsPerKey * 0.69f), 1, PROBES_MAX);
    byte[] section = new byte[Math.toIntExact(PREFIX_BYTES + lines * LINE_BYTES)];
    FileFrame.wrap(section).put(0, (byte) BLOOM).put(1, (byte) probes).putInt(4, (int) lines);
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
    if (fuse != null) {
      return fuse.mayContain(hash);
    }
    long line = PREFIX_BYTES + line(hash, lines) * LINE_BYTES;
    long x = hash;
    for (int p = 0; p < probes; p++) {
      x = x * MIX + 1;
      int bit = (int) (x >>> (64 - LINE_BITS_LOG));
      int at = data.get(ValueLayout.JAVA_BYTE, line + (bit >>> 3));
      if ((at >>> (bit & 7) & 1) == 0) {
        return false;
      }
    }
    return true;
  }

  /** Whether the section's numbers fit its size. */
  static boolean isSound(MemorySegment data) {
    if (data.byteSize() < PREFIX_BYTES) {
      return false;
    }
    return switch (kind(data)) {
      case BLOOM -> isSoundBloom(data);
      case FUSE -> FuseFilter.isSound(data);
      default -> false;
    };
  }

  private static boolean isSoundBloom(MemorySegment data) {
    int probes = data.get(ValueLayout.JAVA_BYTE, 1);
    return data.byteSize() >= PREFIX_BYTES + LINE_BYTES
        && data.byteSize() == PREFIX_BYTES + (long) data.get(Fragment.INT, 4) * LINE_BYTES
        && probes >= 1
        && probes <= PROBES_MAX;
  }
}
