package io.tideline.server.raft;

import com.alipay.sofa.jraft.Node;
import com.alipay.sofa.jraft.Status;
import com.alipay.sofa.jraft.closure.ReadIndexClosure;
import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.entity.Task;
import com.alipay.sofa.jraft.error.RaftError;
import io.tideline.server.log.LogGroup;
import io.tideline.server.replica.PartitionStatus.Role;
import io.tideline.server.replica.Proposal;
import io.tideline.server.replica.RaftGroup;
import io.tideline.server.replica.Refusal;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A running JRaft node of one group. */
final class JRaftGroup implements RaftGroup {

  /** How long a second flush waits for the one under way before it asks again. */
  private static final long SNAPSHOT_BUSY_MILLIS = 20;

  /** How often a hand-over is looked at; it takes some milliseconds. */
  private static final long HANDOVER_POLL_MILLIS = 5;

  private static final byte[] NO_CONTEXT = new byte[0];
  private static final Logger LOG = LoggerFactory.getLogger(JRaftGroup.class);

  private final Node node;
  private final LogGroup logGroup;
  private final GroupLogStorage logStorage;
  private final GroupStateMachine stateMachine;
  private volatile boolean closed;

  JRaftGroup(
      Node node, LogGroup logGroup, GroupLogStorage logStorage, GroupStateMachine stateMachine) {
    this.node = node;
    this.logGroup = logGroup;
    this.logStorage = logStorage;
    this.stateMachine = stateMachine;
  }

  @Override
  public void propose(Proposal proposal, byte[] payload, long term) {
    Task task = new Task();
    task.setData(ByteBuffer.wrap(payload));
    task.setExpectedTerm(term);
    task.setDone(new ProposalClosure(proposal));
    try {
      node.apply(task);
    } catch (IllegalStateException e) {
      // The node is shutting down. It may or may not have run the closure as well, so the proposal
      // takes the first of two outcomes.
      proposal.refused(
          Refusal.of(Refusal.Reason.SHUTTING_DOWN, "the partition is shutting down", 0));
    }
  }

  @Override
  public void readIndex(Consumer<@Nullable String> done) {
    try {
      node.readIndex(
          NO_CONTEXT,
          new ReadIndexClosure() {
            @Override
            public void run(Status status, long index, byte[] context) {
              done.accept(status.isOk() ? null : status.toString());
            }
          });
    } catch (IllegalStateException e) {
      done.accept("the partition is shutting down");
    }
  }

  @Override
  public CompletableFuture<Void> snapshot() {
    CompletableFuture<Void> result = new CompletableFuture<>();
    snapshot(result);
    return result;
  }

  private void snapshot(CompletableFuture<Void> result) {
    node.snapshot(
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
    return switch (node.getNodeState()) {
      case STATE_LEADER, STATE_TRANSFERRING -> Role.LEADER;
      case STATE_CANDIDATE -> Role.CANDIDATE;
      case STATE_FOLLOWER -> Role.FOLLOWER;
      case STATE_ERROR -> Role.FAILED;
      case STATE_UNINITIALIZED -> Role.STARTING;
      case STATE_SHUTTING, STATE_SHUTDOWN, STATE_END -> Role.STOPPED;
    };
  }

  @Override
  public Optional<String> leader() {
    PeerId leader = node.getLeaderId();
    return leader == null || leader.isEmpty()
        ? Optional.empty()
        : Optional.of(leader.getEndpoint().toString());
  }

  @Override
  public CompletableFuture<Void> transferLeader(Optional<String> member) {
    PeerId target = PeerId.ANY_PEER;
    if (member.isPresent()) {
      target = new PeerId();
      if (!target.parse(member.get())) {
        return CompletableFuture.failedFuture(
            new IOException("\"" + member.get() + "\" is not a member's address"));
      }
    }
    Status asked = node.transferLeadershipTo(target);
    if (!asked.isOk()) {
      return CompletableFuture.failedFuture(
          new IOException("the leadership cannot be handed over: " + asked));
    }
    CompletableFuture<Void> result = new CompletableFuture<>();
    awaitHandover(result);
    return result;
  }

  private void awaitHandover(CompletableFuture<Void> result) {
    switch (node.getNodeState()) {
      case STATE_TRANSFERRING ->
          CompletableFuture.delayedExecutor(HANDOVER_POLL_MILLIS, TimeUnit.MILLISECONDS)
              .execute(() -> awaitHandover(result));
      case STATE_LEADER ->
          result.completeExceptionally(
              new IOException("the target did not take over within an election timeout"));
      default -> result.complete(null);
    }
  }

  @Override
  public void close() {
    closed = true;
    logStorage.stopWaiting();
    node.shutdown();
    stateMachine.abandonFlush();
    try {
      node.join();
    } catch (InterruptedException e) {
      LOG.warn("group {} was not waited for: interrupted", node.getGroupId());
      Thread.currentThread().interrupt();
    }
  }
}
