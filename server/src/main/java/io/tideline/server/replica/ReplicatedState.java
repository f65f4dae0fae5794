package io.tideline.server.replica;

import io.tideline.lsm.EngineState;
import io.tideline.lsm.LogPosition;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link RaftGroup} drives: the state of one replica.
 *
 * <p>Threading: all methods but {@link #durableState} and {@link #failed} are called by the group's
 * one apply thread.
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
