package io.tideline.lsm.memtable;

import io.tideline.lsm.memory.SlabArena;
import java.util.Arrays;

/**
 * The hash of nodes: open addressing with linear probing in the memtable's arena, slots of {@code
 * [fingerprint 4][node 4]}, at most three quarters full. It doubles by building a new table;
 * readers on the old one still find every node their snapshot can contain.
 *
 * <p>Threading: one writer, wait-free readers.
 */
final class NodeTable {

  private static final int SLOTS_INITIAL = 1024;

  /** Slots and mask belong together and change together. */
  private record Slots(long address, int count) {}

  private final SlabArena arena;
  private volatile Slots slots = new Slots(0, 0);
  private int nodes;

  NodeTable(SlabArena arena) {
    this.arena = arena;
  }

  /** Bytes that adding {@code more} nodes may allocate, doubled tables included. */
  long growthBytes(int more) {
    long bytes = 0;
    long count = slots.count;
    while (nodes + (long) more > count / 4 * 3) {
      count = count == 0 ? SLOTS_INITIAL : count * 2;
      bytes += count * Long.BYTES;
    }
    return bytes;
  }

  int nodeCount() {
    return nodes;
  }

  /** The node of a key, 0 if there is none. */
  int find(long hash, int space, byte[] key) {
    Slots table = slots;
    if (table.count == 0) {
      return 0;
    }
    int mask = table.count - 1;
    int fingerprint = (int) (hash >>> 32);
    for (int i = (int) hash & mask; ; i = (i + 1) & mask) {
      long slot = arena.acquireLong(table.address + (long) i * Long.BYTES);
      if (slot == 0) {
        return 0;
      }
      if ((int) (slot >>> 32) == fingerprint) {
        int node = (int) slot;
        if (hasKey(SlabArena.address(node), hash, space, key)) {
          return node;
        }
      }
    }
  }

  private boolean hasKey(long node, long hash, int space, byte[] key) {
    if (arena.getLong(node + Layout.NODE_HASH) != hash
        || arena.getUnsignedShort(node + Layout.NODE_KEY_LENGTH) != key.length + 1
        || arena.getByte(node + Layout.NODE_KEY) != space) {
      return false;
    }
    var slab = arena.slab(node);
    long from = SlabArena.slabOffset(node) + Layout.NODE_KEY + 1;
    for (int i = 0; i < key.length; i++) {
      if (slab.get(java.lang.foreign.ValueLayout.JAVA_BYTE, from + i) != key[i]) {
        return false;
      }
    }
    return true;
  }

  /** Adds a node whose key is not there yet and whose fields are written. */
  void add(long hash, int node) {
    if (nodes + 1 > slots.count / 4 * 3) {
      grow();
    }
    nodes++;
    put(slots, hash, node);
  }

  private void grow() {
    Slots old = slots;
    int count = old.count == 0 ? SLOTS_INITIAL : old.count * 2;
    long bytes = (long) count * Long.BYTES;
    long address = arena.allocateSpanning(bytes, 0);
    arena.zero(address, bytes);
    Slots wider = new Slots(address, count);
    for (int i = 0; i < old.count; i++) {
      int node = (int) arena.getLong(old.address + (long) i * Long.BYTES);
      if (node != 0) {
        put(wider, arena.getLong(SlabArena.address(node) + Layout.NODE_HASH), node);
      }
    }
    slots = wider;
  }

  private void put(Slots table, long hash, int node) {
    int mask = table.count - 1;
    int i = (int) hash & mask;
    while (arena.getLong(table.address + (long) i * Long.BYTES) != 0) {
      i = (i + 1) & mask;
    }
    arena.releaseLong(
        table.address + (long) i * Long.BYTES, hash >>> 32 << 32 | (node & 0xFFFF_FFFFL));
  }

  /** All nodes allocated below reference {@code limit}, in no order. */
  int[] nodesBelow(int limit) {
    Slots table = slots;
    int[] found = new int[Math.max(16, table.count / 4)];
    int n = 0;
    for (int i = 0; i < table.count; i++) {
      int node = (int) arena.acquireLong(table.address + (long) i * Long.BYTES);
      if (node != 0 && Integer.compareUnsigned(node, limit) < 0) {
        if (n == found.length) {
          found = Arrays.copyOf(found, n * 2);
        }
        found[n++] = node;
      }
    }
    return Arrays.copyOf(found, n);
  }
}
