package io.tideline.server.replica;

import io.tideline.lsm.EngineState;
import io.tideline.lsm.LogPosition;
import io.tideline.server.transfer.ArrivedSnapshot;
import io.tideline.server.transfer.SnapshotFetch;
import io.tideline.server.transfer.SnapshotOffer;
import io.tideline.server.transfer.UnusableSnapshotException;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link RaftGroup} drives: the state of one replica.
 *
 * <p>Threading: all methods but {@link #durableState}, {@link #offerSnapshot}, {@link
 * #fetchSnapshot} and {@link #failed} are called by the group's one apply thread.
 */
public interface ReplicatedState {

  /** What survives a crash: entries after its position are applied again at start. */
  EngineState durableState();

  /**
   * Applies a committed entry. On return it is visible to reads; {@code proposal} was told.
   *
   * @param payload the entry's bytes; not needed when {@code proposal} is there
   * @param configuration membership that came into force since the previous call, null if unchanged
   * @param proposal what this replica proposed, null if the entry came from elsewhere
   * @throws IOException if the state cannot go on; the group stops then
   */
  void apply(
      LogPosition position,
      byte[] payload,
      byte @Nullable [] configuration,
      @Nullable Proposal proposal)
      throws IOException;

  /** Whether the owner of the log should have the state flushed. Cheap. */
  boolean flushAdvised();

  /**
   * Makes the state at {@code position} durable in the background; the log may be cut there once
   * the future completes.
   *
   * @param position last committed entry; entries after the last applied one carried no command
   * @param configuration membership in force at {@code position}
   */
  CompletableFuture<EngineState> flush(LogPosition position, byte[] configuration)
      throws IOException;

  /**
   * Keeps what is durable for another member to copy. Any thread; may take as long as linking the
   * tables and a sync.
   *
   * @throws IOException if it cannot be had now; nothing is wrong with the replica
   */
  SnapshotOffer offerSnapshot() throws IOException;

  /**
   * Begins to copy what another member offers. Any thread.
   *
   * @param uri {@link SnapshotOffer#uri} of the other member
   */
  SnapshotFetch fetchSnapshot(String uri);

  /**
   * Replaces the state by a snapshot that arrived, whose position is after the last applied one.
   *
   * @return the new durable state, which is also the applied one
   * @throws UnusableSnapshotException if it is not tried; the state is what it was
   * @throws IOException if the state cannot go on; the group stops then
   */
  EngineState install(ArrivedSnapshot snapshot) throws IOException;

  /** This replica leads in {@code term}, and everything committed before is applied. */
  void leaderStarted(long term);

  void leaderStopped();

  /** Another member leads, and this one follows it. */
  void followingStarted();

  /** That leader is gone, or is no longer followed. */
  void followingStopped();

  /** The replica cannot go on. Any thread. */
  void failed(Throwable cause);
}
