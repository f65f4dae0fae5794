package io.tideline.server.raft;

import com.alipay.sofa.jraft.Node;
import com.alipay.sofa.jraft.Status;
import com.alipay.sofa.jraft.closure.ReadIndexClosure;
import com.alipay.sofa.jraft.core.State;
import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.entity.Task;
import com.alipay.sofa.jraft.error.RaftError;
import com.alipay.sofa.jraft.option.ReadOnlyOption;
import io.tideline.server.log.LogGroup;
import io.tideline.server.replica.GroupFailedException;
import io.tideline.server.replica.PartitionStatus.Role;
import io.tideline.server.replica.Proposal;
import io.tideline.server.replica.RaftGroup;
import io.tideline.server.replica.Refusal;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A replica's place in its group. Stays the same object when the {@link GroupSupervisor} makes the
 * JRaft node behind it anew.
 */
final class JRaftGroup implements RaftGroup, GroupSupervisor.Supervised {

  /** A JRaft node with what was made for it alone. */
  record Incarnation(
      MemberNode node,
      SharedClient client,
      GroupLogStorage logStorage,
      GroupStateMachine stateMachine) {

    /** Ends the node and waits for its threads. */
    void end() throws InterruptedException {
      logStorage.stopWaiting();
      node.shutdown();
      stateMachine.abandonFlush();
      node.join();
    }
  }

  /** Starts a JRaft node on the group's log and state. */
  interface Maker {
    Incarnation make() throws IOException;
  }

  /** How long a second flush waits for the one under way before it asks again. */
  private static final long SNAPSHOT_BUSY_MILLIS = 20;

  /** How often a hand-over is looked at; it takes some milliseconds. */
  private static final long HANDOVER_POLL_MILLIS = 5;

  /** What a write waits that meets the node being made anew; that takes milliseconds. */
  private static final long RECREATION_MILLIS = 100;

  private static final byte[] NO_CONTEXT = new byte[0];
  private static final Logger LOG = LoggerFactory.getLogger(JRaftGroup.class);

  private final PeerId self;
  private final LogGroup logGroup;
  private final SupervisedState state;
  private final Maker maker;
  private final GroupSupervisor supervisor;
  private final Rejoin rejoin;
  private final Runnable ended;

  /** Held while a node is ended or made. */
  private final ReentrantLock lifecycle = new ReentrantLock();

  private volatile Incarnation running;

  /** Whether the last attempt to make the node anew failed, so that none is running. */
  private volatile boolean broken;

  private volatile boolean closed;
  private volatile SharedClient.LossWatch lossWatch = SharedClient.LossWatch.NONE;

  /**
   * Starts the first node, and has it supervised until {@link #close}.
   *
   * @param ended runs when the last node has ended
   */
  JRaftGroup(
      PeerId self,
      LogGroup logGroup,
      SupervisedState state,
      Maker maker,
      GroupSupervisor supervisor,
      Rejoin rejoin,
      Runnable ended)
      throws IOException {
    this.self = self;
    this.logGroup = logGroup;
    this.state = state;
    this.maker = maker;
    this.supervisor = supervisor;
    this.rejoin = rejoin;
    this.ended = ended;
    this.running = maker.make();
    supervisor.add(this);
  }

  /** Lets the member rejoin its group, if it has to. */
  void rejoin() {
    rejoin.start(
        this::recreate,
        () -> Objects.requireNonNullElse(running.node().getLeaderId(), PeerId.emptyPeer()));
  }

  /** JRaft's node at present. */
  Node node() {
    return running.node();
  }

  /** Has it told of members whose process has ended. */
  void onMemberGone(SharedClient.LossWatch told) {
    lossWatch = told;
    running.client().onMemberGone(told);
  }

  /** Index of the last entry, durable or not. */
  long lastLogIndex() {
    return Math.max(logGroup.lastIndex(), running.node().getLastLogIndex());
  }

