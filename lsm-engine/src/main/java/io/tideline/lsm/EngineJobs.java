package io.tideline.lsm;

import io.tideline.lsm.compaction.CompactionPicker;
import io.tideline.lsm.compaction.CompactionPlan;
import io.tideline.lsm.compaction.Retention;
import io.tideline.lsm.compaction.RunWriter;
import io.tideline.lsm.manifest.RunMeta;
import io.tideline.lsm.memtable.Memtable;
import io.tideline.lsm.row.GroupSource;
import io.tideline.lsm.table.TableMeta;
import io.tideline.lsm.table.TableStyle;
import io.tideline.lsm.version.Run;
import io.tideline.lsm.version.Table;
import io.tideline.lsm.version.Version;
import io.tideline.lsm.view.EngineView;
import io.tideline.lsm.view.FilterCounters;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * What an engine does: write a batch, flush a memtable, merge runs. Who calls it when is {@link
 * Maintenance}'s and {@link Engine}'s business.
 *
 * <p>Threading: one writer, one flush and one compaction at a time, beside each other.
 */
final class EngineJobs implements Maintenance.Jobs {

  private final EngineOptions options;
  private final UUID engineId;
  private final VersionSet versions;
  private final DeadTables deadTables;
  private final TableOutput output;
  private final Compactor compactor;
  private final FilterCounters filterCounters = new FilterCounters();
  private final AtomicLong flushes = new AtomicLong();
  private final AtomicLong bytesFlushed = new AtomicLong();
  private final AtomicLong rowsExpired = new AtomicLong();
  private final AtomicLong rowsTrimmed = new AtomicLong();
  private BooleanSupplier cancelled = () -> false;

  EngineJobs(
      Path directory,
      EngineOptions options,
      EngineResources resources,
      UUID engineId,
      VersionSet versions,
      DeadTables deadTables) {
    this.options = options;
    this.engineId = engineId;
    this.versions = versions;
    this.deadTables = deadTables;
    output = new TableOutput(directory, options, resources, engineId, versions, deadTables);
    compactor = new Compactor(options, versions, output, bytes -> pace(resources, bytes));
  }

  /** Set once, before the first job. */
  void cancelWhen(BooleanSupplier condition) {
    cancelled = condition;
  }

  UUID engineId() {
    return engineId;
  }

  FilterCounters filterCounters() {
    return filterCounters;
  }

  /**
   * Writes a batch into the active memtable, not yet visible. Reads what it needs of older layers
   * before it writes anything.
   */
  void write(WriteBatch batch, Supplier<EngineView> view) throws IOException {
    Memtable active = versions.published().version().active();
    Map<Integer, TimelineHead> bases = readBases(batch, active, view);
    active.apply(batch, bases::get);
  }

  private static Map<Integer, TimelineHead> readBases(
      WriteBatch batch, Memtable active, Supplier<EngineView> view) throws IOException {
    if (!batch.hasDependentChanges()) {
      return Map.of();
    }
    Map<Integer, TimelineHead> bases = new HashMap<>();
    for (int i = 0; i < batch.size(); i++) {
      if (Memtable.needsBase(batch.type(i)) && !active.knowsLastId(batch.key(i))) {
        try (EngineView now = view.get()) {
          bases.put(i, now.fullHead(batch.key(i)));
        }
      }
    }
    return bases;
  }

  @Override
  public void flush(FrozenMemtable frozen) throws IOException {
    Memtable memtable = frozen.memtable();
    if (memtable.isEmpty()) {
      versions.installFlush(frozen, null);
      return;
    }
    output.requireSpace(memtable.bytes());
    Retention retention =
        new Retention(frozen.state().expireBeforeMillis(), frozen.state().timeMillis(), false);
    RunWriter writer =
        new RunWriter(
            output.target(
                TableStyle.hot(options),
                List.of(),
                frozen.previousLogIndex(),
                frozen.state().position().index()),
            retention,
            bytes -> checkCancelled());
    try (GroupSource groups = memtable.groups(EngineView.NO_LIMIT)) {
      List<Table> tables = output.write(writer, groups);
      Run run = tables.isEmpty() ? null : run(memtable.generation(), tables);
      output.install(writer, tables, () -> versions.installFlush(frozen, run));
      flushes.incrementAndGet();
      bytesFlushed.addAndGet(run == null ? 0 : run.meta().size());
      rowsExpired.addAndGet(writer.rowsExpired());
      rowsTrimmed.addAndGet(writer.rowsTrimmed());
    }
  }

  private static Run run(long generation, List<Table> tables) {
    List<TableMeta> metas = tables.stream().map(Table::meta).toList();
    return new Run(new RunMeta(generation, generation, metas), tables);
  }

  private void pace(EngineResources resources, long bytes) {
    checkCancelled();
    resources.paceCompaction(bytes, cancelled);
  }

  private void checkCancelled() {
    if (cancelled.getAsBoolean()) {
      throw new CancellationException("the engine is closing");
    }
  }

  @Override
  public boolean compact(CompactionPlan plan) throws IOException {
    return compactor.run(plan);
  }

  @Override
  public List<Run> runs() {
    return versions.published().version().runs();
  }

  @Override
  public EngineState durableState() {
    return versions.durableState();
  }

  @Override
  public long nextFileId() {
    return versions.nextFileId();
  }

  @Override
  public CompactionPicker.Candidate candidate(Run run, EngineState durable) {
    return compactor.candidate(run, durable);
  }

  EngineStats stats(Version version) {
    long memtableBytes = version.active().bytes();
    for (Memtable immutable : version.immutables()) {
      memtableBytes += immutable.bytes();
    }
    return new EngineStats(
        memtableBytes,
        version.immutables().size(),
        version.runs().size(),
        version.runs().stream().mapToInt(run -> run.tables().size()).sum(),
        version.runs().stream().mapToLong(run -> run.meta().size()).sum(),
        flushes.get(),
        compactor.jobs(),
        bytesFlushed.get(),
        compactor.bytesWritten(),
        deadTables.bytesFreed(),
        deadTables.filesDeleted(),
        rowsExpired.get() + compactor.rowsExpired(),
        filterCounters.probes(),
        filterCounters.misses(),
        rowsTrimmed.get() + compactor.rowsTrimmed(),
        compactor.tablesDroppedWhole(),
        compactor.bytesRead());
  }
}
