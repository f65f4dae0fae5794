package io.tideline.tools.bench.replication;

import io.tideline.client.PartitionInfo;
import io.tideline.client.PartitionStatus;
import io.tideline.client.TidelineClient;
import io.tideline.client.TidelineException;
import io.tideline.tools.bench.BenchStore;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.ToolException;
import io.tideline.tools.node.LocalCluster;
import io.tideline.tools.node.ReplicaWatch;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Kills leaders and moves leaderships while writers write, and measures what the writers feel.
 *
 * <p>Threading: confined. The cluster and the writers run when it begins, and when it ends.
 */
final class FailoverRun {

  /**
   * What one kill did; all milliseconds from the kill, or lengths.
   *
   * @param gap longest wait of any writer that ended from the kill on until all wrote again
   * @param election until every partition had a leader among the nodes left
   * @param rejoinGap longest wait of any writer from then until the node was back
   * @param restart from the start of the process until it had caught up
   */
  record Kill(double gap, double election, double rejoinGap, double restart) {}

  /**
   * What one planned transfer did, milliseconds.
   *
   * @param gap longest wait of a writer of that partition
   * @param call duration of the call
   */
  record Transfer(double gap, double call, boolean succeeded) {}

  /** Whoever does not write again after so long has to wait for the node to come back. */
  private static final Duration RECOVERY_MAX = Duration.ofSeconds(60);

  private static final Duration LEADERS_MAX = Duration.ofMinutes(2);
  private static final Duration CATCH_UP_MAX = Duration.ofMinutes(5);

  /** After writers write again: what fails a second time right away belongs to the kill. */
  private static final long AFTER_RECOVERY_MILLIS = 1_000;

  /** Between a node that is back and the next event. */
  private static final long CALM_MILLIS = 2_000;

  private static final long POLL_MILLIS = 20;
  private static final Duration POLL_DEADLINE = Duration.ofSeconds(1);
  private static final Duration TRANSFER_DEADLINE = Duration.ofSeconds(30);

  private final LocalCluster cluster;
  private final List<PartitionInfo> partitions;
  private final PacedWriters writers;
  private final Random random;
  private final Consumer<String> diary;
  private final LongSupplier nanoClock;
  private final List<Kill> kills = new ArrayList<>();
  private final List<Transfer> transfers = new ArrayList<>();

  /**
   * @param partitions in the order of their timelines, of which each writer has one
   * @param diary told what happens, for people
   */
  FailoverRun(
      LocalCluster cluster,
      List<PartitionInfo> partitions,
      PacedWriters writers,
      long seed,
      Consumer<String> diary,
      LongSupplier nanoClock) {
    this.cluster = cluster;
    this.partitions = List.copyOf(partitions);
    this.writers = writers;
    this.random = new Random(seed);
    this.diary = diary;
    this.nanoClock = nanoClock;
  }

  List<Kill> kills() {
    return kills;
  }

  List<Transfer> transfers() {
    return transfers;
  }

  /**
   * Spreads the transfers between the kills, so that leaderships also return to restarted nodes.
   */
  void run(int killCount, int transferCount) throws IOException, InterruptedException {
    int steps = Math.max(1, killCount);
    for (int step = 0; step < steps; step++) {
      while (transfers.size() * (long) steps < (step + 1L) * transferCount) {
        transfers.add(transfer());
      }
      if (step < killCount) {
        kills.add(kill());
      }
    }
  }

  // --- Kills ---

  /** Kills the leader of a partition drawn at random: who leads most is killed most. */
  private Kill kill() throws IOException, InterruptedException {
    long partition = partitions.get(random.nextInt(partitions.size())).partitionId();
    int node = leaderOf(partition);
    List<Integer> left = new ArrayList<>(allNodes());
    left.remove(Integer.valueOf(node));
    long killed = nanoClock.getAsLong();
    cluster.kill(node);
    double election = awaitElection(left, killed);
    awaitWriters(killed);
    TimeUnit.MILLISECONDS.sleep(AFTER_RECOVERY_MILLIS);
    long recovered = nanoClock.getAsLong();
    double gap = PacedWriters.longestWaitMillis(writers.writers(), killed, recovered);

    long started = nanoClock.getAsLong();
    cluster.start(node);
    Duration unusedServing = cluster.awaitServing(node);
    try (ReplicaWatch watch = new ReplicaWatch(cluster.endpoint(left.getFirst()), nanoClock)) {
      var _ = watch.awaitCaughtUp(LocalCluster.nodeId(node), CATCH_UP_MAX);
    }
    double restart = millisSince(started);
    TimeUnit.MILLISECONDS.sleep(CALM_MILLIS);
    double rejoinGap =
        PacedWriters.longestWaitMillis(writers.writers(), recovered, nanoClock.getAsLong());
    diary.accept(
        "kill %d: %s; writers waited %.0f ms, elections took %.0f ms; back after %.0f ms, which cost writers %.0f ms"
            .formatted(
                kills.size() + 1, LocalCluster.nodeId(node), gap, election, restart, rejoinGap));
    return new Kill(gap, election, rejoinGap, restart);
  }

