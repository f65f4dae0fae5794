package io.tideline.server.raft;

import com.alipay.sofa.jraft.Closure;
import com.alipay.sofa.jraft.Iterator;
import com.alipay.sofa.jraft.Status;
import com.alipay.sofa.jraft.core.StateMachineAdapter;
import com.alipay.sofa.jraft.entity.LeaderChangeContext;
import com.alipay.sofa.jraft.entity.RaftOutter.SnapshotMeta;
import com.alipay.sofa.jraft.error.RaftError;
import com.alipay.sofa.jraft.error.RaftException;
import com.alipay.sofa.jraft.storage.snapshot.SnapshotReader;
import com.alipay.sofa.jraft.storage.snapshot.SnapshotWriter;
import io.tideline.lsm.LogPosition;
import io.tideline.server.replica.Proposal;
import io.tideline.server.replica.ReplicatedState;
import io.tideline.server.transfer.UnusableSnapshotException;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Passes what JRaft decided to the replica's state. Confined to JRaft's apply thread of the group.
 *
 * <p>Flushes begin here and nowhere else, right after the entry that filled the memtable, so a
 * JRaft snapshot and the engine's durable position are the same place.
 */
final class GroupStateMachine extends StateMachineAdapter {

  private static final Logger LOG = LoggerFactory.getLogger(GroupStateMachine.class);

  private final long partitionId;
  private final ReplicatedState state;
  private final MembershipHistory history;
  private final AtomicReference<@Nullable Closure> flushing = new AtomicReference<>();
  private long membershipIndex;

  GroupStateMachine(long partitionId, ReplicatedState state, MembershipHistory history) {
    this.partitionId = partitionId;
    this.state = state;
    this.history = history;
    this.membershipIndex = state.durableState().position().index();
  }

  @Override
  public void onApply(Iterator entries) {
    while (entries.hasNext()) {
      try {
        apply(entries);
      } catch (IOException | RuntimeException | AssertionError e) {
        state.failed(e);
        entries.setErrorAndRollback(1, new Status(RaftError.ESTATEMACHINE, "%s", e));
        return;
      }
      if (state.flushAdvised()) {
        entries.commitAndSnapshotSync(new LogRefusal());
      }
      entries.next();
    }
  }

  private void apply(Iterator entries) throws IOException {
    long index = entries.getIndex();
    Map.Entry<Long, byte[]> membership = history.newest(membershipIndex, index);
    Proposal proposal = entries.done() instanceof ProposalClosure c ? c.proposal() : null;
    state.apply(
        new LogPosition(index, entries.getTerm()),
        GroupLogStorage.bytes(entries.getData()),
        membership == null ? null : membership.getValue(),
        proposal);
    if (membership != null) {
      membershipIndex = membership.getKey();
    }
  }

  @Override
  public void onSnapshotSave(SnapshotWriter writer, Closure done) {
    SnapshotMeta meta = writer.getCurrentMeta();
    flushing.set(done);
    try {
      LogPosition position =
          new LogPosition(meta.getLastIncludedIndex(), meta.getLastIncludedTerm());
      var _ =
          state
              .flush(position, Membership.of(meta).encode())
              .whenComplete((flushed, error) -> flushEnded(error));
    } catch (IOException | RuntimeException e) {
      flushEnded(e);
    }
  }

  private void flushEnded(@Nullable Throwable error) {
    Closure done = flushing.getAndSet(null);
    if (done == null) {
      return; // The group was closed meanwhile and JRaft told.
    }
    if (error == null) {
      done.run(Status.OK());
    } else {
      state.failed(error);
      done.run(new Status(RaftError.EIO, "flush failed: %s", error));
    }
  }

  /**
   * Ends JRaft's wait for a flush: it would not shut down before, and a flush may itself wait, for
   * disk space. Any thread.
   */
  void abandonFlush() {
    Closure done = flushing.getAndSet(null);
    if (done != null) {
      done.run(new Status(RaftError.ECANCELED, "the replica is closing"));
    }
  }

  /** At start what the engine already holds, later what was copied from the leader. */
  @Override
  public boolean onSnapshotLoad(SnapshotReader reader) {
    if (!(reader instanceof SnapshotReaders.Arrived arrived)) {
      return reader instanceof SnapshotReaders.Startup;
    }
    try {
      membershipIndex = state.install(arrived.snapshot()).position().index();
      return true;
    } catch (UnusableSnapshotException e) {
      // JRaft's node is in error then and is made anew, on the content there was.
      LOG.warn("partition {} goes on with its old content", partitionId, e);
      return false;
    } catch (IOException | RuntimeException | AssertionError e) {
      state.failed(e);
      return false;
    }
  }

  @Override
  public void onLeaderStart(long term) {
    state.leaderStarted(term);
  }

  @Override
  public void onLeaderStop(Status status) {
    LOG.info("partition {} no longer leads: {}", partitionId, status);
    state.leaderStopped();
  }

  @Override
  public void onStartFollowing(LeaderChangeContext leader) {
    LOG.info("partition {} follows {}", partitionId, leader.getLeaderId());
    state.followingStarted();
  }

  @Override
  public void onStopFollowing(LeaderChangeContext leader) {
    state.followingStopped();
  }

  @Override
  public void onError(RaftException error) {
    state.failed(error);
  }

  /** Tells the log why a flush was not begun; the next applied entry asks again. */
  private final class LogRefusal implements Closure {
    @Override
    public void run(Status status) {
      if (!status.isOk()) {
        LOG.debug("partition {}: flush not begun or failed: {}", partitionId, status);
      }
    }
  }
}
