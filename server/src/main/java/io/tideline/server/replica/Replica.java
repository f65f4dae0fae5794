package io.tideline.server.replica;

import io.tideline.lsm.EngineState;
import io.tideline.lsm.ScrubStatus;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * A partition's replica on this node, for those who look after it.
 *
 * <p>Threading: safe for many threads; nothing here blocks.
 */
public interface Replica {

  /** Of its partition; unique in the cluster. */
  long partitionId();

  /**
   * Writes what is in memory to table files.
   *
   * @return completes with the durable state once all that was applied before the call is in it;
   *     fails with an IOException that names what stopped it
   */
  CompletableFuture<EngineState> flush();

  /** Cheap; any time. */
  PartitionStatus status();

  /**
   * How far the verification of the partition's files has come; empty once it is closed. Looks at
   * every table: for people and for now and then.
   */
  Optional<ScrubStatus> scrubStatus();

  /** Raft address of the member that leads, as far as this one knows; empty while nobody does. */
  Optional<String> leader();

  /** As {@link RaftGroup#transferLeader}. */
  CompletableFuture<Void> transferLeader(Optional<String> member);
}
