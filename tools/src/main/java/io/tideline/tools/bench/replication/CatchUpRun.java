package io.tideline.tools.bench.replication;

import io.tideline.client.PartitionStatus;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.FileTrees;
import io.tideline.tools.cli.ToolException;
import io.tideline.tools.node.LocalCluster;
import io.tideline.tools.node.ReplicaWatch;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.HdrHistogram.Histogram;

/**
 * Takes a follower's data away and measures how it gets it back, and what writers feel of that.
 *
 * <p>Threading: confined. The cluster and the writers run when it begins, and when it ends.
 */
final class CatchUpRun {

  /**
   * What was measured.
   *
   * @param seconds from the start of the process until its replica had caught up
   * @param servingSeconds from the start of the process until it answered
   * @param installedBytes of the replica's tables then
   * @param before waits of the writers while all was well, microseconds
   * @param during waits of the writers from the start of the process until it had caught up
   * @param sinceServing of them those since it answered, when nothing but the copying is under way
   */
  record Measured(
      double seconds,
      double servingSeconds,
      long installedBytes,
      Histogram before,
      Histogram during,
      Histogram sinceServing) {}

  private static final Duration CATCH_UP_MAX = Duration.ofHours(1);
  private static final Duration STOP_MAX = Duration.ofMinutes(1);

  /** Merges are over when the tables have been the same for so long. */
  private static final Duration QUIET = Duration.ofSeconds(5);

  private static final Duration QUIET_MAX = Duration.ofMinutes(10);
  private static final long POLL_MILLIS = 500;

  private final LocalCluster cluster;
  private final long partition;
  private final PacedWriters writers;
  private final Consumer<String> diary;
  private final LongSupplier nanoClock;

  CatchUpRun(
      LocalCluster cluster,
      long partition,
      PacedWriters writers,
      Consumer<String> diary,
      LongSupplier nanoClock) {
    this.cluster = cluster;
    this.partition = partition;
    this.writers = writers;
    this.diary = diary;
    this.nanoClock = nanoClock;
  }

  /**
   * @param before how long the writers are watched while all is well
   */
  Measured run(Duration before) throws IOException, InterruptedException {
    int follower = awaitQuiet();
    diary.accept("watching the writers for " + before.toSeconds() + " s");
    long watched = nanoClock.getAsLong();
    TimeUnit.NANOSECONDS.sleep(before.toNanos());
    Histogram waitsBefore = writers.waitsMicros(watched, nanoClock.getAsLong());

    String id = LocalCluster.nodeId(follower);
    diary.accept("stopping " + id + ", removing its data and starting it again");
    cluster.stop(follower, STOP_MAX);
    FileTrees.deleteTree(cluster.data(follower));
    long started = nanoClock.getAsLong();
    cluster.start(follower);
    double serving = cluster.awaitServing(follower).toMillis() / 1e3;
    long served = nanoClock.getAsLong();
    int other = (follower + 1) % cluster.size();
    List<PartitionStatus> caughtUp;
    try (ReplicaWatch watch = new ReplicaWatch(cluster.endpoint(other), nanoClock)) {
      caughtUp = watch.awaitCaughtUp(id, CATCH_UP_MAX);
    }
    long done = nanoClock.getAsLong();
    long installed =
        caughtUp.stream()
            .filter(replica -> replica.partition().partitionId() == partition)
            .mapToLong(PartitionStatus::tableBytes)
            .sum();
    return new Measured(
        (done - started) / 1e9,
        serving,
        installed,
        waitsBefore,
        writers.waitsMicros(started, done),
        writers.waitsMicros(served, done));
  }

  /** Waits until nothing is flushed or merged any more; tells a node that follows. */
  private int awaitQuiet() throws InterruptedException {
    diary.accept("waiting until merges are over");
    long begun = nanoClock.getAsLong();
    long since = begun;
    List<Long> before = List.of();
    try (ReplicaWatch watch = new ReplicaWatch(cluster.endpoint(0), nanoClock)) {
      while (nanoClock.getAsLong() - begun < QUIET_MAX.toNanos()) {
        List<PartitionStatus> replicas =
            watch.replicas().stream()
                .filter(replica -> replica.partition().partitionId() == partition)
                .toList();
        List<Long> tables = replicas.stream().map(PartitionStatus::tableBytes).toList();
        if (tables.size() < cluster.size() || !tables.equals(before)) {
          before = tables;
          since = nanoClock.getAsLong();
        } else if (nanoClock.getAsLong() - since > QUIET.toNanos()) {
          return follower(replicas);
        }
        TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
      }
    }
    throw new ToolException(
        ExitCode.FAILED,
        "tables still change after " + QUIET_MAX.toMinutes() + " min",
        "Look at the logs of the nodes with --directory.");
  }

  private int follower(List<PartitionStatus> replicas) {
    String id =
        replicas.stream()
            .filter(replica -> replica.role().equals("FOLLOWER"))
            .map(PartitionStatus::nodeId)
            .findFirst()
            .orElseThrow(
                () ->
                    new ToolException(
                        ExitCode.FAILED,
                        "partition " + partition + " has no follower",
                        "Look at the logs of the nodes with --directory."));
    int node = 0;
    while (!LocalCluster.nodeId(node).equals(id)) {
      node++;
    }
    return node;
  }
}
