package io.tideline.lsm.compaction;

import io.tideline.lsm.row.KeyRanges;
import io.tideline.lsm.table.TableMeta;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Cuts the tables of several runs into slices that share no key, so that a large merge can be done
 * and installed slice by slice. Pure.
 *
 * <p>Slices are small only if the runs are cut at the same keys. So what gathers runs cuts its
 * output where a <em>guide</em>, the run it will be merged with one day, is cut already: see {@link
 * #cuts}.
 */
public final class Slices {

  /** A table and which run it is of, 0 for the newest. */
  public record Piece(int run, TableMeta table) {}

  /** Tables whose key ranges hang together, of one or more runs; those of a run are neighbours. */
  public record Slice(List<Piece> pieces) {
    public Slice {
      pieces = List.copyOf(pieces);
    }

    public long bytes() {
      return pieces.stream().mapToLong(piece -> piece.table().size()).sum();
    }

    /** Whether all its tables are of one run. */
    public boolean isOfOneRun() {
      return pieces.stream().allMatch(piece -> piece.run() == pieces.getFirst().run());
    }
  }

  private Slices() {}

  /** A key at or below the smallest of a table that counts. */
  public static byte[] firstKey(TableMeta table) {
    byte[] first = table.bounds().atOrAfter(table.properties().minKey());
    return first == null ? table.properties().minKey() : first;
  }

  /** A key at or above the largest of a table that counts, at or below those of the next table. */
  public static byte[] lastKey(TableMeta table) {
    byte[] last = table.properties().maxKey();
    return table.bounds().endsAtOrBefore(last) ? table.bounds().list().getLast().high() : last;
  }

  /**
   * The slices of some runs in key order.
   *
   * @param runs tables of each run in key order
   */
  public static List<Slice> of(List<List<TableMeta>> runs) {
    List<Piece> all = new ArrayList<>();
    for (int run = 0; run < runs.size(); run++) {
      for (TableMeta table : runs.get(run)) {
        all.add(new Piece(run, table));
      }
    }
    // Stable: tables of one run that share their first key stay in order.
    all.sort(Comparator.comparing(piece -> firstKey(piece.table()), Arrays::compareUnsigned));
    List<Slice> slices = new ArrayList<>();
    List<Piece> open = new ArrayList<>();
    byte[] end = new byte[0];
    for (Piece piece : all) {
      byte[] last = lastKey(piece.table());
      if (!open.isEmpty() && Arrays.compareUnsigned(firstKey(piece.table()), end) > 0) {
        slices.add(new Slice(open));
        open.clear();
      }
      end = open.isEmpty() ? last : KeyRanges.larger(last, end);
      open.add(piece);
    }
    if (!open.isEmpty()) {
      slices.add(new Slice(open));
    }
    return slices;
  }

  /**
   * Keys at which a run should be cut so that it fits a guide: first keys of tables of the guide,
   * so that what is between two of them is about {@code sliceBytes} of the guide.
   *
   * @param guide tables in key order
   * @param others tables of runs that were cut by this guide before; their cuts are used again
   */
  public static List<byte[]> cuts(List<TableMeta> guide, List<TableMeta> others, long sliceBytes) {
    Set<String> known = new HashSet<>();
    others.forEach(table -> known.add(Arrays.toString(firstKey(table))));
    List<byte[]> cuts = new ArrayList<>();
    long bytes = 0;
    for (int i = 1; i < guide.size(); i++) {
      bytes += guide.get(i - 1).size();
      byte[] key = firstKey(guide.get(i));
      boolean between = Arrays.compareUnsigned(lastKey(guide.get(i - 1)), key) < 0;
      boolean again = bytes >= sliceBytes / 2 && known.contains(Arrays.toString(key));
      if (between && (again || bytes >= sliceBytes)) {
        cuts.add(key);
        bytes = 0;
      }
    }
    return cuts;
  }
}
