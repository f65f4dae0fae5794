package io.tideline.server.catalog;

import io.grpc.Deadline;
import io.tideline.server.cluster.Member;
import io.tideline.server.cluster.Peers;
import io.tideline.server.replica.PartitionReplica;
import io.tideline.server.transfer.ArrivedSnapshot;
import io.tideline.server.transfer.FetchResult;
import io.tideline.server.transfer.SnapshotFetch;
import io.tideline.server.transfer.SnapshotTransfers;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Replaces a replica's damaged files by another member's, one partition at a time.
 *
 * <p>Only the engine's content is replaced, and only when the new one is here, whole and verified.
 * Log, term and vote stay, so the member has forgotten nothing it promised and goes on voting: two
 * members may repair the same partition at once. Meanwhile it serves what it can read.
 *
 * <p>A leader first hands over to a follower without damage: being replaced interrupts serving for
 * a moment.
 *
 * <p>Threading: {@link #look} is confined to the thread that starts the host, then to its
 * maintenance thread; a repair works on a thread of its own.
 */
final class ReplicaRepair {

  /** After a repair that did not succeed: what was in its way may last. */
  private static final long RETRY_SECONDS = 10;

  private static final Logger LOG = LoggerFactory.getLogger(ReplicaRepair.class);

  private final Supplier<List<DamagedCopy>> damaged;
  private final Peers peers;
  private final HandOver handOver;
  private final SnapshotTransfers transfers;
  private final Executor threads;
  private final AtomicReference<@Nullable SnapshotFetch> fetching = new AtomicReference<>();

  /** Held while a copy is replaced, so that nothing is opened again after {@link #close}. */
  private final ReentrantLock replacing = new ReentrantLock();

  private volatile boolean working;
  private volatile boolean closed;

  /** When a partition may be tried again; entries of repaired ones go. Written between repairs. */
  private final Map<Long, Deadline> notBefore = new HashMap<>();

  /**
   * @param damaged the copies of this node that are damaged now
   * @param threads runs each task on a thread that may block
   */
  ReplicaRepair(
      Supplier<List<DamagedCopy>> damaged,
      Peers peers,
      HandOver handOver,
      SnapshotTransfers transfers,
      Executor threads) {
    this.handOver = handOver;
    this.damaged = damaged;
    this.peers = peers;
    this.transfers = transfers;
    this.threads = threads;
  }

  /** Begins a repair if one is due and none is under way. */
  void look() {
    if (working || closed) {
      return;
    }
    List<DamagedCopy> copies = damaged.get();
    notBefore.keySet().removeIf(id -> copies.stream().noneMatch(c -> c.partitionId() == id));
    for (DamagedCopy copy : copies) {
      Deadline pause = notBefore.get(copy.partitionId());
      if (pause == null || pause.isExpired()) {
        notBefore.put(copy.partitionId(), Deadline.after(RETRY_SECONDS, TimeUnit.SECONDS));
        working = true;
        threads.execute(() -> repair(copy));
        return;
      }
    }
  }

  private void repair(DamagedCopy copy) {
    try {
      LOG.warn(
          "partition {} has damage here and is repaired from another replica: {}",
          copy.partitionId(),
          copy.what());
      if (makeFollow(copy)) {
        replace(copy);
      }
    } catch (RuntimeException e) {
      LOG.warn(
          "partition {} is not repaired yet and will be tried again in {} s",
          copy.partitionId(),
          RETRY_SECONDS,
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      working = false;
    }
  }

  /** Whether the replica does not lead, or no longer. */
  private boolean makeFollow(DamagedCopy copy) throws InterruptedException {
    PartitionReplica replica = copy.replica();
    if (replica == null || !replica.leads()) {
      return true;
    }
    return handOver.away(replica, copy.others(), "the copy here is damaged");
  }

  private void replace(DamagedCopy copy) throws InterruptedException {
    List<String> tried = new ArrayList<>();
    for (Member member : copy.others()) {
      Optional<ArrivedSnapshot> arrived = copyFrom(member, copy, tried);
      if (arrived.isPresent() && install(copy, arrived.get(), member, tried)) {
        LOG.warn(
            "partition {} is repaired: it has the content of {} at {}",
            copy.partitionId(),
            member.nodeId(),
            arrived.get().state().position());
        return;
      }
    }
    LOG.warn(
        "partition {} is not repaired yet and will be tried again in {} s: {}",
        copy.partitionId(),
        RETRY_SECONDS,
        tried);
  }

  private boolean install(
      DamagedCopy copy, ArrivedSnapshot content, Member member, List<String> tried)
      throws InterruptedException {
    replacing.lockInterruptibly();
    try {
      return !closed && copy.replaceBy(content);
    } catch (IOException e) {
      LOG.debug("partition {}: not installed", copy.partitionId(), e);
      tried.add(member.nodeId() + "'s content is not installed: " + e);
      return false;
    } finally {
      replacing.unlock();
    }
  }

  private Optional<ArrivedSnapshot> copyFrom(Member member, DamagedCopy copy, List<String> tried)
      throws InterruptedException {
    CompletableFuture<String> offer = peers.offers().ask(member, copy.partitionId());
    SnapshotFetch fetch;
    try {
      fetch = transfers.fetchForRepair(copy.partitionId(), offer.get(), copy.directory());
    } catch (ExecutionException e) {
      tried.add(member.nodeId() + " offers nothing: " + e.getCause());
      return Optional.empty();
    }
    fetching.set(fetch);
    if (closed) {
      fetch.cancel();
    }
    FetchResult result = fetch.join();
    fetching.set(null);
    return switch (result) {
      case FetchResult.Arrived(ArrivedSnapshot snapshot) -> Optional.of(snapshot);
      case FetchResult.Refused(String why) -> {
        tried.add(member.nodeId() + ": " + why);
        yield Optional.empty();
      }
      case FetchResult.Failed(IOException cause) -> {
        tried.add(member.nodeId() + ": " + cause);
        yield Optional.empty();
      }
    };
  }

  /** Begins nothing any more; waits for a copy that is being replaced, not for one that arrives. */
  void close() {
    replacing.lock();
    try {
      closed = true;
    } finally {
      replacing.unlock();
    }
    SnapshotFetch fetch = fetching.get();
    if (fetch != null) {
      fetch.cancel();
    }
  }
}
