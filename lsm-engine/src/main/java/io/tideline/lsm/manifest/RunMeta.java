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

  /** Bytes of its files within the bounds of its tables; an estimate if one is virtual. */
  public long liveBytes() {
    return tables.stream().mapToLong(TableMeta::liveBytes).sum();
  }

  /** Rows within the bounds of its tables; an estimate if one is virtual. */
  public long rows() {
    return tables.stream().mapToLong(TableMeta::liveRows).sum();
  }

  /** Whether one of its tables has bounds. */
  public boolean isVirtual() {
    return tables.stream().anyMatch(TableMeta::isVirtual);
  }

  /** Whether both are runs of the same generations. */
  public boolean sameRun(RunMeta other) {
    return minGeneration == other.minGeneration && maxGeneration == other.maxGeneration;
  }
}
