package io.tideline.server.catalog;

import io.grpc.Deadline;
import io.tideline.server.cluster.Member;
import io.tideline.server.cluster.Peers;
import io.tideline.server.replica.PartitionReplica;
import io.tideline.server.replica.Refusal;
import io.tideline.server.replica.Replica;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands leaderships that this node should not keep to members that say they are fit for them: not
 * damaged, and with room on their disks.
 *
 * <p>Threading: safe for many threads.
 */
final class HandOver {

  /**
   * Between two attempts of one partition: where all are full, leadership must not go in circles.
   */
  private static final long PAUSE_SECONDS = 10;

  /** Attempts at the same time; a node may lead a thousand partitions. */
  private static final int PARALLEL = 16;

  private static final Logger LOG = LoggerFactory.getLogger(HandOver.class);

  private final Peers peers;
  private final Executor threads;
  private final Semaphore slots = new Semaphore(PARALLEL);
  private final Map<Long, Deadline> notBefore = new ConcurrentHashMap<>();

  /**
   * @param threads runs each task on a thread that may block
   */
  HandOver(Peers peers, Executor threads) {
    this.peers = peers;
    this.threads = threads;
  }

  /** Begins to hand over if the disk refuses writes to a replica that leads; returns at once. */
  void ifDiskFull(PartitionReplica replica, List<Member> others) {
    Optional<Refusal> full =
        replica.leads() && !others.isEmpty() ? replica.diskFull() : Optional.empty();
    if (full.isPresent() && begin(replica)) {
      threads.execute(
          () -> {
            try {
              slots.acquire();
              try {
                toAnyOf(others, replica, full.get().detail());
              } finally {
                slots.release();
              }
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          });
    }
  }

  /**
   * Hands over unless that was tried a moment ago; waits for the end of it.
   *
   * @param why for people
   * @return whether somebody else leads now
   */
  boolean away(PartitionReplica replica, List<Member> others, String why)
      throws InterruptedException {
    return begin(replica) && toAnyOf(others, replica, why);
  }

  private boolean begin(Replica replica) {
    Deadline pause = notBefore.get(replica.partitionId());
    if (pause != null && !pause.isExpired()) {
      return false;
    }
    notBefore.put(replica.partitionId(), Deadline.after(PAUSE_SECONDS, TimeUnit.SECONDS));
    return true;
  }

  private boolean toAnyOf(List<Member> others, Replica replica, String why)
      throws InterruptedException {
    List<String> tried = new ArrayList<>();
    for (Member member : others) {
      try {
        String unfit = peers.offers().unfitToLead(member, replica.partitionId()).get();
        if (!unfit.isEmpty()) {
          tried.add(member.nodeId() + " " + unfit);
          continue;
        }
        replica.transferLeader(Optional.of(member.raftAddress())).get();
        LOG.warn(
            "partition {}: leadership handed over to {}: {}",
            replica.partitionId(),
            member.nodeId(),
            why);
        return true;
      } catch (ExecutionException e) {
        tried.add(member.nodeId() + " " + e.getCause());
      }
    }
    LOG.warn(
        "partition {} should not be led from here ({}), but nobody takes over: {}",
        replica.partitionId(),
        why,
        tried);
    return false;
  }
}
