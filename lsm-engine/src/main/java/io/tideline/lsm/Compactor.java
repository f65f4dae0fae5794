package io.tideline.lsm;

import io.tideline.lsm.compaction.CompactionPicker.Candidate;
import io.tideline.lsm.compaction.CompactionPicker.Work;
import io.tideline.lsm.compaction.CompactionPlan;
import io.tideline.lsm.compaction.Pace;
import io.tideline.lsm.compaction.Retention;
import io.tideline.lsm.compaction.RunWriter;
import io.tideline.lsm.compaction.Slices;
import io.tideline.lsm.compaction.Slices.Piece;
import io.tideline.lsm.compaction.Slices.Slice;
import io.tideline.lsm.manifest.RunMeta;
import io.tideline.lsm.row.GroupSource;
import io.tideline.lsm.row.MergedGroups;
import io.tideline.lsm.seeded.SeededBug;
import io.tideline.lsm.table.TableMeta;
import io.tideline.lsm.table.TableProperties;
import io.tideline.lsm.table.TableRun;
import io.tideline.lsm.table.TableStyle;
import io.tideline.lsm.version.Run;
import io.tideline.lsm.version.Table;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/**
 * Carries out compaction plans, one job at a time: the next slices of the plan's runs are merged
 * and put in place of what they were in the oldest of these runs.
 *
 * <p>So while a plan is under way a run may hold content that is newer than its generations say,
 * for some keys. What matters stays true: for each key newer content is in newer runs. When a run
 * has become empty the next older one takes over its generations.
 *
 * <p>Threading: one job at a time.
 */
final class Compactor {

  /**
   * A virtual table of less than one in so many bytes is rewritten: not after a split in halves.
   */
  private static final int VIRTUAL_SHARE_MIN = 4;

  /** Tables a job takes at most, unless one slice has more: 512 MiB, a few seconds of work. */
  private static final int JOB_TABLES = 8;

  /** Tables of the last run that one slice of it has: half a job is left for what is merged in. */
  private static final int GUIDE_TABLES = 4;

  private final EngineOptions options;
  private final VersionSet versions;
  private final TableOutput output;
  private final Pace pace;
  private final AtomicLong jobs = new AtomicLong();
  private final AtomicLong bytesRead = new AtomicLong();
  private final AtomicLong bytesWritten = new AtomicLong();
  private final AtomicLong rowsExpired = new AtomicLong();
  private final AtomicLong rowsTrimmed = new AtomicLong();
  private final AtomicLong tablesDroppedWhole = new AtomicLong();

  Compactor(EngineOptions options, VersionSet versions, TableOutput output, Pace pace) {
    this.options = options;
    this.versions = versions;
    this.output = output;
    this.pace = pace;
  }

  /** Finished jobs. */
  long jobs() {
    return jobs.get();
  }

  /** Bytes of tables read by finished jobs. */
  long bytesRead() {
    return bytesRead.get();
  }

  /** Bytes of tables written by finished jobs. */
  long bytesWritten() {
    return bytesWritten.get();
  }

  long rowsExpired() {
    return rowsExpired.get();
  }

  long rowsTrimmed() {
    return rowsTrimmed.get();
  }

  /** Tables whose rows had all expired and were never read. */
  long tablesDroppedWhole() {
    return tablesDroppedWhole.get();
  }

  /** What the picker wants to know of a run. */
  Candidate candidate(Run run, EngineState durable) {
    return new Candidate(
        run.meta().liveBytes(),
        run.newestMillis(),
        run.meta().tables().stream().anyMatch(table -> isReclaimable(table, durable)),
        run.meta().tables().stream().anyMatch(table -> isCoolable(table, durable)));
  }

  /**
   * Whether most of the file is outside its bounds, or half of it has expired, taking rows as
   * spread evenly over time.
   */
  private static boolean isReclaimable(TableMeta table, EngineState durable) {
    if (table.liveBytes() < table.size() / VIRTUAL_SHARE_MIN) {
      return true;
    }
    TableProperties p = table.properties();
    if (p.minMillis() > p.maxMillis()) {
      return false;
    }
    long expired = durable.expireBeforeMillis() - p.minMillis();
    return expired > 0 && expired >= (p.maxMillis() - p.minMillis()) / 2;
  }

  private boolean isCoolable(TableMeta table, EngineState durable) {
    return !table.properties().has(TableProperties.COLD)
        && !table.properties().isResidue()
        && isResting(table, durable);
  }

