package io.tideline.server.cluster;

import io.tideline.server.command.AppendResult;
import io.tideline.server.command.Command;
import io.tideline.server.command.CommandBatch;
import io.tideline.server.command.CommandResult;
import io.tideline.server.command.CursorsResult;
import io.tideline.server.command.DeleteMetaResult;
import io.tideline.server.command.DeleteTimelineResult;
import io.tideline.server.command.EditResult;
import io.tideline.server.command.FanOutResult;
import io.tideline.server.command.PutMetaResult;
import io.tideline.server.command.PutResult;
import io.tideline.server.command.TrimResult;
import io.tideline.server.replica.Freshness;
import io.tideline.server.replica.Partition;
import io.tideline.server.replica.PartitionReplica;
import io.tideline.server.replica.ReadOutcome;
import io.tideline.server.replica.Refusal;
import io.tideline.server.replica.WriteOutcome;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A partition as callers on this node see it, wherever its replicas are: writes go to the replica
 * that leads, reads to the one on this node, which asks the leader how far it must have come.
 */
public final class RoutedPartition implements Partition {

  /**
   * A leader that just lost its office knows its successor; who does not know either is asked no
   * more.
   */
  private static final int HOPS_MAX = 2;

  private static final long RETRY_AFTER_MILLIS = 100;

  /** A part of what a planned hand-over takes; callers wait longer each time they come back. */
  private static final long NO_LEADER_RETRY_AFTER_MILLIS = 20;

  private final long partitionId;
  private final Supplier<Optional<PartitionReplica>> local;
  private final List<Member> holders;
  private final Members members;
  private final RemoteWrites remote;
  private final boolean hereOnly;

  /** The node without a copy asks this one first; null before it has written. */
  private volatile @Nullable Member lastWriter;

  /**
   * @param local the replica on this node, asked per call
   * @param holders the nodes that have a replica, the one that should lead first
   */
  RoutedPartition(
      long partitionId,
      Supplier<Optional<PartitionReplica>> local,
      List<Member> holders,
      Members members,
      RemoteWrites remote) {
    this.partitionId = partitionId;
    this.local = local;
    this.holders = List.copyOf(holders);
    this.members = members;
    this.remote = remote;
    this.hereOnly = this.holders.equals(List.of(members.self()));
  }

  @Override
  public long partitionId() {
    return partitionId;
  }

  @Override
  public boolean leads() {
    return local.get().map(PartitionReplica::leads).orElse(false);
  }

  @Override
  public CompletableFuture<WriteOutcome<AppendResult>> append(Command.Append append) {
    return write(append, AppendResult.class);
  }

  @Override
  public CompletableFuture<WriteOutcome<List<AppendResult>>> appendBatch(
      List<Command.Append> appends) {
    if (appends.isEmpty() || appends.size() > CommandBatch.COMMANDS_MAX) {
      throw new IllegalArgumentException(
          appends.size() + " appends, allowed are 1.." + CommandBatch.COMMANDS_MAX);
    }
    return write(
        List.copyOf(appends),
        false,
        results -> results.stream().map(AppendResult.class::cast).toList());
  }

  @Override
  public CompletableFuture<WriteOutcome<FanOutResult>> fanOut(Command.FanOut fanOut) {
    return write(fanOut, FanOutResult.class);
  }

  @Override
  public CompletableFuture<WriteOutcome<PutResult>> put(Command.Put put) {
    return write(put, PutResult.class);
  }

  @Override
  public CompletableFuture<WriteOutcome<TrimResult>> trim(Command.Trim trim) {
    return write(trim, TrimResult.class);
  }

  @Override
  public CompletableFuture<WriteOutcome<EditResult>> replaceEntry(Command.ReplaceEntry replace) {
    return write(replace, EditResult.class);
  }

  @Override
  public CompletableFuture<WriteOutcome<EditResult>> deleteEntry(Command.DeleteEntry delete) {
    return write(delete, EditResult.class);
  }

  @Override
  public CompletableFuture<WriteOutcome<DeleteTimelineResult>> deleteTimeline(
      Command.DeleteTimeline delete) {
    return write(delete, DeleteTimelineResult.class);
  }

  @Override
  public CompletableFuture<WriteOutcome<PutMetaResult>> putMeta(Command.PutMeta put) {
    return write(put, PutMetaResult.class);
  }

  @Override
  public CompletableFuture<WriteOutcome<DeleteMetaResult>> deleteMeta(Command.DeleteMeta delete) {
    return write(delete, DeleteMetaResult.class);
  }

  @Override
  public CompletableFuture<WriteOutcome<CursorsResult>> commitCursors(
      Command.CommitCursors commit) {
    return write(commit, CursorsResult.class);
  }

  /** A command of the cluster itself: passes admission. */
  public CompletableFuture<WriteOutcome<CommandResult>> execute(Command command) {
    return write(List.of(command), true, List::getFirst);
  }

  private <R extends CommandResult> CompletableFuture<WriteOutcome<R>> write(
      Command command, Class<R> type) {
    return write(List.of(command), false, results -> type.cast(results.getFirst()));
  }

