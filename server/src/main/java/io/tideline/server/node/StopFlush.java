package io.tideline.server.node;

import io.tideline.server.replica.PartitionStatus;
import io.tideline.server.replica.Replica;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes what is only in memory and in the log into tables before a node stops, so that the next
 * start has next to nothing to apply again. A help, not a duty: what is not flushed is in the log.
 */
final class StopFlush {

  /** Longer than it takes to write full memtables; a stop must not wait for a disk that hangs. */
  private static final long FLUSH_MILLIS_MAX = 10_000;

  private static final Logger log = LoggerFactory.getLogger(StopFlush.class);

  private StopFlush() {}

  /**
   * Flushes the partitions that have something to flush; returns when they have, or after {@link
   * #FLUSH_MILLIS_MAX}.
   *
   * @param freeBytes what the tables may take: a flush without room would wait for it
   */
  static void run(List<Replica> partitions, long freeBytes) throws InterruptedException {
    List<Replica> dirty = partitions.stream().filter(p -> isDirty(p.status())).toList();
    long neededBytes = dirty.stream().mapToLong(p -> p.status().stats().memtableBytes()).sum();
    if (neededBytes > freeBytes) {
      log.info(
          "no flush before the stop: it may take {} bytes and {} are free; the next start reads the"
              + " log instead",
          neededBytes,
          freeBytes);
      return;
    }
    CompletableFuture<?>[] flushes =
        dirty.stream().map(Replica::flush).toArray(CompletableFuture<?>[]::new);
    try {
      CompletableFuture.allOf(flushes).get(FLUSH_MILLIS_MAX, TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      log.warn("not everything was flushed before the stop; the next start reads the log", e);
    }
  }

  private static boolean isDirty(PartitionStatus status) {
    return status.role() != PartitionStatus.Role.FAILED
        && status.durable().position().index() < status.applied().position().index();
  }
}
