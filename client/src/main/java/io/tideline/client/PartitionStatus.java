package io.tideline.client;

import java.util.List;

/**
 * A partition's replica as one node sees it.
 *
 * @param nodeId the node that sees it so
 * @param partition the partition
 * @param role LEADER, FOLLOWER, LEARNER, CANDIDATE, STARTING, FAILED, or UNREACHABLE if the node
 *     did not answer: then nothing else is known
 * @param term the Raft term
 * @param appliedIndex log entries up to this one are applied
 * @param flushedIndex content up to this entry is in table files, the rest in memory and in the log
 * @param memtableBytes bytes in memtables
 * @param tableBytes bytes in table files
 * @param tableFiles number of table files
 * @param failure with FAILED, why the partition could not be opened and what to do; otherwise empty
 * @param damage table files that were found damaged, at most 100 of them; reads of what they name
 *     fail, all else is right
 * @param damagedTableCount how many there are
 */
public record PartitionStatus(
    String nodeId,
    PartitionInfo partition,
    String role,
    long term,
    long appliedIndex,
    long flushedIndex,
    long memtableBytes,
    long tableBytes,
    int tableFiles,
    String failure,
    List<TableDamage> damage,
    int damagedTableCount) {

  public PartitionStatus {
    damage = List.copyOf(damage);
  }
}
