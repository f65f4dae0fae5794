package io.tideline.lsm;

import io.tideline.lsm.compaction.CompactionPicker;
import io.tideline.lsm.compaction.CompactionPicker.Work;
import io.tideline.lsm.compaction.CompactionPlan;
import io.tideline.lsm.fs.DiskFullException;
import io.tideline.lsm.version.Run;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * When to flush and to compact, and what to do when that fails. One flush and one compaction of an
 * engine run at a time, on the threads all engines share.
 *
 * <p>A full disk only makes work wait: it is tried again every tick. Every other failure is final
 * and stops the engine.
 *
 * <p>Threading: safe for many threads; state is guarded by {@link #lock}.
 */
final class Maintenance {

  private static final Logger log = LoggerFactory.getLogger(Maintenance.class);

  /** The work itself, done without the lock. */
  interface Jobs {
    void flush(FrozenMemtable frozen) throws IOException;

    /** Does the next job of a plan; false if nothing was left to do. */
    boolean compact(CompactionPlan plan) throws IOException;

    List<Run> runs();

    EngineState durableState();

    long nextFileId();

    CompactionPicker.Candidate candidate(Run run, EngineState durable);
  }

  private final EngineResources resources;
  private final Jobs jobs;
  private final String name;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  // All guarded by lock.
  private final ArrayDeque<FrozenMemtable> waiting = new ArrayDeque<>();
  private final List<CompletableFuture<Void>> mergeAllWanted = new ArrayList<>();
  private final List<CompletableFuture<Void>> mergeAllRunning = new ArrayList<>();
  private final CompactionPlanner planner;
  private CompactionThreads.@Nullable Ticket ticket;
  private boolean flushRunning;
  private boolean compactionRunning;
  private boolean flushStalled;
  private boolean compactionStalled;

  /** Whether the wait for room was logged already. */
  private boolean compactionStalledBefore;

  /** Runs that compaction should have merged already or will. Written under the lock. */
  private volatile int waitingRuns;

  private volatile boolean closing;

  /** A flush found the disk full and has not succeeded since. */
  private volatile boolean diskFull;

  private volatile @Nullable Throwable failure;

  /** What ended compaction; null while all inputs are sound. */
  private volatile @Nullable CorruptionException damage;

  private Consumer<CorruptionException> damageFound = e -> {};

  Maintenance(EngineResources resources, EngineOptions options, Jobs jobs, String name) {
    this.resources = resources;
    planner = new CompactionPlanner(options, jobs::candidate);
    this.jobs = jobs;
    this.name = name;
  }

  @Nullable Throwable failure() {
    return failure;
  }

  /** Whether a flush waits because the disk was full. */
  boolean isDiskFull() {
    return diskFull;
  }

  /** Runs that compaction should have merged already or will. */
  int waitingRuns() {
    return waitingRuns;
  }

  /** Whether running jobs should give up soon. */
  boolean isCancelled() {
    return closing || failure != null;
  }

  /** Throws what stopped the engine. */
  void checkWorking() throws IOException {
    Throwable cause = failure;
    if (cause != null) {
      throw stopped(cause);
    }
  }

  private IOException stopped(Throwable cause) {
    return new IOException(
        name
            + ": the engine has stopped after a failure; restart it after its cause is removed: "
            + cause,
        cause);
  }

  /** Those who wait for a merge of all runs, who are waiting no longer. With the lock held. */
  private List<CompletableFuture<Void>> takeMergeAllWaiters() {
    List<CompletableFuture<Void>> waiters = new ArrayList<>(mergeAllWanted);
    waiters.addAll(mergeAllRunning);
    mergeAllWanted.clear();
    mergeAllRunning.clear();
    return waiters;
  }

  /** Stops the engine for good; the first cause stays. */
  void fail(Throwable cause) {
    List<CompletableFuture<?>> victims = new ArrayList<>();
    lock.lock();
    try {
      if (failure == null) {
        failure = cause;
        log.error("{}: the engine stops", name, cause);
      }
      waiting.forEach(frozen -> victims.addAll(frozen.done()));
      waiting.forEach(frozen -> frozen.done().clear());
      victims.addAll(takeMergeAllWaiters());
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    victims.forEach(victim -> victim.completeExceptionally(stopped(cause)));
  }

  /** Queues a frozen memtable; {@code done} completes when it is durable. */
  void enqueue(FrozenMemtable frozen, @Nullable CompletableFuture<EngineState> done) {
    lock.lock();
    try {
      if (failure == null) {
        if (done != null) {
          frozen.done().add(done);
        }
        waiting.add(frozen);
        scheduleFlush();
        return;
      }
    } finally {
      lock.unlock();
    }
    if (done != null) {
      done.completeExceptionally(stopped(java.util.Objects.requireNonNull(failure)));
    }
  }

  /** Adds a waiter to the newest queued flush, if any is queued. */
  boolean joinLast(CompletableFuture<EngineState> done) {
    lock.lock();
    try {
      if (waiting.isEmpty() || failure != null) {
        return false;
      }
      waiting.getLast().done().add(done);
      return true;
    } finally {
      lock.unlock();
    }
  }

  private void scheduleFlush() {
    if (!flushRunning && !flushStalled && !waiting.isEmpty() && !isCancelled()) {
      flushRunning = true;
      resources.flushThreads().execute(this::runFlush);
    }
  }

  private void runFlush() {
    FrozenMemtable next;
    lock.lock();
    try {
      next = waiting.peek();
    } finally {
      lock.unlock();
    }
    List<CompletableFuture<EngineState>> done = List.of();
    resources.countFlushing(1);
    boolean flushed = next != null && attempt(() -> jobs.flush(next), true);
    resources.countFlushing(-1);
    if (next != null && flushed) {
      lock.lock();
      try {
        waiting.remove(next);
        done = List.copyOf(next.done());
        diskFull = false;
      } finally {
        lock.unlock();
      }
      done.forEach(waiter -> waiter.complete(next.state()));
    }
    lock.lock();
    try {
      flushRunning = false;
      scheduleFlush();
      scheduleCompaction();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private interface Action {
    void run() throws IOException;
  }

  /** Runs a job and decides what its failure means; true if it succeeded. */
  private boolean attempt(Action action, boolean flush) {
    try {
      action.run();
      return true;
    } catch (CancellationException e) {
      log.debug("{}: {} given up: {}", name, flush ? "flush" : "compaction", e.getMessage());
    } catch (DiskFullException e) {
      stall(flush, e);
    } catch (CorruptionException e) {
      if (flush) {
        fail(e);
      } else {
        suspendCompaction(e);
      }
    } catch (Throwable e) {
      fail(e);
    }
    return false;
  }

  /**
   * Nothing is merged from here on: a damaged table must not be read as if it were sound, nor left
   * out. Reads, appends and flushes go on; runs pile up until the owner repairs the engine, and
   * {@link Pressure} says so in time.
   */
  void suspendCompaction(CorruptionException cause) {
    List<CompletableFuture<Void>> victims = new ArrayList<>();
    lock.lock();
    try {
      if (damage == null) {
        damage = cause;
        log.error("{}: nothing is compacted any more: {}", name, cause.getMessage());
      }
      victims.addAll(takeMergeAllWaiters());
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    damageFound.accept(cause);
    victims.forEach(victim -> victim.completeExceptionally(cause));
  }

  /** Set once, before the first job: who is told of damage that a compaction met. */
  void onDamage(Consumer<CorruptionException> listener) {
    damageFound = listener;
  }

  private void stall(boolean flush, DiskFullException cause) {
    lock.lock();
    try {
      if (flush ? !diskFull : !compactionStalledBefore) {
        log.warn("{}: {} waits: {}", name, flush ? "flush" : "compaction", cause.getMessage());
      }
      diskFull |= flush;
      flushStalled |= flush;
      compactionStalled |= !flush;
      compactionStalledBefore |= !flush;
    } finally {
      lock.unlock();
    }
  }

  /** Tries again what a full disk held up. */
  void retryStalled() {
    lock.lock();
    try {
      if (flushStalled || compactionStalled) {
        flushStalled = false;
        compactionStalled = false;
        scheduleFlush();
        scheduleCompaction();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Starts a compaction if one is due. */
  void compactIfDue() {
    lock.lock();
    try {
      scheduleCompaction();
    } finally {
      lock.unlock();
    }
  }

  private void scheduleCompaction() {
    List<Run> runs = jobs.runs();
    EngineState durable = jobs.durableState();
    waitingRuns = planner.waitingRuns(runs, durable);
    if (compactionRunning || compactionStalled || damage != null || isCancelled()) {
      return;
    }
    if (!mergeAllWanted.isEmpty() && mergeAllRunning.isEmpty()) {
      startMergeAll(runs);
    }
    Optional<CompactionPlan> plan = planner.next(runs, durable, jobs.nextFileId());
    CompactionThreads.Ticket waits = ticket;
    if (plan.isEmpty() || (waits != null && waits.urgency().compareTo(plan.get().urgency()) <= 0)) {
      return;
    }
    if (waits == null || resources.compactionThreads().withdraw(waits)) {
      ticket = resources.compactionThreads().submit(plan.get().urgency(), this::runCompaction);
    }
  }

  private void startMergeAll(List<Run> runs) {
    if (runs.isEmpty()) {
      mergeAllWanted.forEach(waiter -> waiter.complete(null));
    } else {
      planner.wantAll(runs, jobs.nextFileId());
      mergeAllRunning.addAll(mergeAllWanted);
    }
    mergeAllWanted.clear();
  }

  private void runCompaction() {
    CompactionPlan plan;
    lock.lock();
    try {
      ticket = null;
      plan = planner.next(jobs.runs(), jobs.durableState(), jobs.nextFileId()).orElse(null);
      if (plan == null || damage != null || isCancelled()) {
        changed.signalAll();
        return;
      }
      compactionRunning = true;
    } finally {
      lock.unlock();
    }
    AtomicBoolean more = new AtomicBoolean();
    boolean succeeded = attempt(() -> more.set(jobs.compact(plan)), false);
    List<CompletableFuture<Void>> merged = List.of();
    lock.lock();
    try {
      if (succeeded && !more.get()) {
        planner.done(plan);
        if (plan.work() == Work.ALL) {
          merged = List.copyOf(mergeAllRunning);
          mergeAllRunning.clear();
        }
      }
      compactionRunning = false;
      compactionStalledBefore &= !succeeded;
      scheduleCompaction();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    merged.forEach(waiter -> waiter.complete(null));
  }

  /** Merges all runs into one, after the compaction that may be running. */
  CompletableFuture<Void> mergeAll() {
    CompletableFuture<Void> done = new CompletableFuture<>();
    lock.lock();
    try {
      if (failure == null && damage == null) {
        mergeAllWanted.add(done);
        scheduleCompaction();
        return done;
      }
    } finally {
      lock.unlock();
    }
    Throwable cause = failure;
    done.completeExceptionally(
        cause == null ? java.util.Objects.requireNonNull(damage) : stopped(cause));
    return done;
  }

  /** Whether a flush or a compaction runs or waits for a thread. Needs {@link #lock}. */
  private boolean isBusy() {
    return flushRunning || compactionRunning || ticket != null;
  }

  void awaitQuiescence() throws IOException, InterruptedException {
    lock.lock();
    try {
      while (true) {
        checkWorking();
        scheduleFlush();
        scheduleCompaction();
        if (!isBusy() && waiting.isEmpty() && mergeAllWanted.isEmpty()) {
          return;
        }
        changed.await();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Ends running jobs and refuses new ones; memtables that were not flushed are given up. */
  void close() {
    List<CompletableFuture<?>> given = new ArrayList<>();
    lock.lock();
    try {
      closing = true;
      if (ticket != null && resources.compactionThreads().withdraw(ticket)) {
        ticket = null;
      }
      while (isBusy()) {
        changed.awaitUninterruptibly();
      }
      waiting.forEach(frozen -> given.addAll(frozen.done()));
      waiting.clear();
      given.addAll(mergeAllWanted);
      given.addAll(mergeAllRunning);
      mergeAllWanted.clear();
      mergeAllRunning.clear();
    } finally {
      lock.unlock();
    }
    IOException closed = new IOException(name + ": the engine was closed before this was done");
    given.forEach(future -> future.completeExceptionally(closed));
  }
}
