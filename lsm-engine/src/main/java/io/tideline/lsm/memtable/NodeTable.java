package io.tideline.lsm.memtable;

import io.tideline.lsm.memory.SlabArena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The hash of nodes: open addressing with linear probing in the memtable's arena, slots of {@code
 * [fingerprint 4][node 4]}, at most three quarters full. The fingerprint is the upper half of the
 * hash and its uppermost bits are the home slot, so that growing reads slots only. It doubles by
 * building a new table; readers on the old one still find every node their snapshot can contain.
 *
 * <p>Threading: one writer, wait-free readers.
 */
final class NodeTable {

  /** 2 KiB: the memtable of an idle partition should be small. */
  private static final int SLOTS_INITIAL = 256;

  /** Slots and their number belong together and change together. */
  private record Slots(long address, int count) {

    int home(int fingerprint) {
      return fingerprint >>> (1 + Integer.numberOfLeadingZeros(count));
    }

    long at(int slot) {
      return address + (long) slot * Long.BYTES;
    }
  }

  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());

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
    for (int i = table.home(fingerprint); ; i = (i + 1) & mask) {
      long slot = arena.acquireLong(table.at(i));
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
    // A node lies within one slab.
    long from = arena.offset(node) + Layout.NODE_KEY + 1;
    MemorySegment memory = arena.memory();
    int i = 0;
    for (; i + Long.BYTES <= key.length; i += Long.BYTES) {
      if (memory.get(LONG, from + i) != (long) LONGS.get(key, i)) {
        return false;
      }
    }
    for (; i < key.length; i++) {
      if (memory.get(ValueLayout.JAVA_BYTE, from + i) != key[i]) {
        return false;
      }
    }
    return true;
  }

  /** The slot where the search for a hash begins; the writer's, to fetch it early. */
  long firstSlot(long hash) {
    Slots table = slots;
    return table.count == 0 ? 0 : arena.getLong(table.at(table.home((int) (hash >>> 32))));
  }

  /** The node in {@link #firstSlot} if its fingerprint fits, 0 otherwise. */
  int likelyNode(long hash) {
    long slot = firstSlot(hash);
    return slot >>> 32 == hash >>> 32 ? (int) slot : 0;
  }

  /** Adds a node whose key is not there yet and whose fields are written. */
  void add(long hash, int node) {
    if (nodes + 1 > slots.count / 4 * 3) {
      grow();
    }
    nodes++;
    put(slots, (int) (hash >>> 32), node);
  }

  private void grow() {
    Slots old = slots;
    int count = old.count == 0 ? SLOTS_INITIAL : old.count * 2;
    long bytes = (long) count * Long.BYTES;
    long address = arena.allocateSpanning(bytes, 0);
    arena.zero(address, bytes);
    Slots wider = new Slots(address, count);
    for (int i = 0; i < old.count; i++) {
      long slot = arena.getLong(old.at(i));
      if (slot != 0) {
        put(wider, (int) (slot >>> 32), (int) slot);
      }
    }
    slots = wider;
  }

  private void put(Slots table, int fingerprint, int node) {
    int mask = table.count - 1;
    int i = table.home(fingerprint);
    while (arena.getLong(table.at(i)) != 0) {
      i = (i + 1) & mask;
    }
    arena.releaseLong(table.at(i), (long) fingerprint << 32 | (node & 0xFFFF_FFFFL));
  }

  /** All nodes allocated below reference {@code limit}, in the order of hashes. */
  int[] nodesBelow(int limit) {
    Slots table = slots;
    int[] found = new int[Math.max(16, table.count / 4)];
    int n = 0;
    for (int i = 0; i < table.count; i++) {
      int node = (int) arena.acquireLong(table.at(i));
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
