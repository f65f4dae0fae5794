package io.tideline.lsm.version;

import io.tideline.lsm.manifest.RunMeta;
import io.tideline.lsm.manifest.VersionEdit.Generations;
import io.tideline.lsm.table.TableMeta;
import io.tideline.lsm.table.TableProperties;
import io.tideline.lsm.table.TableRun;
import java.util.List;

/** A run with its open tables. Immutable. */
public final class Run {

  private final RunMeta meta;
  private final List<Table> tables;
  private final TableRun rows;
  private final boolean hasTrims;
  private final boolean skippableByTime;
  private final long maxMillis;
  private final long minSequenceId;
  private final long maxSequenceId;
  private final long newestMillis;

  public Run(RunMeta meta, List<Table> tables) {
    this.meta = meta;
    this.tables = List.copyOf(tables);
    rows =
        new TableRun(
            tables.stream().map(Table::reader).toList(),
            meta.tables().stream().map(TableMeta::bounds).toList());
    hasTrims = has(TableProperties.HAS_TRIMS);
    skippableByTime = !has(TableProperties.HAS_OTHER_THAN_APPENDS);
    maxMillis =
        meta.tables().stream()
            .mapToLong(t -> t.properties().maxMillis())
            .max()
            .orElse(Long.MIN_VALUE);
    minSequenceId =
        meta.tables().stream()
            .mapToLong(t -> t.properties().minSequenceId())
            .min()
            .orElse(Long.MAX_VALUE);
    maxSequenceId =
        meta.tables().stream()
            .mapToLong(t -> t.properties().maxSequenceId())
            .max()
            .orElse(Long.MIN_VALUE);
    newestMillis =
        meta.tables().stream()
            .filter(t -> !t.properties().isResidue())
            .mapToLong(t -> t.properties().maxRowMillis())
            .map(millis -> Math.max(millis, Long.MIN_VALUE + 1))
            .max()
            .orElse(Long.MIN_VALUE);
  }

  private boolean has(int flag) {
    return meta.tables().stream().anyMatch(t -> t.properties().has(flag));
  }

  public RunMeta meta() {
    return meta;
  }

  public Generations generations() {
    return new Generations(meta.minGeneration(), meta.maxGeneration());
  }

  public List<Table> tables() {
    return tables;
  }

  public TableRun rows() {
    return rows;
  }

  /** Whether some head in it has a trim mark. */
  public boolean hasTrims() {
    return hasTrims;
  }

  /**
   * Largest timestamp of a timeline row; {@code Long.MIN_VALUE} if there are only heads and
   * records, one more if there are tombstones besides.
   */
  public long newestMillis() {
    return newestMillis;
  }

  /** The table of a file. */
  public Table table(long fileId) {
    return tables.stream().filter(t -> t.meta().fileId() == fileId).findFirst().orElseThrow();
  }

  /** Whether every timeline row in it has expired at this watermark. */
  public boolean isExpired(long expireBeforeMillis) {
    return skippableByTime && maxMillis < expireBeforeMillis;
  }

  /** Whether every timeline row in it is an append. */
  public boolean hasAppendsOnly() {
    return skippableByTime;
  }

  /** Whether some row in it, of any timeline, has an id in {@code [low, high)}. */
  public boolean hasIdsIn(long low, long high) {
    return maxSequenceId >= low && minSequenceId < high;
  }

  void retain() {
    tables.forEach(Table::retain);
  }

  void release() {
    tables.forEach(Table::release);
  }
}
