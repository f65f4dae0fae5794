package io.tideline.lsm.memtable;

import io.tideline.lsm.memory.SlabArena;
import io.tideline.lsm.row.RowSource;
import java.util.Arrays;

/**
 * The rows of one node at a snapshot. A cold timeline's few rows are collected and put in order
 * first; a hot one is walked through its {@link RowIndex}, backwards along the chain where ids rise
 * along it.
 */
final class MemtableRows implements RowSource {

  private final SlabArena arena;
  private final int limit;
  private int node;
  private int index;

  /** Without an index: the rows in ascending order of ids, the first {@link #count}. */
  private int[] rows = NO_ROWS;

  private int count;
  private int at = -1;

  /** With an index: the entry of the present row, 0 on the backward chain. */
  private int entry;

  /** The present row, 0 if none. */
  private int element;

  private static final int[] NO_ROWS = new int[0];

  /** Of no node yet: {@link #reset} comes first. */
  MemtableRows(SlabArena arena, int limit) {
    this.arena = arena;
    this.limit = limit;
  }

  MemtableRows(SlabArena arena, int node, int limit) {
    this(arena, limit);
    reset(node);
  }

  /** Becomes the rows of another node, not positioned. */
  void reset(int newNode) {
    node = newNode;
    at = -1;
    entry = 0;
    element = 0;
    count = 0;
    index = arena.acquireInt(SlabArena.address(node) + Layout.NODE_INDEX);
    if (index == 0) {
      collect();
    }
  }

  /** The newest version of each id below the limit. */
  private void collect() {
    int newest = NodeReader.newest(arena, node, limit);
    boolean record = NodeReader.isRecord(arena, node);
    for (int e = newest; e != 0; e = record ? 0 : NodeReader.previous(arena, e)) {
      if (count == rows.length) {
        rows = count == 0 ? new int[8] : Arrays.copyOf(rows, count * 2);
      }
      if (NodeReader.isRow(arena, e) && insertInOrder(rows, count, e)) {
        count++;
      }
    }
  }

  /** Inserts an element older than all in {@code found}, unless its id is there already. */
  private boolean insertInOrder(int[] found, int n, int candidate) {
    long sequenceId = NodeReader.sequence(arena, candidate);
    int i = 0;
    while (i < n && NodeReader.sequence(arena, found[i]) < sequenceId) {
      i++;
    }
    if (i < n && NodeReader.sequence(arena, found[i]) == sequenceId) {
      return false;
    }
    System.arraycopy(found, i, found, i + 1, n - i);
    found[i] = candidate;
    return true;
  }

  @Override
  public boolean seekGE(long sequenceId) {
    if (index != 0) {
      return settleForward(RowIndex.seekGE(arena, index, sequenceId));
    }
    at = firstAtOrAbove(sequenceId);
    return take();
  }

  @Override
  public boolean seekLT(long sequenceId) {
    if (index != 0) {
      return settleBackward(RowIndex.seekLT(arena, index, sequenceId));
    }
    at = firstAtOrAbove(sequenceId) - 1;
    return take();
  }

  private int firstAtOrAbove(long sequenceId) {
    int i = 0;
    while (i < count && NodeReader.sequence(arena, rows[i]) < sequenceId) {
      i++;
    }
    return i;
  }

  private boolean take() {
    element = at >= 0 && at < count ? rows[at] : 0;
    return element != 0;
  }

  @Override
  public boolean next() {
    if (index != 0) {
      return settleForward(RowIndex.next(arena, entry));
    }
    at++;
    return take();
  }

  @Override
  public boolean prev() {
    if (index == 0) {
      at--;
      return take();
    }
    if (!isOrdered()) {
      return settleBackward(RowIndex.seekLT(arena, index, sequenceId()));
    }
    do {
      element = NodeReader.previous(arena, element);
    } while (element != 0 && !NodeReader.isRow(arena, element));
    return element != 0;
  }

  /**
   * The flag is set before the first row that breaks the order is linked, so while it is unset
   * every element below the limit is in order.
   */
  private boolean isOrdered() {
    return !NodeReader.hasFlag(arena, node, Layout.FLAG_UNORDERED);
  }

  private boolean settleForward(int from) {
    entry = from;
    while (entry != 0) {
      element = visibleVersion(entry);
      if (element != 0) {
        return true;
      }
      entry = RowIndex.next(arena, entry);
    }
    element = 0;
    return false;
  }

  private boolean settleBackward(int from) {
    entry = from;
    while (entry != 0) {
      element = visibleVersion(entry);
      if (element != 0) {
        return true;
      }
      entry = RowIndex.seekLT(arena, index, RowIndex.sequence(arena, entry));
    }
    element = 0;
    return false;
  }

  /** The newest version of an entry below the limit, 0 if the id is not in the snapshot. */
  private int visibleVersion(int from) {
    int version = RowIndex.element(arena, from);
    while (version != 0 && !NodeReader.isBelow(version, limit)) {
      version = arena.getInt(SlabArena.address(version) + Layout.OLDER);
    }
    return version;
  }

  @Override
  public boolean skipOlder(long timestampMillis) {
    if (element == 0 || index == 0 || timestampMillis() >= timestampMillis) {
      return element != 0;
    }
    if (NodeReader.hasFlag(arena, node, Layout.FLAG_TIMES_UNORDERED)) {
      return true;
    }
    return settleForward(RowIndex.seekTime(arena, index, timestampMillis));
  }

  @Override
  public boolean isValid() {
    return element != 0;
  }

  @Override
  public long sequenceId() {
    return NodeReader.sequence(arena, element);
  }

  @Override
  public long timestampMillis() {
    return arena.getLong(SlabArena.address(element) + Layout.MILLIS);
  }

  @Override
  public int meta() {
    return arena.getInt(SlabArena.address(element) + Layout.META) & Layout.ROW_META;
  }

  @Override
  public int valueSize() {
    return arena.getInt(SlabArena.address(element) + Layout.VALUE_LENGTH);
  }

  @Override
  public void copyValue(byte[] dst, int offset) {
    long address = SlabArena.address(element);
    boolean inline = (arena.getInt(address + Layout.META) & Layout.INLINE_HEAD) != 0;
    int header = inline ? Layout.HEAD_ELEMENT_BYTES : Layout.ELEMENT_BYTES;
    arena.copyOut(address + header, dst, offset, valueSize());
  }

  @Override
  public void close() {
    element = 0;
  }
}
