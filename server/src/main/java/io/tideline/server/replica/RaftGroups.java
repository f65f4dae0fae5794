package io.tideline.server.replica;

import io.tideline.lsm.LogPosition;
import java.io.IOException;
import java.util.List;

/** Opens the replication groups of a node. */
public interface RaftGroups {

  /**
   * Joins the group of a partition. Returns before the log was replayed; {@link
   * ReplicatedState#leaderStarted} tells when it was, on the member that leads.
   *
   * @param members Raft addresses of the voters of a group that is new, this node's among them; one
   *     that exists knows its members itself
   * @param isNew whether the group is known to have no past: otherwise a member with an empty log
   *     first finds out from all others whether it has one that this member has lost
   * @throws IOException if the group's log or the state does not fit together
   */
  RaftGroup open(long partitionId, List<String> members, boolean isNew, ReplicatedState state)
      throws IOException;

  /** This node's Raft address: its name in its groups. */
  String self();

  /**
   * Makes term and vote of a closed group fit other members' content at a position. Its log needs
   * no change: what it holds beyond is applied to that content, the rest is let go of.
   *
   * @throws IOException if the content must not be used: the log begins behind it, so entries would
   *     be missing that this member may have acknowledged, or the member has no past of which it
   *     could keep the promises
   */
  void adopt(long partitionId, LogPosition position) throws IOException;

  /** Deletes what the log holds of a group that is closed. */
  void destroy(long partitionId) throws IOException;
}
