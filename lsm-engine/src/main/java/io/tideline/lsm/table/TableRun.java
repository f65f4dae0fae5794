package io.tideline.lsm.table;

import io.tideline.lsm.TimelineHead;
import io.tideline.lsm.row.GroupSource;
import io.tideline.lsm.row.Heads;
import io.tideline.lsm.row.RowSource;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;

/**
 * One sorted run: tables in key order whose groups do not overlap, except that the last group of a
 * table may go on in the next table.
 *
 * <p>Threading: immutable and safe; the sources it makes are confined.
 */
public final class TableRun {

  private final List<TableReader> tables;

  public TableRun(List<TableReader> tables) {
    this.tables = List.copyOf(tables);
  }

  List<TableReader> tables() {
    return tables;
  }

  /** Index of the first table whose largest key is at or after {@code key}. */
  int tableFor(byte[] key) {
    int low = 0;
    int high = tables.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (Arrays.compareUnsigned(tables.get(middle).properties().maxKey(), key) < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** Whether the run may hold the key, by key range and filter; never says no wrongly. */
  public boolean mayContain(byte[] key, long hash) {
    int table = tableFor(key);
    return table < tables.size()
        && Arrays.compareUnsigned(tables.get(table).properties().minKey(), key) <= 0
        && tables.get(table).mayContain(hash);
  }

  /** This run's share of a timeline's head, {@link Heads#NONE} if it has none. */
  public TimelineHead head(byte[] key) throws IOException {
    try (RunPosition at = new RunPosition(this, true)) {
      return at.locate(key, Long.MIN_VALUE) && at.find(key) ? at.fragment().head() : Heads.NONE;
    }
  }

  /** Rows of a key; empty if the run has none. */
  public RowSource rows(byte[] key) {
    return new RunRows(this, key);
  }

  /**
   * All groups.
   *
   * @param cached whether blocks go through the cache; long walks should not push others out
   */
  public GroupSource groups(boolean cached) {
    return new RunGroups(this, cached);
  }
}
