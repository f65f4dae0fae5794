package io.tideline.lsm.table;

import io.tideline.lsm.file.FileFrame;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * A binary fuse filter with three probes and 8-bit fingerprints (Graf and Lemire, "Binary Fuse
 * Filters: Fast and Smaller Than Xor Filters", 2022): 9 to 10 bits a key and 0.4 % wrong answers,
 * where a Bloom filter of the same size errs three times as often. It takes all keys at once and
 * several times longer to build, so it is meant for tables that stay.
 *
 * <p>A key is in the filter if the exclusive or of three cells is its fingerprint. The cells lie in
 * three neighbouring segments, which lets nearly all cells be used. Building peels: a cell that
 * only one key touches can be set last, so the key is set aside, and so on until none is left; if
 * that gets stuck, another seed is tried.
 *
 * <p>Section: {@code [kind 1][0 3][segments 4][segment length 4][0 4][seed 8][cell 1]*}, with
 * {@code segments + 2} times the segment length cells.
 */
final class FuseFilter {

  static final int PREFIX_BYTES = 24;

  /** Larger segments gain nothing and spoil locality (section 4 of the paper). */
  private static final int SEGMENT_LENGTH_MAX = 1 << 18;

  /** One try in ten fails for small sets; a hundred in a row mean equal hashes. */
  private static final int TRIES_MAX = 100;

  private static final long SEED_STEP = 0x9E3779B97F4A7C15L;

  private final MemorySegment data;
  private final int segmentLength;
  private final long segmentsLength;
  private final long seed;

  /**
   * @param data a sound section without its checksum
   */
  FuseFilter(MemorySegment data) {
    this.data = data;
    segmentLength = data.get(Fragment.INT, 8);
    segmentsLength = (long) data.get(Fragment.INT, 4) * segmentLength;
    seed = data.get(Fragment.LONG, 16);
  }

  /** Whether the section's numbers fit its size. */
  static boolean isSound(MemorySegment data) {
    if (data.byteSize() < PREFIX_BYTES) {
      return false;
    }
    int segments = data.get(Fragment.INT, 4);
    int length = data.get(Fragment.INT, 8);
    return segments >= 1
        && length >= 1
        && length <= SEGMENT_LENGTH_MAX
        && Integer.bitCount(length) == 1
        && data.byteSize() == PREFIX_BYTES + (segments + 2L) * length;
  }

  /** Whether the key of this hash may be in the table. */
  boolean mayContain(long hash) {
    long h = mix(hash + seed);
    long first = Math.unsignedMultiplyHigh(h, segmentsLength);
    int mask = segmentLength - 1;
    long second = (first + segmentLength) ^ ((h >>> 18) & mask);
    long third = (first + 2L * segmentLength) ^ (h & mask);
    return (byte) (cell(first) ^ cell(second) ^ cell(third)) == fingerprint(h);
  }

  private byte cell(long at) {
    return data.get(ValueLayout.JAVA_BYTE, PREFIX_BYTES + at);
  }

  private static byte fingerprint(long h) {
    return (byte) (h ^ (h >>> 32));
  }

  private static long mix(long x) {
    long h = (x ^ (x >>> 33)) * 0xff51afd7ed558ccdL;
    h = (h ^ (h >>> 33)) * 0xc4ceb9fe1a85ec53L;
    return h ^ (h >>> 33);
  }

  /** Builds the section, without checksum. */
  static byte[] build(long[] hashes, int count) {
    long[] keys = distinct(hashes, count);
    Shape shape = Shape.of(keys.length);
    for (int attempt = 1; attempt <= TRIES_MAX; attempt++) {
      byte[] section = new byte[PREFIX_BYTES + shape.cells()];
      long seed = attempt * SEED_STEP;
      if (new Builder(shape, seed, keys.length).build(keys, section)) {
        ByteBuffer prefix = FileFrame.wrap(section);
        prefix.put(0, (byte) TableFilter.FUSE);
        prefix.putInt(4, shape.segments).putInt(8, shape.length).putLong(16, seed);
        return section;
      }
    }
    throw new AssertionError("no fuse filter of " + keys.length + " distinct hashes");
  }

  private static long[] distinct(long[] hashes, int count) {
    long[] sorted = Arrays.copyOf(hashes, count);
    Arrays.sort(sorted);
    int kept = 0;
    for (int i = 0; i < count; i++) {
      if (i == 0 || sorted[i] != sorted[i - 1]) {
        sorted[kept++] = sorted[i];
      }
    }
    return Arrays.copyOf(sorted, kept);
  }

  /** How many segments of which length hold a number of keys; the formulas are the paper's. */
  private record Shape(int segments, int length) {
    static Shape of(int keys) {
      double n = Math.max(2, keys);
      int exponent = (int) Math.floor(Math.log(n) / Math.log(3.33) + 2.25);
      int length = Math.min(1 << exponent, SEGMENT_LENGTH_MAX);
      double factor = Math.max(1.125, 0.875 + 0.25 * Math.log(1_000_000) / Math.log(n));
      long capacity = Math.round(n * factor);
      long segments = Math.max(1, (capacity + length - 1) / length - 2);
      return new Shape(Math.toIntExact(segments), length);
    }

    int cells() {
      return Math.toIntExact((segments + 2L) * length);
    }
  }

  /** One try with one seed. */
  private static final class Builder {
    private final int segmentLength;
    private final long segmentsLength;
    private final long seed;

    /** Per cell: keys that touch it, and the exclusive or of their hashes and of their slots. */
    private final int[] touching;

    private final long[] hashes;
    private final byte[] slots;

    private final long[] peeled;
    private final byte[] peeledSlots;
    private final int[] at = new int[3];

    Builder(Shape shape, long seed, int keys) {
      segmentLength = shape.length;
      segmentsLength = (long) shape.segments * shape.length;
      this.seed = seed;
      touching = new int[shape.cells()];
      hashes = new long[shape.cells()];
      slots = new byte[shape.cells()];
      peeled = new long[keys];
      peeledSlots = new byte[keys];
    }

    private void locate(long h) {
      int first = (int) Math.unsignedMultiplyHigh(h, segmentsLength);
      int mask = segmentLength - 1;
      at[0] = first;
      at[1] = (first + segmentLength) ^ ((int) (h >>> 18) & mask);
      at[2] = (first + 2 * segmentLength) ^ ((int) h & mask);
    }

    boolean build(long[] keys, byte[] section) {
      for (long key : keys) {
        long h = mix(key + seed);
        locate(h);
        for (int slot = 0; slot < 3; slot++) {
          touch(at[slot], h, slot, 1);
        }
      }
      if (peel() < keys.length) {
        return false;
      }
      for (int i = keys.length - 1; i >= 0; i--) {
        long h = peeled[i];
        locate(h);
        byte value = fingerprint(h);
        for (int slot = 0; slot < 3; slot++) {
          value ^= slot == peeledSlots[i] ? 0 : section[PREFIX_BYTES + at[slot]];
        }
        section[PREFIX_BYTES + at[peeledSlots[i]]] = value;
      }
      return true;
    }

    private void touch(int cell, long h, int slot, int change) {
      touching[cell] += change;
      hashes[cell] ^= h;
      slots[cell] ^= (byte) slot;
    }

    /** Sets keys aside, each with a cell that only it touches then; returns how many. */
    private int peel() {
      int[] alone = new int[touching.length];
      int waiting = 0;
      for (int cell = 0; cell < touching.length; cell++) {
        if (touching[cell] == 1) {
          alone[waiting++] = cell;
        }
      }
      int done = 0;
      while (waiting > 0) {
        int cell = alone[--waiting];
        if (touching[cell] != 1) {
          continue;
        }
        long h = hashes[cell];
        peeled[done] = h;
        peeledSlots[done++] = slots[cell];
        locate(h);
        for (int slot = 0; slot < 3; slot++) {
          touch(at[slot], h, slot, -1);
          if (touching[at[slot]] == 1) {
            alone[waiting++] = at[slot];
          }
        }
      }
      return done;
    }
  }
}
