package io.tideline.lsm.memtable;

import io.tideline.lsm.memory.SlabArena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Sorts nodes by key. Puts the first bits of each key, behind those that all keys share, and the
 * node's ordinal into one long, sorts the longs, and looks closer only where those bits are equal.
 *
 * <p>Nodes are visited in the order of their addresses, which the processor fetches ahead.
 */
final class NodeSort {

  /** Up to this many nodes are sorted by insertion. */
  private static final int INSERTION_MAX = 12;

  private static final ValueLayout.OfLong BIG_ENDIAN =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private final SlabArena arena;
  private final MemorySegment memory;
  private final int[] nodes;

  private NodeSort(SlabArena arena, int[] nodes) {
    this.arena = arena;
    this.nodes = nodes;
    memory = arena.memory();
  }

  static void sort(SlabArena arena, int[] nodes) {
    Arrays.sort(nodes);
    new NodeSort(arena, nodes).sort(0, nodes.length, 0);
  }

  /**
   * Sorts a range of nodes in the order of addresses whose keys, continued with zeros, share {@code
   * depth} bytes.
   */
  private void sort(int from, int to, int depth) {
    if (to - from <= INSERTION_MAX) {
      insertionSort(from, to);
      return;
    }
    int count = to - from;
    int longest = longestKey(from, to);
    // Keys that differ in nothing but how many zeros they end with are in order of length.
    boolean ended = depth >= longest;
    int start = ended ? depth : commonPrefix(from, to, depth);
    int ordinalBits = 32 - Integer.numberOfLeadingZeros(count);
    long ordinalMask = (1L << ordinalBits) - 1;
    int[] old = Arrays.copyOfRange(nodes, from, to);
    long[] prefixes = new long[count];
    long[] packed = new long[count];
    for (int i = 0; i < count; i++) {
      prefixes[i] =
          ended ? (long) keyLength(SlabArena.address(old[i])) << 48 : prefix(old[i], start);
      packed[i] = flip((prefixes[i] & ~ordinalMask) | i);
    }
    Arrays.sort(packed);
    for (int i = 0; i < count; i++) {
      nodes[from + i] = old[(int) (packed[i] & ordinalMask)];
    }
    for (int i = 0, end; i < count; i = end) {
      long bits = packed[i] & ~ordinalMask;
      end = i + 1;
      while (end < count && (packed[end] & ~ordinalMask) == bits) {
        end++;
      }
      if (end - i > INSERTION_MAX && !ended) {
        sort(from + i, from + end, start + (Long.SIZE - ordinalBits) / Byte.SIZE);
      } else if (end - i > 1) {
        resolve(from, i, end, packed, ordinalMask, prefixes, old);
      }
    }
  }

  /** Puts a few nodes whose packed bits are equal in order, by their whole prefixes first. */
  private void resolve(
      int from, int start, int end, long[] packed, long ordinalMask, long[] prefixes, int[] old) {
    for (int i = start + 1; i < end; i++) {
      long moved = packed[i];
      int at = i;
      while (at > start && isAfter(packed[at - 1], moved, ordinalMask, prefixes, old)) {
        packed[at] = packed[at - 1];
        at--;
      }
      packed[at] = moved;
    }
    for (int i = start; i < end; i++) {
      nodes[from + i] = old[(int) (packed[i] & ordinalMask)];
    }
  }

  private boolean isAfter(long left, long right, long mask, long[] prefixes, int[] old) {
    int a = (int) (left & mask);
    int b = (int) (right & mask);
    int order = Long.compareUnsigned(prefixes[a], prefixes[b]);
    return order > 0 || (order == 0 && compare(old[a], old[b]) > 0);
  }

  /** Makes unsigned order the order of signed longs, and back. */
  private static long flip(long value) {
    return value ^ Long.MIN_VALUE;
  }

  private int longestKey(int from, int to) {
    int longest = 0;
    for (int i = from; i < to; i++) {
      longest = Math.max(longest, keyLength(SlabArena.address(nodes[i])));
    }
    return longest;
  }

  private int commonPrefix(int from, int to, int depth) {
    long first = SlabArena.address(nodes[from]);
    long firstKey = keyOffset(first);
    int common = keyLength(first);
    for (int i = from + 1; i < to && common > depth; i++) {
      long node = SlabArena.address(nodes[i]);
      common = shared(firstKey, keyOffset(node), Math.min(common, keyLength(node)));
    }
    return Math.max(depth, common);
  }

  /** How many of {@code length} bytes at two offsets are equal. */
  private int shared(long left, long right, int length) {
    int i = 0;
    for (; i + Long.BYTES <= length; i += Long.BYTES) {
      long different = memory.get(BIG_ENDIAN, left + i) ^ memory.get(BIG_ENDIAN, right + i);
      if (different != 0) {
        return i + Long.numberOfLeadingZeros(different) / Byte.SIZE;
      }
    }
    while (i < length
        && memory.get(ValueLayout.JAVA_BYTE, left + i)
            == memory.get(ValueLayout.JAVA_BYTE, right + i)) {
      i++;
    }
    return i;
  }

  /** Eight bytes of a key as an unsigned number, zeros behind its end. */
  private long prefix(int node, int start) {
    long address = SlabArena.address(node);
    long from = keyOffset(address) + start;
    int length = keyLength(address) - start;
    if (length >= Long.BYTES) {
      return memory.get(BIG_ENDIAN, from);
    }
    long prefix = 0;
    for (int i = 0; i < Long.BYTES; i++) {
      prefix =
          prefix << Byte.SIZE
              | (i < length ? memory.get(ValueLayout.JAVA_BYTE, from + i) & 0xFF : 0);
    }
    return prefix;
  }

  private void insertionSort(int from, int to) {
    for (int i = from + 1; i < to; i++) {
      int node = nodes[i];
      int at = i;
      while (at > from && compare(nodes[at - 1], node) > 0) {
        nodes[at] = nodes[at - 1];
        at--;
      }
      nodes[at] = node;
    }
  }

  private int compare(int a, int b) {
    long left = SlabArena.address(a);
    long right = SlabArena.address(b);
    int leftLength = keyLength(left);
    int rightLength = keyLength(right);
    int length = Math.min(leftLength, rightLength);
    int equal = shared(keyOffset(left), keyOffset(right), length);
    if (equal == length) {
      return Integer.compare(leftLength, rightLength);
    }
    return Integer.compare(
        memory.get(ValueLayout.JAVA_BYTE, keyOffset(left) + equal) & 0xFF,
        memory.get(ValueLayout.JAVA_BYTE, keyOffset(right) + equal) & 0xFF);
  }

  private int keyLength(long node) {
    return arena.getUnsignedShort(node + Layout.NODE_KEY_LENGTH);
  }

  private long keyOffset(long node) {
    return arena.offset(node) + Layout.NODE_KEY;
  }
}
