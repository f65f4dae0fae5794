package io.tideline.tools.torture;

import io.tideline.server.cluster.ReplicaHashes;
import io.tideline.server.cluster.ReplicaHashes.Hash;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** Compares the content of a partition's replicas once nobody writes any more. */
final class ReplicaComparison implements AutoCloseable {

  /** A replica that was away has to catch up first. */
  private static final Duration AGREE_MAX = Duration.ofSeconds(120);

  private static final long RETRY_MILLIS = 100;

  private final ReplicaHashes replicas;
  private final LongSupplier nanoClock;

  ReplicaComparison(List<String> endpoints, LongSupplier nanoClock) {
    this.replicas = new ReplicaHashes(endpoints);
    this.nanoClock = nanoClock;
  }

  /**
   * Waits until all replicas hold the same. Those that do not, and have come equally far, never
   * will.
   *
   * @return what is wrong, empty if all are equal
   */
  String difference(long partitionId) throws InterruptedException {
    long deadline = nanoClock.getAsLong() + AGREE_MAX.toNanos();
    String latest = "none answered";
    while (nanoClock.getAsLong() < deadline) {
      try {
        List<Hash> hashes = replicas.ofPartition(partitionId);
        Set<Long> indexes = new HashSet<>();
        hashes.forEach(hash -> indexes.add(hash.appliedIndex()));
        if (hashes.stream().allMatch(hashes.getFirst()::hasContentOf)) {
          return "";
        }
        if (indexes.size() == 1) {
          return "replicas of partition " + partitionId + " differ: " + hashes;
        }
        latest = "they have applied up to " + indexes;
      } catch (IOException notYet) {
        latest = String.valueOf(notYet.getMessage());
      }
      TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS);
    }
    return "replicas of partition "
        + partitionId
        + " do not agree within "
        + AGREE_MAX.toSeconds()
        + " s: "
        + latest;
  }

  @Override
  public void close() {
    replicas.close();
  }
}
