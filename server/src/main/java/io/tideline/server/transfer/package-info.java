/**
 * Carries the content of a partition from the replica that leads to one that is far behind, empty,
 * or on a new disk: the files of an engine's snapshot, over gRPC.
 *
 * <p>The sender keeps a snapshot as hard links below {@code transfer/out} of the data directory for
 * as long as somebody reads it; the receiver gathers files below {@code transfer/in/<partition>}
 * and replaces its engine's content by one atomic step. Knows engines and files; nothing of Raft,
 * commands or who leads.
 *
 * <p>Start reading at {@link io.tideline.server.transfer.SnapshotTransfers}, then {@code
 * PinnedSnapshots} for the sending side and {@code SnapshotFetch} for the receiving one.
 */
@NullMarked
package io.tideline.server.transfer;

import org.jspecify.annotations.NullMarked;