  @Override
  public void propose(Proposal proposal, byte[] payload, long term) {
    Task task = new Task();
    task.setData(ByteBuffer.wrap(payload));
    task.setExpectedTerm(term);
    task.setDone(new ProposalClosure(proposal));
    try {
      running.node().apply(task);
    } catch (IllegalStateException e) {
      // The node is shutting down. It may or may not have run the closure as well, so the proposal
      // takes the first of two outcomes.
      proposal.refused(
          closed
              ? Refusal.of(Refusal.Reason.SHUTTING_DOWN, "the partition is shutting down", 0)
              : Refusal.of(
                  Refusal.Reason.UNAVAILABLE,
                  "the partition's Raft node is being made anew",
                  RECREATION_MILLIS));
    }
  }

  @Override
  public void readIndex(Consumer<@Nullable String> done) {
    readIndex(ReadOnlyOption.ReadOnlySafe, done);
  }

  @Override
  public void readIndexByLease(Consumer<@Nullable String> done) {
    readIndex(ReadOnlyOption.ReadOnlyLeaseBased, done);
  }

  @Override
  public long appliedIndex() {
    try {
      return running.node().getLastAppliedLogIndex();
    } catch (IllegalStateException shutDown) {
      return 0;
    }
  }

  @Override
  public long behindMillis() {
    return state.leadingSinceMillis() == 0 ? running.node().behindMillis() : 0;
  }

  private void readIndex(ReadOnlyOption how, Consumer<@Nullable String> done) {
    try {
      running
          .node()
          .readIndex(
              how,
              NO_CONTEXT,
              new ReadIndexClosure() {
                @Override
                public void run(Status status, long index, byte[] context) {
                  done.accept(status.isOk() ? null : status.toString());
                }
              });
    } catch (IllegalStateException e) {
      done.accept("the partition's Raft node has been shut down");
    }
  }

  @Override
  public CompletableFuture<Void> snapshot() {
    CompletableFuture<Void> result = new CompletableFuture<>();
    snapshot(result);
    return result;
  }

  private void snapshot(CompletableFuture<Void> result) {
    running
        .node()
        .snapshot(
            status -> {
              if (status.isOk()) {
                result.complete(null);
              } else if (status.getRaftError() == RaftError.EBUSY && !closed) {
                // The flush under way may have begun before the call: only one that begins later
                // counts.
                CompletableFuture.delayedExecutor(SNAPSHOT_BUSY_MILLIS, TimeUnit.MILLISECONDS)
                    .execute(() -> snapshot(result));
              } else {
                result.completeExceptionally(new IOException("flush failed: " + status));
              }
            });
  }

  @Override
  public long logBytesHeldFrom(long index) {
    return logGroup.bytesHeldFrom(index);
  }

  @Override
  public Role role() {
    if (!closed && !state.isFailed() && (broken || state.nodeError() != null)) {
      return Role.STARTING;
    }
    return switch (running.node().getNodeState()) {
      case STATE_LEADER, STATE_TRANSFERRING -> Role.LEADER;
      case STATE_CANDIDATE -> Role.CANDIDATE;
      // One that lost its disk has no vote until it has caught up.
      case STATE_FOLLOWER -> rejoin.withholdsVotes() ? Role.LEARNER : Role.FOLLOWER;
      case STATE_ERROR -> Role.FAILED;
      case STATE_UNINITIALIZED -> Role.STARTING;
      case STATE_SHUTTING, STATE_SHUTDOWN, STATE_END -> Role.STOPPED;
    };
  }

  @Override
  public Optional<String> leader() {
    PeerId leader = running.node().getLeaderId();
    return leader == null || leader.isEmpty()
        ? Optional.empty()
        : Optional.of(leader.getEndpoint().toString());
  }

  @Override
  public CompletableFuture<Void> transferLeader(Optional<String> member) {
    PeerId target = successor();
    if (member.isPresent()) {
      target = new PeerId();
      if (!target.parse(member.get())) {
        return CompletableFuture.failedFuture(
            new IOException("\"" + member.get() + "\" is not a member's address"));
      }
    }
    Node node = running.node();
    Status asked = node.transferLeadershipTo(target);
    if (!asked.isOk()) {
      return CompletableFuture.failedFuture(
          new IOException("the leadership cannot be handed over: " + asked));
    }
    CompletableFuture<Void> result = new CompletableFuture<>();
    awaitHandover(node, result);
    return result;
  }

