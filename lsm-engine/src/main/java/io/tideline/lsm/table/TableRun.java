package io.tideline.lsm.table;

import io.tideline.lsm.TimelineHead;
import io.tideline.lsm.row.GroupSource;
import io.tideline.lsm.row.Heads;
import io.tideline.lsm.row.KeyRanges;
import io.tideline.lsm.row.RowSource;
import java.io.IOException;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One sorted run: tables in key order whose groups do not overlap, except that the last group of a
 * table may go on in the next table. Of a virtual table only the keys within its bounds count.
 * {@link #mayContain} and {@link #groups} honour the bounds; who asks for one key asks {@link
 * #mayContain} first.
 *
 * <p>Threading: immutable and safe; the sources it makes are confined.
 */
public final class TableRun {

  /** An array: reads come here once a layer. */
  private final TableReader[] tables;

  /** Parallel to {@link #tables}: the keys of each that count. */
  private final List<KeyRanges> bounds;

  private final boolean virtual;

  /** A run of whole tables. */
  public TableRun(List<TableReader> tables) {
    this(tables, Collections.nCopies(tables.size(), KeyRanges.ALL));
  }

  /**
   * A run of tables that may be virtual.
   *
   * @param bounds parallel to {@code tables}; what is outside is as if it were not there. Each has
   *     some key between the smallest and the largest of its table, and what is within them ascends
   *     from table to table
   */
  public TableRun(List<TableReader> tables, List<KeyRanges> bounds) {
    this.tables = tables.toArray(TableReader[]::new);
    this.bounds = List.copyOf(bounds);
    virtual = bounds.stream().anyMatch(b -> !b.isAll());
  }

  TableReader table(int number) {
    return tables[number];
  }

  int tableCount() {
    return tables.length;
  }

  /** Index of the first table that may have a key that counts at or after {@code key}. */
  int tableFor(byte[] key) {
    int low = 0;
    int high = tables.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (endsBefore(middle, key)) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private boolean endsBefore(int table, byte[] key) {
    return Arrays.compareUnsigned(tables[table].properties().maxKey(), key) < 0
        || (virtual && bounds.get(table).endsAtOrBefore(key));
  }

  /** Whether some key in its tables does not count. */
  boolean isVirtual() {
    return virtual;
  }

  /** Whether a key of a table counts. */
  boolean counts(int table, byte[] key) {
    return !virtual || bounds.get(table).contains(key);
  }

  /**
   * Where to look on after a key that does not count; null if nothing counts from there on.
   *
   * @param table the table the key was found in
   * @param key the key; all smaller keys of its table have been seen
   * @param floor all smaller keys of later tables have been seen
   */
  byte @Nullable [] nextCounting(int table, byte[] key, byte[] floor) {
    for (int t = table; t < tables.length; t++) {
      TableProperties properties = tables[t].properties();
      byte[] from = t == table ? key : KeyRanges.larger(floor, properties.minKey());
      byte[] counting = bounds.get(t).atOrAfter(from);
      if (counting != null && Arrays.compareUnsigned(counting, properties.maxKey()) <= 0) {
        return counting;
      }
    }
    return null;
  }

  /**
   * Whether the run may hold the key, by bounds, key range and filter; never says no wrongly.
   *
   * @param hash of the key, seeded as the engine's own tables are
   */
  public boolean mayContain(byte[] key, long hash) {
    int table = tableFor(key);
    return table < tables.length
        && Arrays.compareUnsigned(tables[table].properties().minKey(), key) <= 0
        && counts(table, key)
        && tables[table].mayContain(key, hash);
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
