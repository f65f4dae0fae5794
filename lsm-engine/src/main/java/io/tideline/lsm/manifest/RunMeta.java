package io.tideline.lsm.manifest;

import io.tideline.lsm.table.TableMeta;
import java.util.List;

/**
 * A run: the content of the memtables of generations {@code [minGeneration, maxGeneration]},
 * merged. Runs of an engine never overlap in generations, which order them by age.
 */
public record RunMeta(long minGeneration, long maxGeneration, List<TableMeta> tables) {

  public RunMeta {
    tables = List.copyOf(tables);
    if (minGeneration > maxGeneration || tables.isEmpty()) {
      throw new IllegalArgumentException(
          "run of generations "
              + minGeneration
              + ".."
              + maxGeneration
              + " with "
              + tables.size()
              + " tables");
    }
  }

  /** Bytes of its files. */
  public long size() {
    return tables.stream().mapToLong(TableMeta::size).sum();
  }

  public long rows() {
    return tables.stream().mapToLong(t -> t.properties().rows()).sum();
  }

  /** Whether both are runs of the same generations. */
  public boolean sameRun(RunMeta other) {
    return minGeneration == other.minGeneration && maxGeneration == other.maxGeneration;
  }
}
