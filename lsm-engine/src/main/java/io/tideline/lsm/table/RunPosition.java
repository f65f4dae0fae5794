package io.tideline.lsm.table;

import io.tideline.lsm.CorruptionException;
import io.tideline.lsm.cache.PinnedBlock;
import io.tideline.lsm.seeded.SeededBug;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A place in a run: a table, a block of it (held), a fragment of that.
 *
 * <p>Threading: confined. Lifetime: holds one block until {@link #close}.
 */
final class RunPosition implements AutoCloseable {

  /** So many neighbours in a row, and more are read at once: the walk will go on. */
  private static final int READ_AHEAD_AFTER = 2;

  /** So many neighbours in a row, and blocks are not cached: they would push out hotter ones. */
  private static final int CACHE_MAX = 64;

  private final TableRun run;
  private final boolean cached;
  private final Fragment fragment = new Fragment();
  private int table;
  private int block;
  private @Nullable PinnedBlock held;
  private int fragments;
  private int index;

  /** Blocks moved on to their neighbour, one after the other: negative towards the start. */
  private int neighbours;

  /** Made when a walk turns out to be long. */
  private @Nullable ReadAhead window;

  RunPosition(TableRun run, boolean cached) {
    this.run = run;
    this.cached = cached;
  }

  Fragment fragment() {
    return fragment;
  }

  /** Index of the present table. */
  int table() {
    return table;
  }

  /** A number that is larger for a block further on. */
  long place() {
    return (long) table << Integer.SIZE | block;
  }

  /** What to throw if the table is not what its index or the block before makes it. */
  CorruptionException corrupt(String expected) {
    return new CorruptionException(
        reader().path(), reader().blockOffset(block), expected, "another order");
  }

  /**
   * Moves to the block that holds the first row at or after (key, id), if the run has one; to be
   * followed by {@link #find} or {@link #seekFragment}.
   */
  boolean locate(byte[] key, long id) throws IOException {
    int t = run.tableFor(key);
    int size = run.tableCount();
    while (t < size) {
      int b = run.table(t).index().blockAtOrAfter(key, id);
      if (b < run.table(t).blockCount()) {
        hold(t, b);
        return true;
      }
      t++;
    }
    return false;
  }

  /** Moves to the first block of the run. */
  boolean first() throws IOException {
    return moveTo(0, 0);
  }

  /** Moves to the last block of the run. */
  boolean last() throws IOException {
    int t = run.tableCount() - 1;
    return moveTo(t, run.table(t).blockCount() - 1);
  }

  boolean nextBlock() throws IOException {
    neighbours = Math.max(0, neighbours) + 1;
    if (block + 1 < reader().blockCount()) {
      return moveTo(table, block + 1);
    }
    return table + 1 < run.tableCount() && moveTo(table + 1, 0);
  }

  boolean previousBlock() throws IOException {
    neighbours = Math.min(0, neighbours) - 1;
    if (block > 0) {
      return moveTo(table, block - 1);
    }
    return table > 0 && moveTo(table - 1, run.table(table - 1).blockCount() - 1);
  }

  /** Whether the block before this one ends with the given key; reads no block. */
  boolean previousBlockEndsWith(byte[] key) {
    int t = block > 0 ? table : table - 1;
    if (t < 0) {
      return false;
    }
    TableReader reader = run.table(t);
    int b = block > 0 ? block - 1 : reader.blockCount() - 1;
    return reader.index().compareLastKey(b, key) == 0;
  }

  /**
   * Moves to the first block from here on that does not hold only rows of the key older than a
   * time.
   */
  boolean skipOlderBlocks(byte[] key, long millis) throws IOException {
    int t = table;
    int b = block;
    while (run.table(t).index().compareLastKey(b, key) == 0
        && run.table(t).index().maxMillis(b) < millis) {
      b++;
      if (b == run.table(t).blockCount()) {
        t++;
        b = 0;
      }
      if (t == run.tableCount()) {
        return false;
      }
    }
    return (t == table && b == block) || moveTo(t, b);
  }

  private TableReader reader() {
    return run.table(table);
  }

  private boolean moveTo(int t, int b) throws IOException {
    hold(t, b);
    return selectFragment(0);
  }

  private void hold(int t, int b) throws IOException {
    if (held != null && t == table && b == block) {
      return;
    }
    TableReader reader = run.table(t);
    PinnedBlock loaded = read(reader, b);
    release();
    held = loaded;
    if (SeededBug.BLOCK_UNPINNED_EARLY.isPlanted()) {
      loaded.release();
    }
    table = t;
    block = b;
    fragments = Fragment.count(loaded.data(), reader.path(), reader.blockOffset(b));
  }

  private PinnedBlock read(TableReader reader, int b) throws IOException {
    int steps = Math.abs(neighbours);
    if (cached && steps < READ_AHEAD_AFTER) {
      return reader.block(b);
    }
    PinnedBlock known = cached ? reader.cachedBlock(b) : null;
    if (known != null) {
      return known;
    }
    ReadAhead ahead = window;
    if (ahead == null) {
      ahead = new ReadAhead(reader.memory());
      window = ahead;
    }
    PinnedBlock loaded = reader.load(b, ahead, neighbours < 0);
    return cached && steps < CACHE_MAX ? reader.addToCache(b, loaded) : loaded;
  }

  /** Moves to a fragment of the present block. */
  boolean selectFragment(int number) throws IOException {
    PinnedBlock now = held;
    if (now == null || number < 0 || number >= fragments) {
      return false;
    }
    index = number;
    fragment.load(now.data(), number, fragments, reader().path(), reader().blockOffset(block));
    return true;
  }

  boolean nextFragment() throws IOException {
    return selectFragment(index + 1);
  }

  boolean lastFragment() throws IOException {
    return selectFragment(fragments - 1);
  }

  /** Moves to the fragment of a key in the present block; false if it is not there. */
  boolean find(byte[] key) throws IOException {
    return seekFragment(key) && fragment.compareKey(key) == 0;
  }

  /** Moves to the first fragment of the present block at or after a key. */
  boolean seekFragment(byte[] key) throws IOException {
    PinnedBlock now = held;
    if (now == null) {
      return false;
    }
    int low = 0;
    int high = fragments;
    try {
      while (low < high) {
        int middle = (low + high) >>> 1;
        if (Fragment.compareKey(now.data(), middle, fragments, key) < 0) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
    } catch (IndexOutOfBoundsException e) {
      throw new CorruptionException(
          reader().path(), reader().blockOffset(block), "a directory of fragments", e.toString());
    }
    return selectFragment(low);
  }

  /** Copies another position of the same run; both hold the block then. */
  void copyFrom(RunPosition other) throws IOException {
    release();
    PinnedBlock theirs = other.held;
    if (theirs != null && !theirs.tryRetain()) {
      throw new AssertionError("a held block cannot be gone");
    }
    held = theirs;
    table = other.table;
    block = other.block;
    fragments = other.fragments;
    selectFragment(other.index);
  }

  private void release() {
    if (held != null) {
      if (!SeededBug.BLOCK_UNPINNED_EARLY.isPlanted()) {
        held.release();
      }
      held = null;
    }
  }

  @Override
  public void close() {
    release();
    if (window != null) {
      window.close();
      window = null;
    }
  }
}
