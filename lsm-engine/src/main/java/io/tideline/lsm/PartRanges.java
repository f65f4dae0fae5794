package io.tideline.lsm;

import io.tideline.lsm.row.InternalKey;
import io.tideline.lsm.row.KeyRanges;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Which internal keys go with a range of timelines. */
final class PartRanges {

  private PartRanges() {}

  /**
   * The timelines of a range and, by the same bounds on their keys, its records.
   *
   * @param wholeTables record tables that are taken whole instead
   */
  static KeyRanges of(KeyRange range, Set<Integer> wholeTables) {
    List<KeyRanges.Range> ranges = new ArrayList<>();
    for (int space = 0; space <= InternalKey.TIMELINES; space++) {
      ranges.add(space(space, wholeTables.contains(space) ? KeyRange.ALL : range));
    }
    return KeyRanges.union(ranges);
  }

  /** Everything but some record tables. */
  static KeyRanges allBut(Set<Integer> tables) {
    List<KeyRanges.Range> ranges = new ArrayList<>();
    for (int space = 0; space <= InternalKey.TIMELINES; space++) {
      if (!tables.contains(space)) {
        ranges.add(space(space, KeyRange.ALL));
      }
    }
    return KeyRanges.union(ranges);
  }

  private static KeyRanges.Range space(int space, KeyRange range) {
    byte[] start = range.start();
    byte[] end = range.end();
    return new KeyRanges.Range(
        start == null ? InternalKey.startOf(space) : InternalKey.of(space, start),
        end == null ? InternalKey.startOf(space + 1) : InternalKey.of(space, end));
  }

  static void checkTables(Set<Integer> tables) {
    for (int table : tables) {
      if (table < 0 || table >= WriteBatch.RECORD_TABLES_MAX) {
        throw new IllegalArgumentException(
            "record table " + table + " is outside 0.." + (WriteBatch.RECORD_TABLES_MAX - 1));
      }
    }
  }
}
