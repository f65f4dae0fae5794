package io.tideline.lsm;

import io.tideline.lsm.file.Syncs;
import io.tideline.lsm.memtable.Memtable;
import io.tideline.lsm.seeded.SeededBug;
import io.tideline.lsm.view.EngineView;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A log-structured merge engine for timelines on one directory.
 *
 * <p>Writes go to a memtable in memory; full memtables are flushed to sorted tables; tables are
 * merged in the background. There is no write-ahead log here: what was applied after {@link
 * #durableState} is lost in a crash and must be applied again from the caller's log, in the same
 * order.
 *
 * <p>Threading: {@link #apply} is called by one thread at a time; everything else by any thread.
 *
 * <p>Lifetime: {@link #open} takes the directory's lock, {@link #close} gives it back. Views and
 * cursors are closed before the engine.
 *
 * <p>Invariants: (1) positions of applied batches rise strictly; (2) a batch is visible whole or
 * not at all; (3) what a flush made durable is exactly the content at {@link #durableState}; (4)
 * after a failed sync or manifest write the engine refuses all further writes ({@link #failure}).
 */
public final class Engine implements Closeable {

  /**
   * How long a full memory pool is waited for before looking again whether the engine still runs.
   */
  private static final long MEMORY_WAIT_MILLIS = 100;

  private final Path directory;
  private final EngineOptions options;
  private final EngineResources resources;
  private final Closeable directoryLock;
  private final DeadTables deadTables;
  private final VersionSet versions;
  private final EngineJobs jobs;
  private final Maintenance maintenance;
  private final PressureGauge pressure;
  private final Scrubber scrubber;
  private final EngineView.Shared shared;

  /** Guards the active memtable: held by apply, and by whoever rotates it. */
  private final ReentrantLock writeLock = new ReentrantLock();

  /** Guarded by {@link #writeLock}: log index of the state before the active memtable. */
  private long rotatedLogIndex;

  /** Guarded by {@link #writeLock}: the state the last queued flush will make durable. */
  private EngineState frozenState;

  /** Time the active memtable has had rows, at the last tick. Written by the ticker only. */
  private volatile long activeMillis;

  /** Which memtable {@link #activeMillis} is of. The ticker's. */
  private long agedGeneration;

  private volatile boolean closed;

  private Engine(
      Path directory,
      EngineOptions options,
      EngineResources resources,
      Closeable directoryLock,
      DeadTables deadTables,
      EngineOpener.Opened opened) {
    this.directory = directory;
    this.options = options;
    this.resources = resources;
    this.directoryLock = directoryLock;
    this.deadTables = deadTables;
    long hashSeed = opened.manifest().engineId().getLeastSignificantBits();
    Memtable active =
        new Memtable(
            resources.memtablePool(), opened.manifest().state().nextGeneration(), hashSeed);
    versions = new VersionSet(opened.manifest(), opened.nextFileId(), active, opened.runs());
    active.release(); // The version holds it from here on.
    jobs =
        new EngineJobs(
            directory, options, resources, opened.manifest().engineId(), versions, deadTables);
    maintenance = new Maintenance(resources, options, jobs, directory.toString());
    jobs.cancelWhen(maintenance::isCancelled);
    pressure = new PressureGauge(resources, directory, maintenance, options);
    scrubber =
        new Scrubber(
            directory,
            jobs.engineId(),
            versions,
            resources,
            damage -> maintenance.suspendCompaction(damage.asException()));
    maintenance.onDamage(e -> scrubber.suspect(e.file()));
    shared =
        new EngineView.Shared(
            resources.headCache(),
            resources.headCache().newEngineNumber(),
            hashSeed,
            jobs.filterCounters());
    frozenState = versions.durableState();
    rotatedLogIndex = frozenState.position().index();
  }

  /**
   * Opens the engine in {@code directory}, creating both if absent.
   *
   * @throws CorruptionException if a file is damaged; nothing is changed then
   * @throws IOException if the directory cannot be used, is locked, or holds a newer format
   */
  public static Engine open(Path directory, EngineOptions options, EngineResources resources)
      throws IOException {
    Syncs.createDirectories(resources.fileSystem(), directory);
    Closeable lock = resources.fileSystem().lock(directory);
    DeadTables deadTables = new DeadTables(resources.fileSystem(), resources.flushThreads());
    try {
      EngineOpener.Opened opened = new EngineOpener(directory, resources, deadTables).open();
      Engine engine = new Engine(directory, options, resources, lock, deadTables, opened);
      try {
        engine.scrubber.verifyQuarantined();
      } catch (Throwable e) {
        engine.scrubber.close();
        engine.versions.close();
        deadTables.close();
        throw e;
      }
      resources.register(engine);
      engine.pressure.refresh();
      engine.maintenance.compactIfDue();
      return engine;
    } catch (Throwable e) {
      try {
        lock.close();
      } catch (IOException suppressed) {
        e.addSuppressed(suppressed);
      }
      throw e;
    }
  }

  /** What survives a crash at this moment: replay the log from the entry after its position. */
  public EngineState durableState() {
    return versions.durableState();
  }

  /** What has been applied, durable or not. */
  public EngineState appliedState() {
    return versions.published().state();
  }

  /**
   * Applies a batch. On return it is visible to new views.
   *
   * <p>Waits only if the memory of all memtables together is exhausted. A failure to apply is
   * final: the log entry cannot be skipped, so the engine stops.
   *
   * @throws IllegalArgumentException if its position is not after the last applied one, if it can
   *     never fit into memory, or if an append does not come after the rows of its timeline
   * @throws IOException if the engine has failed; nothing of the batch is visible then
   */
  public void apply(WriteBatch batch) throws IOException {
    writeLock.lock();
    try {
      checkOpen();
      maintenance.checkWorking();
      EngineState before = appliedState();
      if (batch.position().index() <= before.position().index()) {
        throw new IllegalArgumentException(
            "batch at log index "
                + batch.position().index()
                + " after index "
                + before.position().index()
                + " was applied");
      }
      reserve(batch);
      EngineState after = next(before, batch);
      if (SeededBug.PUBLISHED_BEFORE_WRITTEN.isPlanted()) {
        versions.publish(versions.published().limit(), after);
      }
      try {
        jobs.write(batch, this::viewOfApplied);
      } catch (Throwable e) {
        maintenance.fail(e);
        throw e;
      }
      Memtable active = versions.published().version().active();
      versions.publish(active.limit(), after);
      if (active.bytes() >= 2 * options.memtableBytes()) {
        rotate(null);
      }
    } finally {
      writeLock.unlock();
    }
  }

  private static EngineState next(EngineState before, WriteBatch batch) {
    byte[] configuration = batch.configuration();
    return new EngineState(
        batch.position(),
        configuration == null ? before.configuration() : configuration,
        Math.max(before.timeMillis(), batch.timeMillis()),
        Math.max(before.expireBeforeMillis(), batch.expireBeforeMillis()));
  }

  /** Takes memory for a batch, making room by flushing if there is none. */
  private void reserve(WriteBatch batch) throws IOException {
    while (!versions.published().version().active().reserve(batch)) {
      if (Memtable.reservationBytes(batch) + options.memtableBytes() / 8
          > resources.memtablePool().capacityBytes()) {
        throw new IllegalArgumentException(
            "batch of "
                + batch.size()
                + " operations at log index "
                + batch.position().index()
                + " needs more memory than memtablePoolBytes "
                + resources.memtablePool().capacityBytes());
      }
      if (!rotate(null)) {
        resources.freeMemory();
      }
      try {
        resources.memtablePool().awaitRelease(MEMORY_WAIT_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new java.io.InterruptedIOException("interrupted while waiting for memtable memory");
      }
      checkOpen();
      maintenance.checkWorking();
    }
  }

  /** Freezes the present state for reading. */
  public ReadView view() {
    checkOpen();
    Published now = versions.acquire();
    return new EngineView(now.version(), now.limit(), now.state(), shared);
  }

  private EngineView viewOfApplied() {
    Published now = versions.acquire();
    return new EngineView(now.version(), now.limit(), now.state(), shared);
  }

  /**
   * Whether the owner should call {@link #flush} soon: the memtable has reached its size or its
   * age, it holds back much of the log, or memory is short. Cheap.
   */
  public boolean flushAdvised() {
    Memtable active = versions.published().version().active();
    return active.bytes() >= options.memtableBytes()
        || pressure.isMemoryShort(active)
        || activeMillis >= options.flushAgeMillis()
        || (pressure.unflushedLogBytes() >= options.flushLogBytes() && !active.isEmpty());
  }

  /**
   * Tells how much of the owner's log cannot be deleted because this engine has not flushed what is
   * in it. Too much of it advises a flush, then delays and refuses writers ({@link
   * Pressure.Reason#LOG_BACKLOG}). Called by any thread, as often as the figure changes much.
   *
   * @param bytes of log entries after {@link #durableState}, 0 at first
   */
  public void unflushedLogBytes(long bytes) {
    pressure.unflushedLogBytes(bytes);
  }

  /**
   * Freezes the memtable at the present position and writes it out in the background. Called by the
   * thread that calls {@link #apply}.
   *
   * @return completes with the durable state, whose position is at least the applied one at the
   *     call; fails with the IOException that stopped the engine
   */
  public CompletableFuture<EngineState> flush() {
    CompletableFuture<EngineState> done = new CompletableFuture<>();
    writeLock.lock();
    try {
      checkOpen();
      maintenance.checkWorking();
      if (!frozenState.equals(appliedState())) {
        rotateNow(done);
      } else if (!maintenance.joinLast(done)) {
        done.complete(durableState());
      }
    } catch (IOException e) {
      done.completeExceptionally(e);
    } finally {
      writeLock.unlock();
    }
    return done;
  }

  /** Freezes the active memtable unless it is empty. Needs {@link #writeLock}. */
  private boolean rotate(@Nullable CompletableFuture<EngineState> done) {
    if (versions.published().version().active().isEmpty()) {
      return false;
    }
    rotateNow(done);
    return true;
  }

  private void rotateNow(@Nullable CompletableFuture<EngineState> done) {
    Published now = versions.published();
    Memtable frozen = now.version().active();
    frozen.freeze();
    Memtable next =
        new Memtable(resources.memtablePool(), frozen.generation() + 1, shared.hashSeed());
    FrozenMemtable waiting = new FrozenMemtable(frozen, now.state(), rotatedLogIndex);
    frozenState = now.state();
    rotatedLogIndex = now.state().position().index();
    versions.rotate(next);
    next.release(); // The version holds it from here on.
    maintenance.enqueue(waiting, done);
  }

  /** Rotates if no apply is under way; another engine needs the memory. */
  boolean tryRotate() {
    if (!writeLock.tryLock()) {
      return false;
    }
    try {
      return !closed && maintenance.failure() == null && rotate(null);
    } finally {
      writeLock.unlock();
    }
  }

  long activeBytes() {
    return versions.published().version().active().reservedBytes();
  }

  /** Counts how long the active memtable has had rows, in ticks: nothing depends on it exactly. */
  private void age() {
    Memtable active = versions.published().version().active();
    boolean same = active.generation() == agedGeneration && !active.isEmpty();
    agedGeneration = active.generation();
    activeMillis = same ? activeMillis + resources.tickMillis() : 0;
  }

  /** Called once a second by the resources. */
  void tick() {
    try {
      pressure.refresh();
      maintenance.retryStalled();
      age();
      scrubber.startIfDue();
    } catch (RuntimeException e) {
      // The one ticker serves all engines: it must not end with one of them.
      maintenance.fail(e);
    }
  }

  /** Waits until no flush and no compaction is due or running. For tests, tools and benchmarks. */
  public void awaitQuiescence() throws IOException, InterruptedException {
    maintenance.awaitQuiescence();
  }

  /** Merges all runs into one. For tests, tools and operators. */
  public CompletableFuture<Void> compactAll() {
    checkOpen();
    return maintenance.mergeAll();
  }

  /**
   * Links the durable state into {@code target}, which must not exist. The target is durable on
   * return and can be opened as an engine, or streamed to one ({@link SnapshotReceiver}).
   *
   * @throws CorruptionException if a table is known to be damaged: no copy of it is made
   */
  public EngineSnapshot snapshot(Path target) throws IOException {
    checkOpen();
    maintenance.checkWorking();
    List<Damage> damaged = damage();
    if (!damaged.isEmpty()) {
      throw damaged.getFirst().asException();
    }
    return new SnapshotJob(resources.fileSystem(), directory, target, jobs.engineId(), versions)
        .run();
  }

  /**
   * Makes an engine of each part, by hard links: no row is copied. Called by the thread that calls
   * {@link #apply}, at the position where the owner's log says to split; first flushes what that
   * position holds, so an owner that calls {@link #flush} some time before waits for little. This
   * engine is not changed; the owner closes it and removes its directory once its own log says that
   * the parts have taken over.
   *
   * <p>A part's directory appears complete and durable, or not at all. After a crash the owner,
   * coming to the same log entry again, calls this again: parts that are there stay as they are,
   * with whatever was applied to them since.
   *
   * <p>A record belongs to the part whose range has its key, as if that were a timeline's key.
   *
   * @param parts ranges that do not overlap
   * @param copiedTables record tables that every part gets whole
   * @throws IOException if a part could not be made; others may have been
   */
  public void split(List<EnginePart> parts, Set<Integer> copiedTables) throws IOException {
    PartRanges.checkTables(copiedTables);
    VersionSet.Durable durable = flushedNow();
    try {
      new SplitJob(resources.fileSystem(), directory, durable, copiedTables).run(parts);
    } finally {
      durable.version().release();
    }
  }

  /**
   * Makes one engine of this one and its neighbour to the right, by hard links. Called when nothing
   * is applied to either. Neither is changed; the new directory appears complete or not at all, and
   * stays as it is if it is there already.
   *
   * <p>Heads, rows and records stay what they were. The new engine's time and expiry watermark are
   * the larger ones of the two.
   *
   * @param right has the timelines from {@code boundary} on
   * @param boundary all keys of this engine are below, all of the other at or above
   * @param target what the new engine is; its range must be both ranges together
   * @param tablesOfLeft record tables of which only this engine's count: those that {@link #split}
   *     copied. What the owner needs of the other's it applies to the new engine afterwards
   * @throws IllegalArgumentException if a key is on the wrong side of the boundary
   */
  public void merge(Engine right, byte[] boundary, EnginePart target, Set<Integer> tablesOfLeft)
      throws IOException {
    PartRanges.checkTables(tablesOfLeft);
    VersionSet.Durable mine = flushedNow();
    try {
      VersionSet.Durable theirs = right.flushedNow();
      try {
        new MergeJob(resources.fileSystem(), tablesOfLeft)
            .run(
                new MergeJob.Side(directory, mine),
                new MergeJob.Side(right.directory, theirs),
                boundary,
                target);
      } finally {
        theirs.version().release();
      }
    } finally {
      mine.version().release();
    }
  }

  /** Flushes what has been applied and holds the version that has it. */
  private VersionSet.Durable flushedNow() throws IOException {
    try {
      flush().get();
    } catch (ExecutionException e) {
      throw new IOException(directory + ": not flushed: " + e.getCause(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new java.io.InterruptedIOException("interrupted while waiting for a flush");
    }
    VersionSet.Durable durable = versions.acquireDurable();
    if (!durable.state().equals(appliedState())) {
      durable.version().release();
      throw new IllegalStateException(
          directory + ": a batch was applied while the engine was split or merged");
    }
    return durable;
  }

  /**
   * Hashes what is applied now, for comparing with another replica at the same position. Reads all
   * of the range, past the caches and not faster than {@link
   * EngineResources#setBackgroundReadBytesPerSecond} lets it: takes long, and meant for a thread of
   * low priority.
   *
   * @param range timelines, and records with such keys
   * @throws java.util.concurrent.CancellationException if the engine is closed meanwhile
   */
  public RangeHash rangeHash(KeyRange range) throws IOException {
    checkOpen();
    try (EngineView view = viewOfApplied()) {
      return view.hash(
          range, bytes -> resources.paceBackgroundRead(bytes, maintenance::isCancelled));
    }
  }

  /**
   * The key of a timeline at which a split would give halves of about equal size: the median over
   * the blocks of all tables by their bytes. Looks at tables only, and at a block's last timeline
   * only; meant for engines of many blocks.
   *
   * @return empty if no such key leaves a timeline on either side
   */
  public Optional<byte[]> suggestSplitKey() throws IOException {
    checkOpen();
    Published now = versions.acquire();
    try {
      return SplitKeys.suggest(now.version());
    } finally {
      now.version().release();
    }
  }

  /**
   * Tables that were found damaged, by scrubbing, by a compaction or because {@link #suspect}
   * asked. While there are any, nothing is compacted; what can be read is right, reads of damaged
   * blocks fail. The owner repairs the engine by installing another replica's snapshot ({@link
   * SnapshotReceiver}), for which the sound files need not be sent.
   */
  public List<Damage> damage() {
    return scrubber.damage();
  }

  /** Has a file verified soon: for owners whose read failed with this exception. */
  public void suspect(CorruptionException cause) {
    scrubber.suspect(cause.file());
  }

  /**
   * Verifies all checksums now, not faster than {@link
   * EngineResources#setBackgroundReadBytesPerSecond} lets it. Happens by itself once a period
   * ({@link EngineResources#setScrubPeriodMillis}); goes on where it stopped when the engine was
   * closed.
   *
   * @return completes when every file has been read; {@link #damage} tells what was found
   */
  public CompletableFuture<Void> scrub() {
    checkOpen();
    return scrubber.start();
  }

  public ScrubStatus scrubStatus() {
    checkOpen();
    return scrubber.status();
  }

  /** How full the engine is. Cheap; meant to be asked before every proposal. */
  public Pressure pressure() {
    return pressure.measure();
  }

  /** What stopped the engine, null while it works. */
  public @Nullable Throwable failure() {
    return maintenance.failure();
  }

  public EngineStats stats() {
    return jobs.stats(versions.published().version());
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("the engine in " + directory + " is closed");
    }
  }

  /**
   * Stops background work of this engine and releases everything; does not flush. What open views
   * hold is released with them.
   */
  @Override
  public void close() throws IOException {
    if (closed) {
      return;
    }
    closed = true;
    resources.unregister(this);
    scrubber.close();
    maintenance.close();
    writeLock.lock();
    try {
      versions.close();
    } finally {
      deadTables.close();
      writeLock.unlock();
      directoryLock.close();
    }
  }
}
