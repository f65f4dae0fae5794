package io.tideline.lsm.memtable;

import io.tideline.lsm.TimelineHead;
import io.tideline.lsm.memory.SlabArena;
import io.tideline.lsm.row.Heads;

/** Reads nodes and elements at a snapshot limit. */
final class NodeReader {

  private NodeReader() {}

  static boolean isBelow(int reference, int limit) {
    return Integer.compareUnsigned(reference, limit) < 0;
  }

  /** The newest element below the limit, 0 if none. */
  static int newest(SlabArena arena, int node, int limit) {
    int at = arena.acquireInt(SlabArena.address(node) + Layout.NODE_LAST);
    while (at != 0 && !isBelow(at, limit)) {
      at = arena.getInt(SlabArena.address(at) + Layout.PREV);
    }
    return at;
  }

  static TimelineHead head(SlabArena arena, int node, int limit) {
    if (isRecord(arena, node)) {
      return Heads.NONE;
    }
    int newest = newest(arena, node, limit);
    if (newest == 0) {
      return Heads.NONE;
    }
    long element = SlabArena.address(newest);
    int mark = arena.getInt(element + Layout.MARK);
    long marked = SlabArena.address(mark);
    boolean inline = (arena.getInt(element + Layout.META) & Layout.INLINE_HEAD) != 0;
    return new TimelineHead(
        arena.getLong(element + (inline ? Layout.HEAD_LAST_SEQUENCE : Layout.SEQUENCE)),
        mark == 0 ? TimelineHead.NOTHING_TRIMMED : arena.getLong(marked + Layout.HEAD_TRIM),
        arena.getInt(element + Layout.APPENDED) & 0xFFFF_FFFFL,
        mark == 0 ? 0 : arena.getLong(marked + Layout.HEAD_EPOCH),
        arena.getLong(element + (inline ? Layout.HEAD_LAST_MILLIS : Layout.MILLIS)));
  }

  static boolean isRecord(SlabArena arena, int node) {
    return hasFlag(arena, node, Layout.FLAG_RECORD);
  }

  static boolean hasFlag(SlabArena arena, int node, int flag) {
    return (arena.getUnsignedShort(SlabArena.address(node) + Layout.NODE_FLAGS) & flag) != 0;
  }

  static byte[] key(SlabArena arena, int node) {
    long address = SlabArena.address(node);
    byte[] key = new byte[arena.getUnsignedShort(address + Layout.NODE_KEY_LENGTH)];
    arena.copyOut(address + Layout.NODE_KEY, key, 0, key.length);
    return key;
  }

  static boolean isRow(SlabArena arena, int element) {
    return (arena.getInt(SlabArena.address(element) + Layout.META) & Layout.MARK_ONLY) == 0;
  }

  static long sequence(SlabArena arena, int element) {
    return arena.getLong(SlabArena.address(element) + Layout.SEQUENCE);
  }

  static int previous(SlabArena arena, int element) {
    return arena.getInt(SlabArena.address(element) + Layout.PREV);
  }
}
