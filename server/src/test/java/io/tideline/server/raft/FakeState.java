package io.tideline.server.raft;

import io.tideline.lsm.EngineState;
import io.tideline.lsm.LogPosition;
import io.tideline.server.replica.Proposal;
import io.tideline.server.replica.ReplicatedState;
import io.tideline.server.transfer.ArrivedSnapshot;
import io.tideline.server.transfer.SnapshotFetch;
import io.tideline.server.transfer.SnapshotOffer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/** A state that remembers what it was told; "durable" is whatever its owner says. */
final class FakeState implements ReplicatedState {

  record Applied(LogPosition position, byte[] payload) {}

  final List<Applied> applied = Collections.synchronizedList(new ArrayList<>());
  final List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
  final List<LogPosition> flushes = Collections.synchronizedList(new ArrayList<>());
  final CountDownLatch leading = new CountDownLatch(1);
  volatile EngineState durable;

  /** A flush is advised once the entry with this payload is applied. */
  volatile String flushAfter = "";

  volatile long term;
  volatile @Nullable Thread applier;
  private volatile byte[] membership = {};
  volatile @Nullable RuntimeException failApply;

  FakeState(EngineState durable) {
    this.durable = durable;
    this.membership = durable.configuration();
  }

  @Override
  public EngineState durableState() {
    return durable;
  }

  @Override
  public void apply(
      LogPosition position,
      byte[] payload,
      byte @Nullable [] configuration,
      @Nullable Proposal proposal) {
    RuntimeException failure = failApply;
    if (failure != null) {
      throw failure;
    }
    if (configuration != null) {
      membership = configuration;
    }
    applier = Thread.currentThread();
    applied.add(new Applied(position, payload));
    if (proposal != null) {
      proposal.applied(position.index(), List.of());
    }
  }

  @Override
  public boolean flushAdvised() {
    return !applied.isEmpty()
        && flushAfter.equals(new String(applied.getLast().payload(), StandardCharsets.UTF_8));
  }

  @Override
  public CompletableFuture<EngineState> flush(LogPosition position, byte[] configuration) {
    flushAfter = "";
    flushes.add(position);
    membership = configuration;
    durable = new EngineState(position, membership, 0, 0);
    return CompletableFuture.completedFuture(durable);
  }

  @Override
  public SnapshotOffer offerSnapshot() throws IOException {
    throw new IOException("there are no files");
  }

  @Override
  public SnapshotFetch fetchSnapshot(String uri) {
    throw new AssertionError("nobody offers a snapshot: " + uri);
  }

  @Override
  public EngineState install(ArrivedSnapshot snapshot) {
    throw new AssertionError("no snapshot was fetched");
  }

  @Override
  public void leaderStarted(long newTerm) {
    term = newTerm;
    leading.countDown();
  }

  @Override
  public void followingStarted() {}

  @Override
  public void followingStopped() {}

  @Override
  public void leaderStopped() {
    term = 0;
  }

  @Override
  public void failed(Throwable cause) {
    failures.add(cause);
  }
}
