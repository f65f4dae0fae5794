package io.tideline.lsm;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;

/**
 * A log-structured merge engine for timelines on one directory.
 *
 * <p>Writes go to a memtable in memory; full memtables are flushed to sorted tables; tables are merged
 * in the background. There is no write-ahead log here: what was applied after {@link #durableState} is
 * lost in a crash and must be applied again from the caller's log, in the same order.
 *
 * <p>Threading: {@link #apply} is called by one thread at a time; everything else by any thread.
 *
 * <p>Lifetime: {@link #open} takes the directory's lock, {@link #close} gives it back. Views and
 * cursors are closed before the engine.
 *
 * <p>Invariants: (1) positions of applied batches rise strictly; (2) a batch is visible whole or not
 * at all; (3) what a flush made durable is exactly the content at {@link #durableState}; (4) after a
 * failed sync or manifest write the engine refuses all further writes ({@link #failure}).
 */
public final class Engine implements Closeable {

  private Engine() {}

  /**
   * Opens the engine in {@code directory}, creating both if absent.
   *
   * @throws CorruptionException if a file is damaged; nothing is changed then
   * @throws IOException if the directory cannot be used, is locked, or holds a newer format
   */
  public static Engine open(Path directory, EngineOptions options, EngineResources resources)
      throws IOException {
    throw new IOException("the engine is being built");
  }

  /** What survives a crash at this moment: replay the log from the entry after its position. */
  public EngineState durableState() {
    return EngineState.EMPTY;
  }

  /** What has been applied, durable or not. */
  public EngineState appliedState() {
    return EngineState.EMPTY;
  }

  /**
   * Applies a batch. On return it is visible to new views.
   *
   * @throws IllegalArgumentException if its position is not after the last applied one
   * @throws IOException if the engine has failed; nothing of the batch is visible then
   */
  public void apply(WriteBatch batch) throws IOException {}

  /** Freezes the present state for reading. */
  public ReadView view() {
    throw new IllegalStateException("the engine is being built");
  }

  /**
   * Whether the owner should call {@link #flush} soon: the memtable has reached its size, or memory is
   * short. Cheap.
   */
  public boolean flushAdvised() {
    return false;
  }

  /**
   * Freezes the memtable at the present position and writes it out in the background. Called by the
   * thread that calls {@link #apply}.
   *
   * @return completes with the durable state, whose position is at least the applied one at the call;
   *     fails with the IOException that stopped the engine
   */
  public CompletableFuture<EngineState> flush() {
    return CompletableFuture.completedFuture(EngineState.EMPTY);
  }

  /** Waits until no flush and no compaction is due or running. For tests, tools and benchmarks. */
  public void awaitQuiescence() throws IOException, InterruptedException {}

  /** Merges all runs into one. For tests, tools and operators. */
  public CompletableFuture<Void> compactAll() {
    return CompletableFuture.completedFuture(null);
  }

  /**
   * Links the durable state into {@code target}, which must not exist. The target is durable on return
   * and can be opened as an engine.
   */
  public EngineSnapshot snapshot(Path target) throws IOException {
    throw new IOException("the engine is being built");
  }

  /** How full the engine is. Cheap; meant to be asked before every proposal. */
  public Pressure pressure() {
    return Pressure.NONE;
  }

  /** What stopped the engine, null while it works. */
  public @org.jspecify.annotations.Nullable Throwable failure() {
    return null;
  }

  public EngineStats stats() {
    return new EngineStats(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  }

  /** Stops background work of this engine and releases everything; does not flush. */
  @Override
  public void close() throws IOException {}
}