  private boolean isResting(TableMeta table, EngineState durable) {
    long coldAfter = options.scheme().coldAfterMillis();
    return coldAfter > 0 && table.properties().maxRowMillis() < durable.timeMillis() - coldAfter;
  }

  /** Does the next job of a plan; false if nothing was left to do. */
  boolean run(CompactionPlan plan) throws IOException {
    VersionSet.Durable durable = versions.acquireDurable();
    try {
      List<Run> all = durable.version().runs();
      List<Run> runs = inputs(plan, all);
      if (runs.isEmpty()) {
        return false;
      }
      List<Slice> slices =
          plan.nextJob(
              runs.stream().map(run -> run.meta().tables()).toList(),
              JOB_TABLES * output.tableBytesMax(),
              table ->
                  plan.work() == Work.COOL
                      ? isCoolable(table, durable.state())
                      : isReclaimable(table, durable.state()));
      if (slices.isEmpty()) {
        return false;
      }
      new Job(plan, all, runs, slices, durable.state()).run();
      return true;
    } finally {
      durable.version().release();
    }
  }

  /** The runs of a plan: neighbours in age, as all between two of them are the plan's too. */
  private static List<Run> inputs(CompactionPlan plan, List<Run> all) {
    boolean skips = SeededBug.NON_NEIGHBOUR_INPUTS.isPlanted();
    List<Run> runs = all.stream().filter(run -> plan.owns(run.meta())).toList();
    return skips && runs.size() > 2 ? List.of(runs.getFirst(), runs.getLast()) : runs;
  }

  /** One job. */
  private final class Job {
    private final CompactionPlan plan;
    private final List<Run> all;
    private final List<Run> runs;
    private final List<Slice> slices;
    private final EngineState state;

    /** What goes, of each run. */
    private final Map<Integer, List<Table>> inputs = new TreeMap<>();

    Job(CompactionPlan plan, List<Run> all, List<Run> runs, List<Slice> slices, EngineState state) {
      this.plan = plan;
      this.all = all;
      this.runs = runs;
      this.slices = slices;
      this.state = state;
      for (Slice slice : slices) {
        for (Piece piece : slice.pieces()) {
          inputs
              .computeIfAbsent(piece.run(), run -> new ArrayList<>())
              .add(runs.get(piece.run()).table(piece.table().fileId()));
        }
      }
    }

    void run() throws IOException {
      if (plan.isMove(slices.getFirst())) {
        install(inputs.values().stream().flatMap(List::stream).toList());
        return;
      }
      long inputBytes = slices.stream().mapToLong(Slice::bytes).sum();
      output.requireSpace(inputBytes);
      RunWriter writer =
          new RunWriter(
              output.target(style(), cuts(), minLogIndex(), maxLogIndex()), retention(), pace);
      try (GroupSource groups = groups()) {
        List<Table> written = output.write(writer, groups);
        output.install(writer, written, () -> install(written));
        bytesWritten.addAndGet(written.stream().mapToLong(table -> table.meta().size()).sum());
      }
      jobs.incrementAndGet();
      bytesRead.addAndGet(inputBytes);
      count(writer);
    }

    private void count(RunWriter writer) {
      rowsExpired.addAndGet(writer.rowsExpired());
      rowsTrimmed.addAndGet(writer.rowsTrimmed());
      if (plan.work() == Work.DROP_ROWS) {
        long rows = tables().mapToLong(TableMeta::liveRows).sum();
        rowsExpired.addAndGet(Math.max(0, rows - writer.recordsSeen()));
        tablesDroppedWhole.addAndGet(inputs().filter(p -> !p.isResidue()).count());
      }
    }

    private Stream<TableMeta> tables() {
      return inputs.values().stream().flatMap(List::stream).map(Table::meta);
    }

    private Stream<TableProperties> inputs() {
      return tables().map(TableMeta::properties);
    }

    /** Positions in the logs of other engines mean nothing here: they count as from 0. */
    private long minLogIndex() {
      return tables()
          .mapToLong(t -> output.isOwn(t) ? t.properties().minLogIndex() : 0)
          .min()
          .orElseThrow();
    }

    private long maxLogIndex() {
      return tables()
          .mapToLong(t -> output.isOwn(t) ? t.properties().maxLogIndex() : 0)
          .max()
          .orElseThrow();
    }

