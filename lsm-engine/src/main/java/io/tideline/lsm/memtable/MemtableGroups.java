package io.tideline.lsm.memtable;

import io.tideline.lsm.TimelineHead;
import io.tideline.lsm.memory.SlabArena;
import io.tideline.lsm.row.GroupSource;
import io.tideline.lsm.row.RowSource;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The groups of a memtable at a snapshot, in key order. */
final class MemtableGroups implements GroupSource {

  private final SlabArena arena;
  private final int[] nodes;
  private final int limit;
  private int at = -1;
  private byte[] key = new byte[0];

  MemtableGroups(SlabArena arena, int[] nodes, int limit) {
    this.arena = arena;
    this.nodes = nodes;
    this.limit = limit;
  }

  @Override
  public boolean seek(byte @Nullable [] target) {
    at = target == null ? 0 : firstAtOrAfter(target);
    return settle();
  }

  private int firstAtOrAfter(byte[] target) {
    int low = 0;
    int high = nodes.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (Arrays.compareUnsigned(NodeReader.key(arena, nodes[middle]), target) < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  @Override
  public boolean next() {
    at++;
    return settle();
  }

  /** Skips nodes that have no element in this snapshot. */
  private boolean settle() {
    while (at < nodes.length && NodeReader.newest(arena, nodes[at], limit) == 0) {
      at++;
    }
    if (at < nodes.length) {
      key = NodeReader.key(arena, nodes[at]);
    }
    return isValid();
  }

  @Override
  public boolean isValid() {
    return at >= 0 && at < nodes.length;
  }

  @Override
  public byte[] key() {
    return key;
  }

  @Override
  public TimelineHead head() {
    return NodeReader.head(arena, nodes[at], limit);
  }

  @Override
  public RowSource rows() {
    MemtableRows rows = new MemtableRows(arena, nodes[at], limit);
    rows.seekGE(Long.MIN_VALUE);
    return rows;
  }

  @Override
  public void close() {}
}
