/**
 * Replication by SOFAJRaft, and the only room that knows its types.
 *
 * <p>JRaft brings elections, commit and (later) copying to other nodes; the log and the votes are
 * kept in the node's {@link io.tideline.server.log.GroupLog}, and its snapshots are the engine's
 * flushes: nothing is ever written twice. At start a synthetic snapshot tells JRaft what the
 * engine's manifest already holds, so that only later entries are applied again.
 *
 * <p>Start reading at {@link io.tideline.server.raft.JRaftGroups}, then {@code JRaftGroup}.
 */
@NullMarked
package io.tideline.server.raft;

import org.jspecify.annotations.NullMarked;
