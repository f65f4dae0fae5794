package io.tideline.server.replica;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One replication group as a replica sees it: takes proposals, orders them, tells when it is safe
 * to read.
 *
 * <p>Threading: safe for many threads.
 */
public interface RaftGroup extends AutoCloseable {

  /**
   * Hands an entry to the log. Does not block.
   *
   * @param term the term in which this replica believes to lead; in another one the proposal is
   *     refused
   */
  void propose(Proposal proposal, byte[] payload, long term);

  /**
   * Calls back, on any thread, once everything acknowledged before this call is applied here.
   *
   * @param done gets null, or why it cannot be known
   */
  void readIndex(Consumer<@Nullable String> done);

  /**
   * As {@link #readIndex}, but the leader may trust its clock that it still leads; if leases are
   * not enabled or the leader's has run out, the same.
   */
  void readIndexByLease(Consumer<@Nullable String> done);

  /**
   * Index of the last applied entry, entries without a command included; 0 once shut down. Cheap.
   */
  long appliedIndex();

  /**
   * For how long, in milliseconds, this member has not been known to have everything committed: 0
   * while it leads, {@link Long#MAX_VALUE} if it has not heard enough from a leader since it began
   * to follow. Cheap.
   */
  long behindMillis();

  /**
   * Has the state flushed and the log cut. Completes when what was applied at the call is durable;
   * fails with an IOException that says why not.
   */
  CompletableFuture<Void> snapshot();

  /**
   * How much of the node's log cannot be deleted while this group's entries from {@code index} on
   * are needed; bytes, 0 if there are none. Cheap.
   */
  long logBytesHeldFrom(long index);

  PartitionStatus.Role role();

  /** Raft address of the member that leads, as far as this one knows; empty while nobody does. */
  Optional<String> leader();

  /**
   * Hands the leadership over. Completes when this member no longer leads; fails with an
   * IOException if it does not lead, if the target is no voter, or if the target does not take over
   * within an election timeout.
   *
   * @param member Raft address of the target; empty for any other voter
   */
  CompletableFuture<Void> transferLeader(Optional<String> member);

  /** Leaves the group and waits for its threads. The state is not called afterwards. */
  @Override
  void close();
}