  private <R> CompletableFuture<WriteOutcome<R>> write(
      List<Command> commands, boolean internal, Function<List<CommandResult>, R> toResult) {
    Optional<PartitionReplica> here = local.get();
    if (here.isPresent() && (here.get().leads() || holders.size() == 1)) {
      return here.get()
          .write(commands, internal)
          .thenApply(outcome -> map(retryable(outcome), toResult));
    }
    List<Member> targets = targets(here.filter(PartitionReplica::isServing));
    if (targets.isEmpty()) {
      return CompletableFuture.completedFuture(new WriteOutcome.Refused<>(nobody()));
    }
    return pass(targets, commands, internal, HOPS_MAX).thenApply(outcome -> map(outcome, toResult));
  }

  /**
   * Whom to ask, in turn: the leader if the replica here knows it; without one, whoever wrote last,
   * then all others that have one.
   */
  private List<Member> targets(Optional<PartitionReplica> here) {
    if (here.isPresent()) {
      return here
          .flatMap(PartitionReplica::leader)
          .flatMap(members::byRaftAddress)
          .filter(member -> !member.equals(members.self()))
          .stream()
          .toList();
    }
    return Stream.concat(Stream.ofNullable(lastWriter), holders.stream())
        .filter(member -> !member.equals(members.self()))
        .distinct()
        .toList();
  }

  /**
   * @param targets not empty; the next is asked only if the one before has surely not written
   * @param hops how many may be asked for which of them leads
   */
  private CompletableFuture<WriteOutcome<List<CommandResult>>> pass(
      List<Member> targets, List<Command> commands, boolean internal, int hops) {
    Member target = targets.getFirst();
    return remote
        .write(target, partitionId, commands, internal)
        .thenCompose(
            answer -> {
              if (answer.outcome() instanceof WriteOutcome.Applied) {
                lastWriter = target;
              }
              Optional<Member> leader =
                  members
                      .byId(answer.leaderNodeId())
                      .filter(member -> !member.equals(target) && hops > 1);
              if (leader.isPresent()) {
                Optional<PartitionReplica> here = local.get();
                return leader.get().equals(members.self()) && here.isPresent()
                    ? here.get().write(commands, internal).thenApply(RoutedPartition::retryable)
                    : pass(List.of(leader.get()), commands, internal, hops - 1);
              }
              List<Member> others = targets.subList(1, targets.size());
              return isForAnother(answer.outcome()) && !others.isEmpty()
                  ? pass(others, commands, internal, hops)
                  : CompletableFuture.completedFuture(retryable(answer.outcome()));
            });
  }

  /** Whether nothing was written, for a reason that another node may not have. */
  private static boolean isForAnother(WriteOutcome<List<CommandResult>> outcome) {
    return outcome instanceof WriteOutcome.Refused<List<CommandResult>>(Refusal refusal)
        && (refusal.reason() == Refusal.Reason.NOT_LEADER
            || refusal.reason() == Refusal.Reason.UNAVAILABLE
            || refusal.reason() == Refusal.Reason.SHUTTING_DOWN);
  }

  /** Who leads is this node's business; callers only need to know that they may try again. */
  private static WriteOutcome<List<CommandResult>> retryable(
      WriteOutcome<List<CommandResult>> outcome) {
    return outcome instanceof WriteOutcome.Refused<List<CommandResult>>(Refusal refusal)
            && refusal.reason() == Refusal.Reason.NOT_LEADER
        ? new WriteOutcome.Refused<>(
            Refusal.of(Refusal.Reason.UNAVAILABLE, refusal.detail(), refusal.retryAfterMillis()))
        : outcome;
  }

  private static <R> WriteOutcome<R> map(
      WriteOutcome<List<CommandResult>> outcome, Function<List<CommandResult>, R> toResult) {
    return switch (outcome) {
      case WriteOutcome.Applied<List<CommandResult>> applied ->
          new WriteOutcome.Applied<>(toResult.apply(applied.result()), applied.position());
      case WriteOutcome.Refused<List<CommandResult>> refused ->
          new WriteOutcome.Refused<>(refused.refusal());
      case WriteOutcome.Unknown<List<CommandResult>> unknown ->
          new WriteOutcome.Unknown<>(unknown.why());
    };
  }

  @Override
  public CompletableFuture<ReadOutcome> read(Freshness freshness) {
    return local
        .get()
        .map(replica -> replica.read(freshness))
        .orElseGet(
            () -> CompletableFuture.completedFuture(new ReadOutcome.Refused(notReadableHere())));
  }

  private Refusal nobody() {
    return isHereOnly()
        ? closed()
        : Refusal.of(
            Refusal.Reason.UNAVAILABLE,
            "partition " + partitionId + " has no leader at the moment",
            NO_LEADER_RETRY_AFTER_MILLIS);
  }

  private Refusal notReadableHere() {
    return isHereOnly()
        ? closed()
        : Refusal.of(
            Refusal.Reason.UNAVAILABLE,
            "partition "
                + partitionId
                + " has no replica on this node; read it on "
                + holders.stream().map(Member::nodeId).toList(),
            RETRY_AFTER_MILLIS);
  }

  /** Whether no other node has a replica. */
  public boolean isHereOnly() {
    return hereOnly;
  }

  private Refusal closed() {
    return Refusal.of(
        Refusal.Reason.SHUTTING_DOWN,
        "partition " + partitionId + " is closed: the node is stopping or the store was dropped",
        RETRY_AFTER_MILLIS);
  }
}
