package io.tideline.server.replica;

import io.tideline.lsm.CorruptionException;
import io.tideline.lsm.Engine;
import io.tideline.lsm.EngineState;
import io.tideline.lsm.KeyRange;
import io.tideline.lsm.LogPosition;
import io.tideline.lsm.Pressure;
import io.tideline.lsm.RangeHash;
import io.tideline.lsm.ScrubStatus;
import io.tideline.lsm.WriteBatch;
import io.tideline.server.command.Command;
import io.tideline.server.command.CommandBatch;
import io.tideline.server.command.CommandFormat;
import io.tideline.server.command.CommandResult;
import io.tideline.server.command.StateMachine;
import io.tideline.server.transfer.ArrivedSnapshot;
import io.tideline.server.transfer.SnapshotFetch;
import io.tideline.server.transfer.SnapshotOffer;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One replica: engine, state machine, proposer, and its place in the group.
 *
 * <p>Lifetime: {@link #open} joins the group; {@link #ready} completes when everything committed
 * before the start is applied and writes are taken; {@link #close} lets proposed writes finish.
 *
 * <p>Threading: safe for many threads; applying is the group's one thread.
 */
public final class PartitionReplica implements Replica, AutoCloseable {

  /** How long closing waits for writes that are in the log already; a sync takes milliseconds. */
  private static final long DRAIN_MILLIS = 5_000;

  /** A full disk is noticed within a second; handing over takes some tens of milliseconds. */
  private static final long HAND_OVER_MILLIS = 500;

  /** How long the group may take to count an entry that is applied; it takes microseconds. */
  private static final long FLUSH_RETRY_MILLIS = 2;

  /**
   * A flush gives up the log only up to the flush before. So a replica that is written to keeps up
   * to two advised flushes of log; what one keeps beyond has rested for as long as the second.
   */
  private static final int KEPT_FLUSHES = 2;

  private static final Logger LOG = LoggerFactory.getLogger(PartitionReplica.class);

  private final long partitionId;
  private final boolean shared;
  private final EngineSlot engine;
  private final EngineHome home;
  private final StateMachine stateMachine;
  private final ReplicaContext context;
  private final Proposer proposer;
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private final RaftGroup group;
  private final ReplicaReads reads;
  private final AppliedWaiters waiters = new AppliedWaiters();
  private volatile long term;
  private volatile long replayedEntries;

  /** Whether the log waits for this replica, at the last sample. */
  private volatile boolean logHeld;

  /** Whether another member leads, as far as this one knows. */
  private volatile boolean following;

  private volatile boolean closing;

  private PartitionReplica(
      long partitionId,
      List<String> members,
      boolean isNew,
      EngineHome home,
      Engine opened,
      StateMachine stateMachine,
      ReplicaContext context)
      throws IOException {
    this.partitionId = partitionId;
    this.shared = members.size() > 1;
    this.home = home;
    this.engine = new EngineSlot(home, opened);
    this.stateMachine = stateMachine;
    this.context = context;
    this.proposer =
        new Proposer(
            context.admission(),
            () -> engine.get().pressure(),
            context.clock(),
            context.timer(),
            context.answers());
    CompletableFuture<RaftGroup> joined = new CompletableFuture<>();
    try {
      this.group = context.groups().open(partitionId, members, isNew, new State(joined));
    } catch (IOException | RuntimeException e) {
      joined.completeExceptionally(e);
      throw e;
    }
    joined.complete(group);
    this.reads =
        new ReplicaReads(
            partitionId,
            group,
            engine,
            context.reads(),
            context.timer(),
            context.answers(),
            waiters,
            this::stopped,
            () -> term != 0 || following);
  }

  /**
   * Joins the group of a partition. The replica owns {@code engine} from here on, also if this
   * fails.
   *
   * @param members as in {@link RaftGroups#open}
   * @param isNew as in {@link RaftGroups#open}
   * @param home where the engine was opened, for the case that its content is replaced
   * @throws IOException if log and engine do not fit together
   */
  public static PartitionReplica open(
      long partitionId,
      List<String> members,
      boolean isNew,
      EngineHome home,
      Engine engine,
      StateMachine stateMachine,
      ReplicaContext context)
      throws IOException {
    try {
      return new PartitionReplica(partitionId, members, isNew, home, engine, stateMachine, context);
    } catch (IOException | RuntimeException e) {
      try {
        engine.close();
      } catch (IOException closing) {
        e.addSuppressed(closing);
      }
      throw e;
    }
  }

  /** Completes when writes are taken; fails with what keeps the replica from it. */
  public CompletableFuture<Void> ready() {
    return ready.copy();
  }

  @Override
  public long partitionId() {
    return partitionId;
  }

  /**
   * Has commands written as one, if this replica leads: they become visible and durable together,
   * each with its own result. Completes normally, also with a refusal or an unknown outcome; may
   * complete on the thread that applies log entries.
   *
   * @param internal for commands of the cluster itself (options, time, catalog): they pass
   *     admission and pressure, so that what relieves a full node is not refused because it is full
   */
  public CompletableFuture<WriteOutcome<List<CommandResult>>> write(
      List<Command> commands, boolean internal) {
    PendingWrite<List<CommandResult>> write = new PendingWrite<>(commands, results -> results);
    if (internal) {
      context.admission().acquireInternal(write.bytes());
    } else {
      Refusal refusal = refusedByPressure();
      if (refusal == null) {
        refusal = context.admission().tryAcquire(write.bytes());
      }
      if (refusal != null) {
        write.refused(followersMayHaveRoom(refusal));
        return write.future();
      }
    }
    proposer.submit(write);
    return write.future();
  }

  /** As far as this replica knows. */
  public boolean leads() {
    return term != 0;
  }

  @Override
  public Optional<String> leader() {
    return group.leader();
  }

  @Override
  public CompletableFuture<Void> transferLeader(Optional<String> member) {
    return group.transferLeader(member);
  }

  /** With other members, a full disk here is soon no obstacle: one of them takes over. */
  private Refusal followersMayHaveRoom(Refusal refusal) {
    return shared && refusal.reason() == Refusal.Reason.DISK_FULL
        ? new Refusal(
            refusal.reason(), refusal.detail(), refusal.used(), refusal.limit(), HAND_OVER_MILLIS)
        : refusal;
  }

  private @Nullable Refusal refusedByPressure() {
    Pressure pressure = engine.get().pressure();
    if (pressure.level() != Pressure.Level.REFUSE) {
      return null;
    }
    if (pressure.reason() == Pressure.Reason.DISK_SPACE) {
      return context.admission().diskFull();
    }
    Refusal.Reason reason =
        switch (pressure.reason()) {
          case MEMTABLE_POOL -> Refusal.Reason.MEMTABLE_MEMORY;
          case LOG_BACKLOG -> Refusal.Reason.LOG_BACKLOG;
          case RUN_COUNT -> Refusal.Reason.COMPACTION_BACKLOG;
          case DISK_SPACE -> Refusal.Reason.DISK_FULL;
          case NONE -> Refusal.Reason.UNAVAILABLE;
        };
    // Shares are told in percent: the engine knows no bytes here.
    return new Refusal(
        reason,
        "partition " + partitionId + " is at its limit of " + pressure.reason(),
        Math.round(pressure.fill() * 100),
        100,
        ReplicaReads.RETRY_MILLIS);
  }

  /** As {@link Partition#read(Freshness)}. */
  public CompletableFuture<ReadOutcome> read(Freshness freshness) {
    return reads.read(freshness);
  }

  /** Why nothing can be read here any more, null if it can. */
  private @Nullable Refusal stopped() {
    Throwable cause = failure.get();
    if (cause != null) {
      return replicaFailed(cause);
    }
    return closing ? shuttingDown() : null;
  }

  /** Why this node's disk takes no writes of clients to this partition; empty while it does. */
  public Optional<Refusal> diskFull() {
    Refusal refusal = context.admission().nodeRefusal();
    return Optional.ofNullable(refusal == null ? refusedByPressure() : refusal)
        .filter(why -> why.reason() == Refusal.Reason.DISK_FULL);
  }

  /** Why it should not be made the leader, for people; empty text if it may. */
  public String unfitToLead() {
    PartitionStatus status = status();
    if (status.role() != PartitionStatus.Role.FOLLOWER) {
      return "is " + status.role();
    }
    if (!status.damage().isEmpty()) {
      return "has damage: " + status.damage().getFirst();
    }
    return diskFull().map(full -> "is full: " + full.detail()).orElse("");
  }

  /** What stopped the replica for good; empty while nothing has. */
  public Optional<Throwable> failure() {
    return Optional.ofNullable(failure.get());
  }

  /**
   * Flushes, and offers all of it for another member to copy.
   *
   * @return fails with an IOException if it cannot be had: a damaged table, a full disk, too many
   *     snapshots under way
   */
  public CompletableFuture<SnapshotOffer> offerSnapshot() {
    PartitionStatus.Role role = status().role();
    if (role != PartitionStatus.Role.LEADER && role != PartitionStatus.Role.FOLLOWER) {
      // Of one that is catching up the content ends somewhere in the past.
      return CompletableFuture.failedFuture(
          new IOException("partition " + partitionId + " is " + role + " here"));
    }
    return flush()
        .thenApplyAsync(
            flushed -> {
              try {
                return engine.offer(partitionId, context.transfers());
              } catch (IOException e) {
                throw new CompletionException(e);
              }
            },
            context.answers());
  }

  /** Hashes all content, for comparing replicas; as {@link Engine#rangeHash}. Blocks for long. */
  public RangeHash contentHash() throws IOException {
    Engine present = engine.get();
    try {
      return present.rangeHash(KeyRange.ALL);
    } catch (CorruptionException damage) {
      present.suspect(damage);
      throw damage;
    }
  }

  @Override
  public CompletableFuture<EngineState> flush() {
    return flushThrough(engine.get().appliedState().position().index());
  }

  /**
   * The group takes its word for it that nothing was applied since the last flush, and counts an
   * entry as applied only some time after it was acknowledged: so it is asked again until the
   * entries due are flushed.
   */
  private CompletableFuture<EngineState> flushThrough(long dueIndex) {
    return group
        .snapshot()
        .thenCompose(
            flushed -> {
              EngineState durable = engine.get().durableState();
              if (durable.position().index() >= dueIndex) {
                return CompletableFuture.completedFuture(durable);
              }
              if (failure.get() != null || closing) {
                return CompletableFuture.failedFuture(
                    new IOException("partition " + partitionId + " was stopped while flushed"));
              }
              return CompletableFuture.runAsync(
                      () -> {},
                      CompletableFuture.delayedExecutor(
                          FLUSH_RETRY_MILLIS, TimeUnit.MILLISECONDS, context.answers()))
                  .thenCompose(waited -> flushThrough(dueIndex));
            });
  }

  /**
   * Tells the engine how much of the node's log cannot be deleted because of what is not flushed.
   * Called now and then, so that a quiet replica hears what the others write.
   */
  public void sampleLog() {
    long unflushed = group.logBytesHeldFrom(engine.get().durableState().position().index() + 1);
    engine.get().unflushedLogBytes(unflushed);
    // An engine without rows to flush does not ask; entries without a command hold the log as well.
    logHeld =
        unflushed >= context.flushLogBytes()
            || group.logBytesHeldFrom(1) >= KEPT_FLUSHES * context.flushLogBytes();
  }

  /** Whether memory or the log asks for a flush although nothing is being applied. */
  public boolean flushAdvised() {
    return failure.get() == null && (logHeld || engine.get().flushAdvised());
  }

  /** Whether it has neither failed nor been closed, and may so know who leads. */
  public boolean isServing() {
    return failure.get() == null && !closing;
  }

  @Override
  public PartitionStatus status() {
    PartitionStatus.Role role;
    if (failure.get() != null) {
      role = PartitionStatus.Role.FAILED;
    } else if (closing) {
      role = PartitionStatus.Role.STOPPED;
    } else {
      role = term == 0 && !ready.isDone() ? PartitionStatus.Role.STARTING : group.role();
    }
    Engine present = engine.get();
    return new PartitionStatus(
        partitionId,
        role,
        term,
        role == PartitionStatus.Role.STARTING
            ? present.appliedState().position().index()
            : reads.appliedIndex(),
        present.appliedState(),
        present.durableState(),
        replayedEntries,
        present.stats(),
        present.pressure(),
        present.damage());
  }

  @Override
  public Optional<ScrubStatus> scrubStatus() {
    try {
      return Optional.of(engine.get().scrubStatus());
    } catch (IllegalStateException closedOrReplaced) {
      return Optional.empty();
    }
  }

  /** Takes no more writes, lets proposed ones finish, leaves the group, closes the engine. */
  @Override
  public void close() throws IOException {
    closing = true;
    proposer.close(shuttingDown());
    try {
      if (failure.get() == null && !proposer.awaitIdle(DRAIN_MILLIS)) {
        LOG.warn("partition {}: writes in flight did not finish in time", partitionId);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    try {
      group.close();
      proposer.abandonInFlight("the replica was closed");
      ready.completeExceptionally(new IOException("partition " + partitionId + " was closed"));
    } finally {
      engine.get().close();
    }
  }

  private void fail(Throwable cause) {
    if (!failure.compareAndSet(null, cause)) {
      return;
    }
    LOG.error("partition {} failed and stops", partitionId, cause);
    suspect(cause);
    proposer.close(replicaFailed(cause));
    proposer.abandonInFlight("the replica failed: " + cause);
    ready.completeExceptionally(cause);
    context.fatal().accept(cause);
  }

  /** Has the table verified whose damage stopped the replica, so that it is known and kept. */
  private void suspect(Throwable failed) {
    for (Throwable e = failed; e != null; e = e.getCause()) {
      if (e instanceof CorruptionException damage) {
        engine.get().suspect(damage);
      }
    }
  }

  private Refusal replicaFailed(Throwable cause) {
    return Refusal.of(
        Refusal.Reason.REPLICA_FAILED, "partition " + partitionId + " failed: " + cause, 0);
  }

  private Refusal shuttingDown() {
    return Refusal.of(
        Refusal.Reason.SHUTTING_DOWN,
        "partition " + partitionId + " is closed: the node is stopping or the store was dropped",
        ReplicaReads.RETRY_MILLIS);
  }

  /** The group's side of this replica. */
  private final class State implements ReplicatedState {

    private final CompletableFuture<RaftGroup> joined;

    State(CompletableFuture<RaftGroup> joined) {
      this.joined = joined;
    }

    @Override
    public EngineState durableState() {
      return engine.get().durableState();
    }

    @Override
    public void apply(
        LogPosition position,
        byte[] payload,
        byte @Nullable [] configuration,
        @Nullable Proposal proposal)
        throws IOException {
      CommandBatch batch = proposal == null ? CommandFormat.decode(payload) : proposal.batch();
      List<CommandResult> results = stateMachine.apply(position, batch, configuration);
      waiters.applied(position.index(), context.answers());
      context.changes().applied(partitionId, batch.commands());
      if (proposal != null) {
        proposal.applied(position.index(), results);
      } else if (!ready.isDone()) {
        countReplayed();
      }
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // Written by the apply thread alone.
    private void countReplayed() {
      replayedEntries++;
    }

    @Override
    public boolean flushAdvised() {
      return engine.get().flushAdvised();
    }

    @Override
    public CompletableFuture<EngineState> flush(LogPosition position, byte[] configuration)
        throws IOException {
      if (engine.get().appliedState().position().index() < position.index()) {
        // Entries without a command came last: the engine learns their position by an empty batch.
        engine.get().apply(new WriteBatch().clear(position).configuration(configuration));
      }
      return engine
          .get()
          .flush()
          .whenComplete(
              (flushed, error) -> {
                // A flush before the constructor's end is sampled by the host, soon.
                if (error == null && joined.isDone() && !joined.isCompletedExceptionally()) {
                  sampleLog();
                }
              });
    }

    @Override
    public SnapshotOffer offerSnapshot() throws IOException {
      return engine.offer(partitionId, context.transfers());
    }

    @Override
    public SnapshotFetch fetchSnapshot(String uri) {
      return context.transfers().fetch(partitionId, uri, home.directory());
    }

    @Override
    public EngineState install(ArrivedSnapshot snapshot) throws IOException {
      EngineState installed = engine.install(snapshot, stateMachine::load);
      waiters.applied(installed.position().index(), context.answers());
      context.changes().replaced(partitionId);
      LOG.info(
          "partition {} has another replica's content at {}", partitionId, installed.position());
      return installed;
    }

    @Override
    public void leaderStarted(long newTerm) {
      // Comes while the constructor is still joining, at the earliest: waits for its end.
      RaftGroup opened = joined.join();
      following = false;
      term = newTerm;
      proposer.lead(opened, newTerm);
      ready.complete(null);
    }

    @Override
    public void followingStarted() {
      following = true;
      ready.complete(null);
    }

    @Override
    public void followingStopped() {
      following = false;
    }

    @Override
    public void leaderStopped() {
      term = 0;
      proposer.stopLeading();
    }

    @Override
    public void failed(Throwable cause) {
      fail(cause);
    }
  }
}
