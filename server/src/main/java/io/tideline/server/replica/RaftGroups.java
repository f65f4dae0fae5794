package io.tideline.server.replica;

import java.io.IOException;

/** Opens the replication groups of a node. */
public interface RaftGroups {

  /**
   * Joins the group of a partition, with this node as its only member if it is new. Returns before
   * the log was replayed; {@link ReplicatedState#leaderStarted} tells when it was.
   *
   * @throws IOException if the group's log or the state does not fit together
   */
  RaftGroup open(long partitionId, ReplicatedState state) throws IOException;

  /** Deletes what the log holds of a group that is closed. */
  void destroy(long partitionId) throws IOException;
}
