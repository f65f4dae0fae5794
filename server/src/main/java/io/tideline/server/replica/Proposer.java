package io.tideline.server.replica;

import io.tideline.lsm.Pressure;
import io.tideline.server.command.CommandBatch;
import io.tideline.server.command.CommandFormat;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Gathers a partition's waiting writes into log entries.
 *
 * <p>The simple case: nothing is in flight, so a write becomes an entry at once. While entries are
 * in flight, writes gather; the next entry is cut when one comes back, or earlier when {@link
 * #EAGER_COMMANDS} or {@link #EAGER_BYTES} are waiting and the pipeline has room. So there is no
 * linger time: load makes entries larger by itself.
 *
 * <p>Invariants: (1) writes enter the log in the order in which they were submitted: only one
 * thread at a time cuts entries; (2) every write is answered exactly once; (3) nothing is proposed
 * outside a term in which this replica leads.
 *
 * <p>Threading: safe for many threads. No lock is held while encoding, proposing or answering.
 */
final class Proposer {

  /** Entries in flight at a time: while one is synced, the next is replicated and applied. */
  private static final int PIPELINE_DEPTH = 4;

  /** An entry costs some hundred microseconds of CPU: worth it early only for this many writes. */
  private static final int EAGER_COMMANDS = 256;

  private static final long EAGER_BYTES = 128L << 10;

  /** Bounds of one entry; a single larger write still is one entry. */
  private static final int ENTRY_COMMANDS_MAX = 4_096;

  private static final long ENTRY_BYTES_MAX = 1L << 20;

  /**
   * Longest pause between entries under full pressure: slows writers to some 50 entries a second.
   */
  private static final long PAUSE_MILLIS_MAX = 20;

  /** A part of what a planned hand-over takes; callers wait longer each time they come back. */
  private static final long NOT_LEADER_RETRY_MILLIS = 20;

  private final Admission admission;
  private final Supplier<Pressure> pressure;
  private final InstantSource clock;
  private final ScheduledExecutorService timer;
  private final Executor answers;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition idle = lock.newCondition();

  // Guarded by lock.
  private final ArrayDeque<PendingWrite<?>> waiting = new ArrayDeque<>();
  private final Set<EntryProposal> inFlight = new HashSet<>();
  private int waitingCommands;
  private long waitingBytes;
  private long term;
  private boolean cutting;
  private boolean pausing;
  private @Nullable Refusal closedBy;
  private @Nullable RaftGroup group;

  /**
   * @param pressure how full the partition's engine is
   * @param clock stamps entries
   * @param timer for pauses under pressure
   * @param answers where callers' futures are completed
   */
  Proposer(
      Admission admission,
      Supplier<Pressure> pressure,
      InstantSource clock,
      ScheduledExecutorService timer,
      Executor answers) {
    this.admission = admission;
    this.pressure = pressure;
    this.clock = clock;
    this.timer = timer;
    this.answers = answers;
  }

  /** From now on entries go to {@code newGroup}, in {@code newTerm}. */
  void lead(RaftGroup newGroup, long newTerm) {
    lock.lock();
    try {
      group = newGroup;
      term = newTerm;
    } finally {
      lock.unlock();
    }
    pump();
  }

  /** Refuses what waits; what is in flight is told by the group. */
  void stopLeading() {
    List<PendingWrite<?>> refused;
    lock.lock();
    try {
      term = 0;
      refused = takeWaiting();
    } finally {
      lock.unlock();
    }
    refuse(refused, notLeading());
  }

  /** Takes a write that was admitted; its bytes are released when it is answered. */
  void submit(PendingWrite<?> write) {
    Refusal refusal;
    lock.lock();
    try {
      refusal = closedBy != null ? closedBy : term == 0 ? notLeading() : null;
      if (refusal == null) {
        waiting.add(write);
        waitingCommands += write.commands().size();
        waitingBytes += write.bytes();
      }
    } finally {
      lock.unlock();
    }
    if (refusal != null) {
      refuse(List.of(write), refusal);
    } else {
      pump();
    }
  }

  /**
   * Takes no more writes and refuses those that wait.
   *
   * @param refusal what later callers are told
   */
  void close(Refusal refusal) {
    List<PendingWrite<?>> refused;
    lock.lock();
    try {
      if (closedBy != null) {
        return;
      }
      closedBy = refusal;
      refused = takeWaiting();
    } finally {
      lock.unlock();
    }
    refuse(refused, refusal);
  }

  /** Waits until nothing is in flight; false if that took longer. */
  boolean awaitIdle(long timeoutMillis) throws InterruptedException {
    long left = TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
    lock.lock();
    try {
      while (!inFlight.isEmpty() && left > 0) {
        left = idle.awaitNanos(left);
      }
      return inFlight.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  /** Tells everybody in flight that nobody will know; for a group that will not answer any more. */
  void abandonInFlight(String why) {
    List<EntryProposal> abandoned;
    lock.lock();
    try {
      abandoned = List.copyOf(inFlight);
    } finally {
      lock.unlock();
    }
    abandoned.forEach(entry -> entry.unknown(why));
  }

  /** Cuts and proposes entries until there is nothing to cut or another thread is at it. */
  private void pump() {
    while (true) {
      EntryProposal entry;
      RaftGroup target;
      long entryTerm;
      lock.lock();
      try {
        target = group;
        entryTerm = term;
        if (cutting || target == null || !dueNow()) {
          return;
        }
        cutting = true;
        entry = cut();
      } finally {
        lock.unlock();
      }
      try {
        target.propose(entry, CommandFormat.encode(entry.batch()), entryTerm);
      } catch (RuntimeException e) {
        // A defect; the callers must not wait for ever, and the next entry may still go through.
        entry.unknown("the entry could not be proposed: " + e);
      } finally {
        lock.lock();
        try {
          cutting = false;
        } finally {
          lock.unlock();
        }
      }
    }
  }

  /** Called with the lock held. */
  private boolean dueNow() {
    if (waiting.isEmpty() || term == 0 || pausing) {
      return false;
    }
    if (inFlight.isEmpty()) {
      return !pauseUnderPressure();
    }
    return inFlight.size() < PIPELINE_DEPTH
        && (waitingCommands >= EAGER_COMMANDS || waitingBytes >= EAGER_BYTES)
        && pressure.get().level() == Pressure.Level.NONE;
  }

  /** Under pressure entries go one at a time with a pause between. Called with the lock held. */
  private boolean pauseUnderPressure() {
    Pressure now = pressure.get();
    if (now.level() == Pressure.Level.NONE || closedBy != null) {
      return false;
    }
    if (pausedFor == waiting.peek()) {
      pausedFor = null;
      return false;
    }
    pausedFor = waiting.peek();
    pausing = true;
    long millis = Math.max(1, Math.round(PAUSE_MILLIS_MAX * Math.min(1.0, now.fill())));
    var _ = timer.schedule(this::endPause, millis, TimeUnit.MILLISECONDS);
    return true;
  }

  /** The write for whose entry a pause was already made; guarded by lock. */
  private @Nullable PendingWrite<?> pausedFor;

  private void endPause() {
    lock.lock();
    try {
      pausing = false;
    } finally {
      lock.unlock();
    }
    pump();
  }

  /** Called with the lock held and something waiting. */
  private EntryProposal cut() {
    List<PendingWrite<?>> taken = new ArrayList<>();
    int commands = 0;
    long bytes = 0;
    while (!waiting.isEmpty()) {
      PendingWrite<?> next = waiting.getFirst();
      commands += next.commands().size();
      bytes += next.bytes();
      if (!taken.isEmpty() && (commands > ENTRY_COMMANDS_MAX || bytes > ENTRY_BYTES_MAX)) {
        break;
      }
      taken.add(waiting.removeFirst());
      waitingCommands -= next.commands().size();
      waitingBytes -= next.bytes();
    }
    EntryProposal entry = new EntryProposal(taken, Math.max(0, clock.millis()), this::ended);
    inFlight.add(entry);
    return entry;
  }

  private void ended(EntryProposal entry) {
    lock.lock();
    try {
      inFlight.remove(entry);
      if (inFlight.isEmpty()) {
        idle.signalAll();
      }
    } finally {
      lock.unlock();
    }
    answers.execute(
        () -> {
          admission.release(entry.bytes());
          entry.answer();
        });
    pump();
  }

  /** Called with the lock held. */
  private List<PendingWrite<?>> takeWaiting() {
    List<PendingWrite<?>> taken = List.copyOf(waiting);
    waiting.clear();
    waitingCommands = 0;
    waitingBytes = 0;
    return taken;
  }

  private void refuse(List<PendingWrite<?>> writes, Refusal refusal) {
    for (PendingWrite<?> write : writes) {
      admission.release(write.bytes());
      write.refused(refusal);
    }
  }

  private static Refusal notLeading() {
    return Refusal.of(
        Refusal.Reason.NOT_LEADER,
        "this replica of the partition does not lead",
        NOT_LEADER_RETRY_MILLIS);
  }

  static {
    if (ENTRY_COMMANDS_MAX > CommandBatch.COMMANDS_MAX) {
      throw new AssertionError("an entry may not hold more commands than its format");
    }
  }
}
