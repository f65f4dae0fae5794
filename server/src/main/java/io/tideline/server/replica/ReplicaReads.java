package io.tideline.server.replica;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Gives views of one replica, as fresh as asked for.
 *
 * <p>Threading: safe for many threads; nothing blocks.
 */
final class ReplicaReads {

  static final long RETRY_MILLIS = 100;

  /**
   * How long a session waits for what it has seen to be applied here, before the leader is asked.
   * Where others write, the next entries bring it within milliseconds; where nobody does, a member
   * hears what was committed with the next heartbeat, and asking is faster than that.
   */
  static final long SESSION_WAIT_MILLIS = 20;

  private final long partitionId;
  private final RaftGroup group;
  private final EngineSlot engine;
  private final long stalenessMillisMax;
  private final ScheduledExecutorService timer;
  private final Executor answers;
  private final Supplier<@Nullable Refusal> stopped;
  private final BooleanSupplier established;
  private final ReadGate linearizable;
  private final ReadGate leased;
  private final AppliedWaiters waiters;

  /**
   * @param waiters told by the apply thread of each entry
   * @param stopped why the replica cannot be read at all, null if it can
   * @param established whether this replica leads or follows
   */
  ReplicaReads(
      long partitionId,
      RaftGroup group,
      EngineSlot engine,
      ReadSettings settings,
      ScheduledExecutorService timer,
      Executor answers,
      AppliedWaiters waiters,
      Supplier<@Nullable Refusal> stopped,
      BooleanSupplier established) {
    this.partitionId = partitionId;
    this.group = group;
    this.engine = engine;
    this.stalenessMillisMax = settings.sessionStalenessMax().toMillis();
    this.timer = timer;
    this.answers = answers;
    this.waiters = waiters;
    this.stopped = stopped;
    this.established = established;
    this.linearizable = new ReadGate(group::readIndex);
    this.leased = new ReadGate(group::readIndexByLease);
  }

  /** As {@link Partition#read(Freshness)}. */
  CompletableFuture<ReadOutcome> read(Freshness freshness) {
    Refusal refusal = stopped.get();
    if (refusal != null) {
      return refused(refusal);
    }
    return switch (freshness) {
      case Freshness.Linearizable _ -> readIndexed(linearizable, 0);
      case Freshness.Lease _ -> readIndexed(leased, 0);
      case Freshness.Applied(long index) -> readApplied(index);
    };
  }

  private CompletableFuture<ReadOutcome> readApplied(long index) {
    if (group.behindMillis() > stalenessMillisMax) {
      return readIndexed(linearizable, index);
    }
    if (appliedIndex() >= index) {
      return CompletableFuture.completedFuture(view(index));
    }
    CompletableFuture<Boolean> reached = waiters.await(index);
    // Applied between the look and the registration: nobody would tell.
    if (appliedIndex() >= index) {
      reached.complete(true);
    } else {
      var _ =
          timer.schedule(
              () -> answers.execute(() -> reached.complete(false)),
              SESSION_WAIT_MILLIS,
              TimeUnit.MILLISECONDS);
    }
    return reached.thenCompose(
        inTime ->
            inTime
                ? CompletableFuture.completedFuture(view(index))
                : readIndexed(linearizable, index));
  }

  /**
   * The read index of a group of one is its commit index, which is known late after a start: before
   * {@link ReplicatedState#leaderStarted}, entries that were acknowledged in an earlier life may
   * not be applied yet. So nothing is read before. One that follows asks its leader, which answers
   * once it has committed an entry of its own.
   */
  private CompletableFuture<ReadOutcome> readIndexed(ReadGate gate, long dueIndex) {
    if (!established.getAsBoolean()) {
      return refused(
          Refusal.of(
              Refusal.Reason.UNAVAILABLE,
              "partition " + partitionId + " is starting or electing",
              RETRY_MILLIS));
    }
    CompletableFuture<ReadOutcome> result = new CompletableFuture<>();
    gate.enter(
        problem -> {
          try {
            result.complete(
                problem == null ? view(dueIndex) : new ReadOutcome.Refused(noReadIndex(problem)));
          } catch (RuntimeException | AssertionError e) {
            result.completeExceptionally(e);
          }
        });
    return result;
  }

  /**
   * A view of what is applied.
   *
   * @param dueIndex what it must show at least
   */
  private ReadOutcome view(long dueIndex) {
    Refusal refusal = stopped.get();
    if (refusal == null && appliedIndex() < dueIndex) {
      refusal = behindSession(dueIndex);
    }
    if (refusal != null) {
      return new ReadOutcome.Refused(refusal);
    }
    try {
      return engine
          .view()
          .<ReadOutcome>map(ReadOutcome.Ready::new)
          .orElseGet(() -> new ReadOutcome.Refused(beingReplaced()));
    } catch (IllegalStateException e) {
      Refusal closed = stopped.get();
      if (closed != null) {
        return new ReadOutcome.Refused(closed);
      }
      throw e;
    }
  }

  /** The group also counts entries without a command, the engine what it has from other members. */
  long appliedIndex() {
    return Math.max(engine.get().appliedState().position().index(), group.appliedIndex());
  }

  private static CompletableFuture<ReadOutcome> refused(Refusal refusal) {
    return CompletableFuture.completedFuture(new ReadOutcome.Refused(refusal));
  }

  private static Refusal noReadIndex(String problem) {
    return Refusal.of(Refusal.Reason.UNAVAILABLE, "no read index: " + problem, RETRY_MILLIS);
  }

  private Refusal behindSession(long dueIndex) {
    return Refusal.of(
        Refusal.Reason.UNAVAILABLE,
        "this replica has applied log index "
            + appliedIndex()
            + " of partition "
            + partitionId
            + ", but the session has seen "
            + dueIndex
            + "; retry, or read without the token if the data was restored from a copy",
        RETRY_MILLIS);
  }

  private Refusal beingReplaced() {
    return Refusal.of(
        Refusal.Reason.UNAVAILABLE,
        "partition " + partitionId + " is taking over another replica's content",
        RETRY_MILLIS);
  }
}
