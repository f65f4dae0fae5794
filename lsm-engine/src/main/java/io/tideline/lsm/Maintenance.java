package io.tideline.lsm;

import io.tideline.lsm.compaction.CompactionPicker;
import io.tideline.lsm.fs.DiskFullException;
import io.tideline.lsm.version.Run;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
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

    void compact(List<Run> neighbours) throws IOException;

    List<Run> runs();

    List<CompactionPicker.Candidate> candidates(List<Run> runs);
  }

  private final EngineResources resources;
  private final EngineOptions options;
  private final Jobs jobs;
  private final String name;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  // All guarded by lock.
  private final ArrayDeque<FrozenMemtable> waiting = new ArrayDeque<>();
  private final List<CompletableFuture<Void>> mergeAllWanted = new ArrayList<>();
  private boolean flushRunning;
  private boolean compactionRunning;
  private boolean flushStalled;
  private boolean compactionStalled;

  /** Whether the wait for room was logged already. */
  private boolean compactionStalledBefore;

  private volatile boolean closing;

  /** A flush found the disk full and has not succeeded since. */
  private volatile boolean diskFull;

  private volatile @Nullable Throwable failure;

  Maintenance(EngineResources resources, EngineOptions options, Jobs jobs, String name) {
    this.resources = resources;
    this.options = options;
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
      victims.addAll(mergeAllWanted);
      mergeAllWanted.clear();
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
    if (next != null && attempt(() -> jobs.flush(next), true)) {
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

  private interface Work {
    void run() throws IOException;
  }

  /** Runs a job and decides what its failure means; true if it succeeded. */
  private boolean attempt(Work work, boolean flush) {
    try {
      work.run();
      return true;
    } catch (CancellationException e) {
      log.debug("{}: {} given up: {}", name, flush ? "flush" : "compaction", e.getMessage());
    } catch (DiskFullException e) {
      stall(flush, e);
    } catch (Throwable e) {
      fail(e);
    }
    return false;
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
    if (compactionRunning || compactionStalled || isCancelled()) {
      return;
    }
    List<Run> runs = jobs.runs();
    List<Run> inputs = mergeAllWanted.isEmpty() ? pick(runs) : runs;
    if (!inputs.isEmpty()) {
      List<CompletableFuture<Void>> waiters = List.copyOf(mergeAllWanted);
      mergeAllWanted.clear();
      compactionRunning = true;
      resources.compactionThreads().execute(() -> runCompaction(inputs, waiters));
    } else {
      mergeAllWanted.forEach(waiter -> waiter.complete(null));
      mergeAllWanted.clear();
    }
  }

  private List<Run> pick(List<Run> runs) {
    Optional<CompactionPicker.Choice> choice =
        CompactionPicker.pick(
            jobs.candidates(runs), options.runsPerTier(), options.memtableBytes());
    return choice.map(c -> runs.subList(c.from(), c.to())).orElse(List.of());
  }

  private void runCompaction(List<Run> inputs, List<CompletableFuture<Void>> waiters) {
    boolean succeeded = attempt(() -> jobs.compact(inputs), false);
    Throwable cause = failure;
    if (succeeded) {
      waiters.forEach(waiter -> waiter.complete(null));
    } else if (cause != null) {
      waiters.forEach(waiter -> waiter.completeExceptionally(stopped(cause)));
    } else if (closing) {
      waiters.forEach(waiter -> waiter.cancel(false));
    }
    lock.lock();
    try {
      if (!succeeded && cause == null && !closing) {
        mergeAllWanted.addAll(waiters);
      }
      compactionRunning = false;
      compactionStalledBefore &= !succeeded;
      scheduleCompaction();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Merges all runs into one, after the compaction that may be running. */
  CompletableFuture<Void> mergeAll() {
    CompletableFuture<Void> done = new CompletableFuture<>();
    lock.lock();
    try {
      if (failure == null) {
        mergeAllWanted.add(done);
        scheduleCompaction();
        return done;
      }
    } finally {
      lock.unlock();
    }
    done.completeExceptionally(stopped(java.util.Objects.requireNonNull(failure)));
    return done;
  }

  void awaitQuiescence() throws IOException, InterruptedException {
    lock.lock();
    try {
      while (true) {
        checkWorking();
        scheduleFlush();
        scheduleCompaction();
        if (!flushRunning && !compactionRunning && waiting.isEmpty() && mergeAllWanted.isEmpty()) {
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
      while (flushRunning || compactionRunning) {
        changed.awaitUninterruptibly();
      }
      waiting.forEach(frozen -> given.addAll(frozen.done()));
      waiting.clear();
      given.addAll(mergeAllWanted);
      mergeAllWanted.clear();
    } finally {
      lock.unlock();
    }
    IOException closed = new IOException(name + ": the engine was closed before this was done");
    given.forEach(future -> future.completeExceptionally(closed));
  }
}
