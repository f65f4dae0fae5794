package io.tideline.lsm.memtable;

import io.tideline.lsm.memory.SlabArena;

/**
 * The nodes of a memtable in key order, sorted on demand and kept: an ordered walk is an operator's
 * or a flush's business, so appends do not pay for it.
 *
 * <p>Threading: safe; concurrent walks wait for one sort.
 */
final class SortedNodes {

  private final SlabArena arena;
  private final NodeTable nodes;

  /** Guarded by this. Every node below {@link #sortedLimit}, in key order. */
  private int[] sorted = new int[0];

  private int sortedLimit;

  SortedNodes(SlabArena arena, NodeTable nodes) {
    this.arena = arena;
    this.nodes = nodes;
  }

  /** Nodes in key order: all below {@code limit}, perhaps some above it, which show no element. */
  synchronized int[] below(int limit) {
    if (Integer.compareUnsigned(sortedLimit, limit) < 0) {
      int[] found = nodes.nodesBelow(limit);
      if (found.length != sorted.length) {
        NodeSort.sort(arena, found);
        sorted = found;
      }
      sortedLimit = limit;
    }
    return sorted;
  }
}
