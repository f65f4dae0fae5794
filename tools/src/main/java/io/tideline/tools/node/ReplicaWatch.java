package io.tideline.tools.node;

import io.tideline.client.PartitionStatus;
import io.tideline.client.TidelineClient;
import io.tideline.client.TidelineException;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.ToolException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Looks at the replicas of a cluster through a node that runs.
 *
 * <p>Threading: confined. Lifetime: {@link #close} closes the connection.
 */
public final class ReplicaWatch implements AutoCloseable {

  private static final Duration DEADLINE = Duration.ofSeconds(10);
  private static final long POLL_MILLIS = 100;

  private final TidelineClient client;
  private final LongSupplier nanoClock;

  /**
   * @param endpoint of the node that is asked
   */
  public ReplicaWatch(String endpoint, LongSupplier nanoClock) {
    this.client = TidelineClient.builder().addresses(endpoint).deadline(DEADLINE).build();
    this.nanoClock = nanoClock;
  }

  /** All replicas, each as its node tells; empty if that cannot be told now. */
  public List<PartitionStatus> replicas() {
    try {
      return client.admin().replicas("").replicas();
    } catch (TidelineException notNow) {
      return List.of(); // The caller asks again.
    }
  }

  /**
   * Returns once a node's replicas vote and have applied what their leaders had applied when each
   * partition first had one after the call. A node whose disk was lost has no vote before it has
   * caught up: losing a second disk meanwhile would be one too many.
   *
   * @return the node's replicas as they were then
   * @throws ToolException if it does not come that far in time
   */
  public List<PartitionStatus> awaitCaughtUp(String nodeId, Duration max)
      throws InterruptedException {
    Map<Long, Long> due = new HashMap<>();
    long begun = nanoClock.getAsLong();
    while (nanoClock.getAsLong() - begun < max.toNanos()) {
      List<PartitionStatus> all = replicas();
      Set<Long> partitions = new HashSet<>();
      for (PartitionStatus replica : all) {
        partitions.add(replica.partition().partitionId());
        if (replica.role().equals("LEADER")) {
          due.putIfAbsent(replica.partition().partitionId(), replica.appliedIndex());
        }
      }
      List<PartitionStatus> caughtUp =
          all.stream()
              .filter(replica -> replica.nodeId().equals(nodeId))
              .filter(r -> r.role().equals("FOLLOWER") || r.role().equals("LEADER"))
              .filter(
                  replica ->
                      replica.appliedIndex()
                          >= due.getOrDefault(replica.partition().partitionId(), Long.MAX_VALUE))
              .toList();
      if (!partitions.isEmpty() && caughtUp.size() == partitions.size()) {
        return caughtUp;
      }
      TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
    }
    throw new ToolException(
        ExitCode.FAILED,
        nodeId + " does not catch up within " + max.toSeconds() + " s",
        "Look at its log.");
  }

  @Override
  public void close() {
    client.close();
  }
}
