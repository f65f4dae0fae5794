package io.tideline.lsm.memtable;

import io.tideline.lsm.memory.SlabArena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Sorts nodes by key. Packs a few key bytes and the node's ordinal into one long, sorts the longs,
 * and goes deeper only into runs whose packed bytes are equal. Bytes that all keys share are
 * skipped first: keys of one store have a long common prefix.
 */
final class NodeSort {

  /** Below this a run is finished by insertion with whole-key comparison. */
  private static final int INSERTION_MAX = 12;

  private final SlabArena arena;
  private final int[] nodes;

  private NodeSort(SlabArena arena, int[] nodes) {
    this.arena = arena;
    this.nodes = nodes;
  }

  static void sort(SlabArena arena, int[] nodes) {
    new NodeSort(arena, nodes).sort(0, nodes.length, 0);
  }

  private void sort(int from, int to, int depth) {
    if (to - from <= INSERTION_MAX || depth > Short.MAX_VALUE) {
      insertionSort(from, to);
      return;
    }
    int start = commonPrefix(from, to, depth);
    int ordinalBits = 32 - Integer.numberOfLeadingZeros(to - from);
    int prefixBytes = (64 - ordinalBits) / 8;
    int shift = 64 - 8 * prefixBytes;
    long[] packed = new long[to - from];
    for (int i = from; i < to; i++) {
      packed[i - from] = flip(prefix(nodes[i], start, prefixBytes) << shift | (i - from));
    }
    Arrays.sort(packed);
    int[] old = Arrays.copyOfRange(nodes, from, to);
    long ordinalMask = (1L << shift) - 1;
    for (int i = 0; i < packed.length; i++) {
      nodes[from + i] = old[(int) (flip(packed[i]) & ordinalMask)];
    }
    for (int i = 0, end; i < packed.length; i = end) {
      end = i + 1;
      while (end < packed.length && flip(packed[end]) >>> shift == flip(packed[i]) >>> shift) {
        end++;
      }
      if (end - i > 1) {
        sort(from + i, from + end, start + prefixBytes);
      }
    }
  }

  /** Makes unsigned order the order of signed longs, and back. */
  private static long flip(long value) {
    return value ^ Long.MIN_VALUE;
  }

  private int commonPrefix(int from, int to, int depth) {
    long first = SlabArena.address(nodes[from]);
    int common = keyLength(first);
    for (int i = from + 1; i < to && common > depth; i++) {
      long node = SlabArena.address(nodes[i]);
      long mismatch =
          MemorySegment.mismatch(
              arena.slab(first),
              keyOffset(first) + depth,
              keyOffset(first) + common,
              arena.slab(node),
              keyOffset(node) + depth,
              keyOffset(node) + Math.max(depth, keyLength(node)));
      if (mismatch >= 0) {
        common = Math.min(common, depth + (int) mismatch);
      }
    }
    return Math.max(depth, common);
  }

  private long prefix(int node, int start, int bytes) {
    long address = SlabArena.address(node);
    MemorySegment slab = arena.slab(address);
    long from = keyOffset(address) + start;
    int length = Math.min(bytes, keyLength(address) - start);
    long prefix = 0;
    for (int i = 0; i < bytes; i++) {
      prefix = prefix << 8 | (i < length ? slab.get(ValueLayout.JAVA_BYTE, from + i) & 0xFF : 0);
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
    MemorySegment leftSlab = arena.slab(left);
    MemorySegment rightSlab = arena.slab(right);
    long leftFrom = keyOffset(left);
    long rightFrom = keyOffset(right);
    long mismatch =
        MemorySegment.mismatch(
            leftSlab,
            leftFrom,
            leftFrom + leftLength,
            rightSlab,
            rightFrom,
            rightFrom + rightLength);
    if (mismatch < 0 || mismatch >= Math.min(leftLength, rightLength)) {
      return Integer.compare(leftLength, rightLength);
    }
    return Integer.compare(
        leftSlab.get(ValueLayout.JAVA_BYTE, leftFrom + mismatch) & 0xFF,
        rightSlab.get(ValueLayout.JAVA_BYTE, rightFrom + mismatch) & 0xFF);
  }

  private int keyLength(long node) {
    return arena.getUnsignedShort(node + Layout.NODE_KEY_LENGTH);
  }

  private static long keyOffset(long node) {
    return SlabArena.slabOffset(node) + Layout.NODE_KEY;
  }
}
