package io.tideline.lsm;

import io.tideline.lsm.compaction.CompactionPicker;
import io.tideline.lsm.compaction.Retention;
import io.tideline.lsm.compaction.RunWriter;
import io.tideline.lsm.fs.DiskFullException;
import io.tideline.lsm.fs.FileSystem;
import io.tideline.lsm.manifest.RunMeta;
import io.tideline.lsm.memtable.Memtable;
import io.tideline.lsm.row.GroupSource;
import io.tideline.lsm.row.MergedGroups;
import io.tideline.lsm.table.TableMeta;
import io.tideline.lsm.table.TableStyle;
import io.tideline.lsm.version.Run;
import io.tideline.lsm.version.Table;
import io.tideline.lsm.version.Version;
import io.tideline.lsm.view.EngineView;
import io.tideline.lsm.view.FilterCounters;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What an engine does: write a batch, flush a memtable, merge runs. Who calls it when is {@link
 * Maintenance}'s and {@link Engine}'s business.
 *
 * <p>Threading: one writer, one flush and one compaction at a time, beside each other.
 */
final class EngineJobs implements Maintenance.Jobs {

  private final Path directory;
  private final EngineOptions options;
  private final EngineResources resources;
  private final FileSystem fileSystem;
  private final UUID engineId;
  private final VersionSet versions;
  private final DeadTables deadTables;
  private final FilterCounters filterCounters = new FilterCounters();
  private final AtomicLong flushes = new AtomicLong();
  private final AtomicLong compactions = new AtomicLong();
  private final AtomicLong bytesFlushed = new AtomicLong();
  private final AtomicLong bytesCompacted = new AtomicLong();
  private final AtomicLong rowsExpired = new AtomicLong();
  private BooleanSupplier cancelled = () -> false;

  EngineJobs(
      Path directory,
      EngineOptions options,
      EngineResources resources,
      UUID engineId,
      VersionSet versions,
      DeadTables deadTables) {
    this.directory = directory;
    this.options = options;
    this.resources = resources;
    this.fileSystem = resources.fileSystem();
    this.engineId = engineId;
    this.versions = versions;
    this.deadTables = deadTables;
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
    requireSpace(memtable.bytes());
    Retention retention =
        new Retention(frozen.state().expireBeforeMillis(), frozen.state().timeMillis(), false);
    RunWriter.Target target = target(frozen.previousLogIndex(), frozen.state().position().index());
    RunWriter writer = new RunWriter(target, retention, cancelled);
    try (GroupSource groups = memtable.groups(EngineView.NO_LIMIT)) {
      Run run = write(writer, groups, memtable.generation(), memtable.generation());
      install(writer, run, () -> versions.installFlush(frozen, run));
      flushes.incrementAndGet();
      bytesFlushed.addAndGet(run == null ? 0 : run.meta().size());
      rowsExpired.addAndGet(writer.rowsExpired());
    }
  }

  /** Refuses to start what would not fit, so that a full disk leaves no half-written file. */
  private void requireSpace(long bytes) throws IOException {
    long usable = fileSystem.usableBytes(directory);
    if (usable < bytes / 4 + options.diskReserveBytes() / 4) {
      throw new DiskFullException(directory, usable, "writing about " + bytes + " bytes", null);
    }
  }

  private RunWriter.Target target(long minLogIndex, long maxLogIndex) {
    return new RunWriter.Target(
        fileSystem,
        directory,
        engineId,
        versions::newFileId,
        TableStyle.hot(options),
        Math.min(RunWriter.TABLE_BYTES_MAX, options.memtableBytes()),
        minLogIndex,
        maxLogIndex);
  }

  /**
   * Writes a run and opens it; on failure nothing of it stays. Null if nothing was left to write.
   */
  private @Nullable Run write(
      RunWriter writer, GroupSource groups, long minGeneration, long maxGeneration)
      throws IOException {
    List<Table> tables = new ArrayList<>();
    try {
      writer.addAll(groups);
      List<TableMeta> metas = writer.finish();
      for (TableMeta meta : metas) {
        tables.add(
            new Table(
                meta,
                EngineOpener.openTable(fileSystem, directory, engineId, meta, resources),
                deadTables::add));
      }
      return metas.isEmpty()
          ? null
          : new Run(new RunMeta(minGeneration, maxGeneration, metas), tables);
    } catch (Throwable e) {
      tables.forEach(deadTables::add);
      writer.abandon(e);
      throw e;
    }
  }

  private interface Installation {
    void run() throws IOException;
  }

  /**
   * Makes a written run part of the engine. Its files are deleted after a failure only if the
   * manifest surely does not name them.
   */
  private void install(RunWriter writer, @Nullable Run run, Installation installation)
      throws IOException {
    try {
      installation.run();
    } catch (Throwable e) {
      if (run != null) {
        run.tables().forEach(deadTables::add);
      }
      if (e instanceof DiskFullException) {
        writer.abandon(e);
      }
      throw e;
    }
  }

  @Override
  public void compact(List<Run> neighbours) throws IOException {
    VersionSet.Durable durable = versions.acquireDurable();
    try {
      long inputBytes = neighbours.stream().mapToLong(run -> run.meta().size()).sum();
      requireSpace(inputBytes);
      RunMeta newest = neighbours.getFirst().meta();
      RunMeta oldest = neighbours.getLast().meta();
      Retention retention =
          new Retention(
              durable.state().expireBeforeMillis(),
              durable.state().timeMillis(),
              durable.version().runs().getLast().meta().sameRun(oldest));
      RunWriter writer =
          new RunWriter(target(minLogIndex(oldest), maxLogIndex(neighbours)), retention, cancelled);
      try (GroupSource groups = merged(neighbours)) {
        Run output = write(writer, groups, oldest.minGeneration(), newest.maxGeneration());
        install(writer, output, () -> versions.installCompaction(neighbours, output));
        compactions.incrementAndGet();
        bytesCompacted.addAndGet(output == null ? 0 : output.meta().size());
        rowsExpired.addAndGet(writer.rowsExpired());
      }
    } finally {
      durable.version().release();
    }
  }

  /** Positions in the logs of other engines mean nothing here: what they wrote counts as from 0. */
  private long minLogIndex(RunMeta oldest) {
    return oldest.tables().stream()
        .mapToLong(table -> isOwn(table) ? table.properties().minLogIndex() : 0)
        .min()
        .orElse(0);
  }

  private long maxLogIndex(List<Run> runs) {
    return runs.stream()
        .flatMap(run -> run.meta().tables().stream())
        .mapToLong(table -> isOwn(table) ? table.properties().maxLogIndex() : 0)
        .max()
        .orElse(0);
  }

  private boolean isOwn(TableMeta table) {
    return table.origin().engineId().equals(engineId);
  }

  private static GroupSource merged(List<Run> newestFirst) {
    return new MergedGroups(newestFirst.stream().map(run -> run.rows().groups(false)).toList());
  }

  @Override
  public List<Run> runs() {
    return versions.published().version().runs();
  }

  @Override
  public List<CompactionPicker.Candidate> candidates(List<Run> runs) {
    long expireBefore = versions.durableState().expireBeforeMillis();
    return runs.stream()
        .map(
            run ->
                new CompactionPicker.Candidate(
                    run.meta().size(), run.hasAppends() && run.isExpired(expireBefore)))
        .toList();
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
        compactions.get(),
        bytesFlushed.get(),
        bytesCompacted.get(),
        deadTables.bytesFreed(),
        deadTables.filesDeleted(),
        rowsExpired.get(),
        filterCounters.probes(),
        filterCounters.misses());
  }
}
