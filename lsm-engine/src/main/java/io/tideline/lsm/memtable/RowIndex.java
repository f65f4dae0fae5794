package io.tideline.lsm.memtable;

import io.tideline.lsm.memory.SlabArena;

/**
 * A skip list over the rows of one hot timeline, ordered by sequence id: seeks and ordered walks
 * cost O(log n) and O(1) where the backward chain of a cold timeline would cost O(n). An id has one
 * entry, which names its newest row; older versions hang off that row for older snapshots.
 *
 * <p>Kept in the memtable's arena; this class is only the algorithm. The list header is {@code
 * [next x 12][tail x 12]}: {@code tail} is the writer's finger, which makes an insert past the end
 * (every append) O(1).
 *
 * <p>Heights come from a counter, not from chance: entry n is as high as n has trailing zero bits,
 * by twos. Appends thus form a perfect list and the same operations always give the same bytes.
 */
final class RowIndex {

  /** 4^12 rows are more than a memtable can hold. */
  private static final int LEVELS = 12;

  static final int HEADER_BYTES = LEVELS * 8;
  static final int ENTRY_BYTES_MAX = Layout.ENTRY_NEXT + LEVELS * 4;

  private RowIndex() {}

  static int create(SlabArena arena) {
    long address = arena.allocate(HEADER_BYTES);
    arena.zero(address, HEADER_BYTES);
    return SlabArena.reference(address);
  }

  /**
   * Adds a row, or makes it the newest version of its id.
   *
   * @param ordinal count of inserts so far, from 1
   */
  static void insert(SlabArena arena, int index, int element, long sequenceId, int ordinal) {
    int height = Math.min(LEVELS, 1 + Integer.numberOfTrailingZeros(ordinal) / 2);
    long header = SlabArena.address(index);
    int tail = arena.getInt(tailAddress(header, 0));
    if (tail == 0 || sequenceId > sequence(arena, tail)) {
      append(arena, header, element, sequenceId, height);
      return;
    }
    int[] before = new int[LEVELS];
    int found = search(arena, index, sequenceId, before);
    if (found != 0 && sequence(arena, found) == sequenceId) {
      long entry = SlabArena.address(found);
      int older = arena.getInt(entry + Layout.ENTRY_ELEMENT);
      arena.putInt(SlabArena.address(element) + Layout.OLDER, older);
      arena.releaseInt(entry + Layout.ENTRY_ELEMENT, element);
      return;
    }
    link(arena, header, newEntry(arena, element, sequenceId, height), before, height);
  }

  private static void append(
      SlabArena arena, long header, int element, long sequenceId, int height) {
    int[] before = new int[height];
    for (int level = 0; level < height; level++) {
      before[level] = arena.getInt(tailAddress(header, level));
    }
    link(arena, header, newEntry(arena, element, sequenceId, height), before, height);
  }

  private static int newEntry(SlabArena arena, int element, long sequenceId, int height) {
    long entry = arena.allocate(Layout.ENTRY_NEXT + height * 4);
    arena.putLong(entry + Layout.ENTRY_SEQUENCE, sequenceId);
    arena.putInt(entry + Layout.ENTRY_ELEMENT, element);
    return SlabArena.reference(entry);
  }

  /** Links bottom up, each level with a release: a reader sees the entry whole or not at all. */
  private static void link(SlabArena arena, long header, int entry, int[] before, int height) {
    for (int level = 0; level < height; level++) {
      long from = nextAddress(header, before[level], level);
      int after = arena.getInt(from);
      arena.putInt(nextAddress(header, entry, level), after);
      arena.releaseInt(from, entry);
      if (after == 0) {
        arena.putInt(tailAddress(header, level), entry);
      }
    }
  }

  /** First entry with an id at or above {@code sequenceId}, 0 if none. */
  static int seekGE(SlabArena arena, int index, long sequenceId) {
    return search(arena, index, sequenceId, null);
  }

  /** Last entry with an id below {@code sequenceId}, 0 if none. */
  static int seekLT(SlabArena arena, int index, long sequenceId) {
    long header = SlabArena.address(index);
    int at = 0;
    for (int level = LEVELS - 1; level >= 0; level--) {
      int next = arena.acquireInt(nextAddress(header, at, level));
      while (next != 0 && sequence(arena, next) < sequenceId) {
        at = next;
        next = arena.acquireInt(nextAddress(header, at, level));
      }
    }
    return at;
  }

  private static int search(
      SlabArena arena,
      int index,
      long sequenceId,
      int @org.jspecify.annotations.Nullable [] before) {
    long header = SlabArena.address(index);
    int at = 0;
    int next = 0;
    for (int level = LEVELS - 1; level >= 0; level--) {
      next = arena.acquireInt(nextAddress(header, at, level));
      while (next != 0 && sequence(arena, next) < sequenceId) {
        at = next;
        next = arena.acquireInt(nextAddress(header, at, level));
      }
      if (before != null) {
        before[level] = at;
      }
    }
    return next;
  }

  /**
   * First entry whose row is not older than {@code millis}, 0 if none. Only for indexes whose
   * timestamps rise with the ids.
   */
  static int seekTime(SlabArena arena, int index, long millis) {
    long header = SlabArena.address(index);
    int at = 0;
    int next = 0;
    for (int level = LEVELS - 1; level >= 0; level--) {
      next = arena.acquireInt(nextAddress(header, at, level));
      while (next != 0 && millis(arena, next) < millis) {
        at = next;
        next = arena.acquireInt(nextAddress(header, at, level));
      }
    }
    return next;
  }

  private static long millis(SlabArena arena, int entry) {
    return arena.getLong(SlabArena.address(element(arena, entry)) + Layout.MILLIS);
  }

  static int next(SlabArena arena, int entry) {
    return arena.acquireInt(SlabArena.address(entry) + Layout.ENTRY_NEXT);
  }

  static long sequence(SlabArena arena, int entry) {
    return arena.getLong(SlabArena.address(entry) + Layout.ENTRY_SEQUENCE);
  }

  /** The newest row of the entry's id. */
  static int element(SlabArena arena, int entry) {
    return arena.acquireInt(SlabArena.address(entry) + Layout.ENTRY_ELEMENT);
  }

  private static long nextAddress(long header, int entry, int level) {
    return entry == 0
        ? header + level * 4L
        : SlabArena.address(entry) + Layout.ENTRY_NEXT + level * 4L;
  }

  private static long tailAddress(long header, int level) {
    return header + (LEVELS + level) * 4L;
  }
}
