package io.tideline.server.raft;

import com.alipay.sofa.jraft.error.RaftException;
import io.tideline.lsm.EngineState;
import io.tideline.lsm.LogPosition;
import io.tideline.server.replica.Proposal;
import io.tideline.server.replica.ReplicatedState;
import io.tideline.server.transfer.ArrivedSnapshot;
import io.tideline.server.transfer.SnapshotFetch;
import io.tideline.server.transfer.SnapshotOffer;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A replica's state as its JRaft node sees it, so that the node can be made anew on a state that
 * stays: a new node reads the log again from the last flush, and what was applied already is left
 * out here.
 *
 * <p>It also tells failures apart. What the state or its disk reports is final and passed on. An
 * error that only JRaft knows of is kept: the {@link GroupSupervisor} may mend it.
 *
 * <p>Threading: as {@link ReplicatedState}; nodes follow each other, they never run side by side.
 */
final class SupervisedState implements ReplicatedState {

  private final ReplicatedState state;
  private final LongSupplier clock;
  private final AtomicReference<@Nullable RaftException> nodeError = new AtomicReference<>();
  private volatile boolean failed;
  private volatile Runnable leaderKnown = () -> {};

  /** When leading began; 0 while not leading. */
  private volatile long leadingSinceMillis;

  // Confined to the apply thread; nodes follow each other with a join between them.
  private LogPosition applied;
  private byte[] membership;

  SupervisedState(ReplicatedState state, LongSupplier clock) {
    this.state = state;
    this.clock = clock;
    EngineState durable = state.durableState();
    this.applied = durable.position();
    this.membership = durable.configuration();
  }

  @Override
  public EngineState durableState() {
    return state.durableState();
  }

  @Override
  public void apply(
      LogPosition position,
      byte[] payload,
      byte @Nullable [] configuration,
      @Nullable Proposal proposal)
      throws IOException {
    if (position.index() <= applied.index()) {
      return;
    }
    state.apply(position, payload, configuration, proposal);
    applied = position;
    if (configuration != null) {
      membership = configuration;
    }
  }

  @Override
  public boolean flushAdvised() {
    return state.flushAdvised();
  }

  /**
   * While the log is read again, a flush may be due at a position that is behind the state's: the
   * state is flushed where it is, which covers the position.
   */
  @Override
  public CompletableFuture<EngineState> flush(LogPosition position, byte[] configuration)
      throws IOException {
    if (position.index() < applied.index()) {
      return state.flush(applied, membership);
    }
    applied = position;
    membership = configuration;
    return state.flush(position, configuration);
  }

  @Override
  public void leaderStarted(long term) {
    leadingSinceMillis = clock.getAsLong();
    state.leaderStarted(term);
    leaderKnown.run();
  }

  /** Has it told on JRaft's apply thread when the group has a leader. */
  void onLeaderKnown(Runnable told) {
    leaderKnown = told;
  }

  @Override
  public void leaderStopped() {
    leadingSinceMillis = 0;
    state.leaderStopped();
  }

  @Override
  public SnapshotOffer offerSnapshot() throws IOException {
    return state.offerSnapshot();
  }

  @Override
  public SnapshotFetch fetchSnapshot(String uri) {
    return state.fetchSnapshot(uri);
  }

  /**
   * A new node may install a snapshot that is behind what the state has applied: entries after it
   * are applied to the new content.
   */
  @Override
  public EngineState install(ArrivedSnapshot snapshot) throws IOException {
    EngineState installed = state.install(snapshot);
    applied = installed.position();
    membership = installed.configuration();
    return installed;
  }

  @Override
  public void followingStarted() {
    state.followingStarted();
    leaderKnown.run();
  }

  @Override
  public void followingStopped() {
    state.followingStopped();
  }

  @Override
  public void failed(Throwable cause) {
    if (cause instanceof RaftException error && !failed) {
      nodeError.compareAndSet(null, error);
      return;
    }
    failed = true;
    state.failed(cause);
  }

  /** Whether something other than JRaft is wrong, so that a new node would not help. */
  boolean isFailed() {
    return failed;
  }

  /** What JRaft's node stopped of, null while it runs. */
  @Nullable RaftException nodeError() {
    return failed ? null : nodeError.get();
  }

  long leadingSinceMillis() {
    return leadingSinceMillis;
  }

  /** The node has ended, and its threads with it: the state is ready for the next one. */
  void nodeEnded() {
    nodeError.set(null);
    if (leadingSinceMillis != 0) {
      leaderStopped();
    }
    state.followingStopped();
  }
}