  /** Milliseconds from {@code killed} until the nodes that are left lead everything. */
  private double awaitElection(List<Integer> left, long killed) throws InterruptedException {
    var unusedLeaders = awaitLeaders(left);
    return millisSince(killed);
  }

  private void awaitWriters(long since) throws InterruptedException {
    while (!PacedWriters.haveWrittenSince(writers.writers(), since)
        && millisSince(since) < RECOVERY_MAX.toMillis()) {
      TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
    }
  }

  // --- Transfers ---

  private Transfer transfer() throws InterruptedException {
    int index = random.nextInt(partitions.size());
    long partition = partitions.get(index).partitionId();
    int from = leaderOf(partition);
    int to = (from + 1 + random.nextInt(cluster.size() - 1)) % cluster.size();
    List<PacedWriter> affected = writersOf(index);
    long begun = nanoClock.getAsLong();
    boolean succeeded = true;
    try (TidelineClient client = client(from, TRANSFER_DEADLINE)) {
      client.admin().nodeStatus(); // Connects, which is not part of what is measured.
      begun = nanoClock.getAsLong();
      String unusedLeader = client.admin().transferLeader(partition, LocalCluster.nodeId(to));
    } catch (TidelineException refused) {
      diary.accept("transfer of partition " + partition + " failed: " + refused.getMessage());
      succeeded = false;
    }
    long done = nanoClock.getAsLong();
    while (!PacedWriters.haveWrittenSince(affected, done)
        && millisSince(done) < RECOVERY_MAX.toMillis()) {
      TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
    }
    TimeUnit.MILLISECONDS.sleep(AFTER_RECOVERY_MILLIS);
    double gap = PacedWriters.longestWaitMillis(affected, begun, nanoClock.getAsLong());
    double call = (done - begun) / 1e6;
    diary.accept(
        "transfer %d: partition %d from %s to %s; its writers waited %.0f ms, the call took %.0f ms"
            .formatted(
                transfers.size() + 1,
                partition,
                LocalCluster.nodeId(from),
                LocalCluster.nodeId(to),
                gap,
                call));
    return new Transfer(gap, call, succeeded);
  }

  private List<PacedWriter> writersOf(int partition) {
    List<PacedWriter> all = writers.writers();
    List<PacedWriter> affected = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      if (BenchStore.partitionOf(i, partitions.size(), all.size()) == partition) {
        affected.add(all.get(i));
      }
    }
    return affected;
  }

  // --- Who leads ---

  private List<Integer> allNodes() {
    List<Integer> all = new ArrayList<>();
    for (int i = 0; i < cluster.size(); i++) {
      all.add(i);
    }
    return all;
  }

  /** The node that leads a partition, once all partitions have a leader. */
  private int leaderOf(long partition) throws InterruptedException {
    return Objects.requireNonNull(awaitLeaders(allNodes()).get(partition));
  }

  /** Returns once these nodes lead everything between them: the leading node by partition. */
  private Map<Long, Integer> awaitLeaders(List<Integer> nodes) throws InterruptedException {
    Set<Long> due = new HashSet<>();
    partitions.forEach(partition -> due.add(partition.partitionId()));
    List<TidelineClient> clients = new ArrayList<>();
    try {
      nodes.forEach(node -> clients.add(client(node, POLL_DEADLINE)));
      long begun = nanoClock.getAsLong();
      while (millisSince(begun) < LEADERS_MAX.toMillis()) {
        Map<Long, Integer> leaders = new HashMap<>();
        for (int i = 0; i < nodes.size(); i++) {
          for (PartitionStatus replica : replicasOf(clients.get(i))) {
            if (replica.role().equals("LEADER")) {
              leaders.put(replica.partition().partitionId(), nodes.get(i));
            }
          }
        }
        if (leaders.keySet().containsAll(due)) {
          return leaders;
        }
        TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
      }
      throw new ToolException(
          ExitCode.FAILED,
          "some partition has no leader after " + LEADERS_MAX.toSeconds() + " s",
          "Look at the logs of the nodes with --directory.");
    } finally {
      clients.forEach(TidelineClient::close);
    }
  }

  /** As the node itself sees them; none if it does not answer. */
  private static List<PartitionStatus> replicasOf(TidelineClient client) {
    try {
      return client.admin().partitions(BenchStore.NAME);
    } catch (TidelineException notNow) {
      return List.of(); // The caller asks again.
    }
  }

  private TidelineClient client(int node, Duration deadline) {
    return TidelineClient.builder().addresses(cluster.endpoint(node)).deadline(deadline).build();
  }

  private double millisSince(long nanos) {
    return (nanoClock.getAsLong() - nanos) / 1e6;
  }
}
