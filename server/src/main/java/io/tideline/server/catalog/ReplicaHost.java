package io.tideline.server.catalog;

import io.tideline.lsm.EngineResources;
import java.io.IOException;
import java.time.InstantSource;
import java.util.function.Consumer;

/**
 * Runs the replicas of one node: the shared log, the Raft transport, partition 0 and every
 * partition of every store placed here.
 *
 * <p>Lifetime: {@link #start} returns once the catalog and all partitions of live stores serve;
 * {@link #close} refuses new writes, lets proposed ones finish, stops the groups and closes engines
 * and log. The caller closes the {@link EngineResources} afterwards.
 *
 * <p>Threading: safe for many threads.
 */
public final class ReplicaHost implements AutoCloseable {

  private ReplicaHost() {}

  /**
   * Opens what is in the data directory, or begins there.
   *
   * @param resources memory, threads and disk shared by the engines
   * @param clock stamps proposals; never read while applying
   * @param fatal told once, by any thread, of an error after which this node must not go on (a
   *     failed sync, a corrupt log): the process should stop. Must not call {@link #close} on the
   *     calling thread
   * @throws IOException if files are damaged, of a newer format, or the Raft port is in use
   */
  public static ReplicaHost start(
      HostSettings settings,
      EngineResources resources,
      InstantSource clock,
      Consumer<Throwable> fatal)
      throws IOException, InterruptedException {
    throw new IOException("the replica host is being built");
  }

  public Catalog catalog() {
    throw new IllegalStateException("the replica host is being built");
  }

  /** Log entries applied again at start, over all partitions. */
  public long replayedEntries() {
    return 0;
  }

  /** Bytes of log segments on disk. */
  public long logBytes() {
    return 0;
  }

  /** Bytes of writes between admission and answer. */
  public long inFlightBytes() {
    return 0;
  }

  @Override
  public void close() {}
}