  /**
   * The member to take over when none is named. JRaft's own choice is the one that has most of the
   * log, which may well be one that has just been lost.
   */
  private PeerId successor() {
    Incarnation now = running;
    try {
      List<PeerId> others =
          now.node().listPeers().stream().filter(peer -> !peer.equals(self)).toList();
      List<PeerId> reached =
          others.stream().filter(peer -> now.client().checkConnection(peer.getEndpoint())).toList();
      return reached.isEmpty() || reached.size() == others.size()
          ? PeerId.ANY_PEER
          : reached.getFirst();
    } catch (IllegalStateException notLeading) {
      LOG.debug("{} does not lead, so it hands nothing over", name(), notLeading);
      return PeerId.ANY_PEER;
    }
  }

  private static void awaitHandover(Node node, CompletableFuture<Void> result) {
    switch (node.getNodeState()) {
      case STATE_TRANSFERRING ->
          CompletableFuture.delayedExecutor(HANDOVER_POLL_MILLIS, TimeUnit.MILLISECONDS)
              .execute(() -> awaitHandover(node, result));
      case STATE_LEADER ->
          result.completeExceptionally(
              new IOException("the target did not take over within an election timeout"));
      default -> result.complete(null);
    }
  }

  @Override
  public String name() {
    return "group " + logGroup.id();
  }

  @Override
  public GroupWatch.Facts facts() {
    boolean inError = !state.isFailed() && (broken || state.nodeError() != null);
    Incarnation now = running;
    Node node = now.node();
    if (closed || inError || node.getNodeState() != State.STATE_LEADER) {
      return new GroupWatch.Facts(!closed && inError, false, false, 0, 0, 0);
    }
    try {
      long committed = node.getLastCommittedIndex();
      long since = state.leadingSinceMillis();
      return new GroupWatch.Facts(
          false,
          true,
          now.logStorage().waitsForSpace(),
          node.getLastLogIndex(),
          committed,
          since == 0 ? 0 : now.client().silentMillis(node.listPeers(), self, since));
    } catch (IllegalStateException noLongerLeading) {
      LOG.debug("{} stopped leading while it was looked at", name(), noLongerLeading);
      return new GroupWatch.Facts(false, false, false, 0, 0, 0);
    }
  }

  @Override
  public void handOver() {
    Status asked = running.node().transferLeadershipTo(successor());
    if (!asked.isOk()) {
      LOG.warn("{} cannot hand over: {}", name(), asked);
    }
  }

  /** The state stays; the new node reads the log again from the last flush. */
  @Override
  public void recreate() throws IOException {
    recreate(() -> {});
  }

  /**
   * @param between runs while there is no node
   */
  private void recreate(Rejoin.Change between) throws IOException {
    lifecycle.lock();
    try {
      if (closed) {
        return;
      }
      broken = true;
      running.end();
      state.nodeEnded();
      between.make();
      running = maker.make();
      running.client().onMemberGone(lossWatch);
      broken = false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while waiting for the old node to end", e);
    } finally {
      lifecycle.unlock();
    }
  }

  @Override
  public void giveUp() {
    state.failed(
        new GroupFailedException(
            logGroup.id(),
            "the Raft node of "
                + name()
                + " is in error and cannot be mended: "
                + state.nodeError(),
            state.nodeError()));
  }

  private void endRejoining() {
    try {
      rejoin.end();
    } catch (InterruptedException e) {
      LOG.warn("{} was not waited for: interrupted", name());
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    closed = true;
    supervisor.remove(this);
    endRejoining();
    // While the lock is not free, a node is being made anew; it may wait for the disk.
    running.logStorage().stopWaiting();
    lifecycle.lock();
    try {
      running.end();
    } catch (InterruptedException e) {
      LOG.warn("{} was not waited for: interrupted", name());
      Thread.currentThread().interrupt();
    } finally {
      lifecycle.unlock();
      ended.run();
    }
  }
}