    private boolean endsWithLast() {
      return runs.getLast() == all.getLast();
    }

    private Retention retention() {
      boolean drops = plan.work() == Work.DROP_ROWS;
      if (drops && !isExpired()) {
        throw new AssertionError("rows that live would be dropped by " + plan);
      }
      return new Retention(state.expireBeforeMillis(), state.timeMillis(), endsWithLast(), drops);
    }

    /** Whether all rows here and in anything older have expired. */
    private boolean isExpired() {
      List<Run> older = all.subList(all.indexOf(runs.getLast()) + 1, all.size());
      return older.stream().allMatch(run -> run.newestMillis() == Long.MIN_VALUE)
          && inputs().allMatch(p -> p.maxRowMillis() < dropBeforeMillis());
    }

    private long dropBeforeMillis() {
      boolean early = SeededBug.DROPPED_A_WINDOW_EARLY.isPlanted();
      return state.expireBeforeMillis() + (early ? options.scheme().windowMillis() : 0);
    }

    private TableStyle style() {
      boolean windowed = options.scheme().kind() == CompactionScheme.Kind.SHORT_TTL;
      if (!windowed && tables().allMatch(table -> isResting(table, state))) {
        return TableStyle.cold(options);
      }
      boolean stays =
          windowed
              ? Math.floorDiv(newestMillis(), options.scheme().windowMillis())
                  < Math.floorDiv(state.timeMillis(), options.scheme().windowMillis())
              : endsWithLast();
      return stays ? TableStyle.settled(options) : TableStyle.hot(options);
    }

    private long newestMillis() {
      return runs.stream().mapToLong(Run::newestMillis).max().orElse(Long.MIN_VALUE);
    }

    /** Where to cut so that a later merge finds small slices. */
    private List<byte[]> cuts() {
      int next = all.indexOf(runs.getLast()) + 1;
      if (next == all.size()) {
        return List.of();
      }
      boolean windowed = options.scheme().kind() == CompactionScheme.Kind.SHORT_TTL;
      List<TableMeta> guide = (windowed ? all.get(next) : all.getLast()).meta().tables();
      List<TableMeta> others =
          windowed
              ? List.of()
              : all.subList(next, all.size() - 1).stream()
                  .flatMap(run -> run.meta().tables().stream())
                  .toList();
      long sliceBytes = windowed ? 1 : GUIDE_TABLES * output.tableBytesMax();
      return Slices.cuts(guide, others, sliceBytes);
    }

    private GroupSource groups() {
      return new MergedGroups(
          inputs.values().stream()
              .map(
                  tables ->
                      new TableRun(
                              tables.stream().map(Table::reader).toList(),
                              tables.stream().map(table -> table.meta().bounds()).toList())
                          .groups(false))
              .toList());
    }

    private void install(List<Table> outputs) throws IOException {
      versions.installCompaction(runs, remaining(outputs), runs.size() > 1);
    }

    /** The runs as they will be: without the inputs, with the outputs in the oldest. */
    private List<Run> remaining(List<Table> outputs) {
      List<Run> next = new ArrayList<>();
      long freedGeneration = 0;
      for (int i = 0; i < runs.size(); i++) {
        Run run = runs.get(i);
        List<Table> gone = inputs.getOrDefault(i, List.of());
        List<Table> tables = new ArrayList<>(run.tables());
        tables.removeAll(gone);
        if (i == runs.size() - 1) {
          tables.addAll(positionIn(tables), outputs);
        }
        long newest = Math.max(freedGeneration, run.meta().maxGeneration());
        if (tables.isEmpty()) {
          // With the bug the manifest must not refuse the edit: it would, for overlapping runs.
          freedGeneration = SeededBug.NON_NEIGHBOUR_INPUTS.isPlanted() ? 0 : newest;
        } else {
          List<TableMeta> metas = tables.stream().map(Table::meta).toList();
          next.add(new Run(new RunMeta(run.meta().minGeneration(), newest, metas), tables));
          freedGeneration = 0;
        }
      }
      return next;
    }

    /** Where the outputs belong: behind all tables whose keys are smaller. */
    private int positionIn(List<Table> tables) {
      byte[] start = Slices.firstKey(slices.getFirst().pieces().getFirst().table());
      int at = 0;
      while (at < tables.size()
          && Arrays.compareUnsigned(Slices.lastKey(tables.get(at).meta()), start) < 0) {
        at++;
      }
      return at;
    }
  }
}
