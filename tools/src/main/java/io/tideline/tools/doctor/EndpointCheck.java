package io.tideline.tools.doctor;

import io.tideline.client.NodeStatus;
import io.tideline.client.TidelineClient;
import io.tideline.client.TidelineException;
import io.tideline.tools.cli.Humans;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Whether a node answers at an endpoint, and who it is.
 *
 * @param endpoint "host:port"
 * @param required whether it is a failure if none does
 * @param wallClock the time of day
 */
record EndpointCheck(String endpoint, boolean required, InstantSource wallClock) implements Check {
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  @Override
  public String name() {
    return "node";
  }

  @Override
  public List<Finding> run() {
    try {
      NodeStatus status = ask(endpoint);
      Duration up = Duration.between(status.startTime(), wallClock.instant());
      List<Finding> findings = new ArrayList<>();
      findings.add(
          Finding.ok(
              name(),
              who(status)
                  + " answers at "
                  + endpoint
                  + "; up for "
                  + Humans.duration(up)
                  + ", "
                  + status.partitionCount()
                  + " partitions"));
      unsound(status).ifPresent(findings::add);
      return findings;
    } catch (TidelineException silent) {
      String message = "no node answers at " + endpoint + " (" + silent.code() + ")";
      return List.of(
          required
              ? Finding.fail(
                  name(), message, "Start it, or name the right --endpoint; see the ports below.")
              : Finding.ok(name(), message));
    }
  }

  /** What of a node that answers does not serve or is damaged. */
  Optional<Finding> unsound(NodeStatus status) {
    if (status.failedPartitionCount() == 0 && status.damagedTableCount() == 0) {
      return Optional.empty();
    }
    Finding finding =
        Finding.fail(
            name(),
            "node "
                + status.nodeId()
                + " has "
                + status.failedPartitionCount()
                + " partitions that do not serve and "
                + status.damagedTableCount()
                + " damaged table files",
            "Its log names them; stop it, run 'tideline inspect --verify' on its data and restore the"
                + " files from a copy.");
    return Optional.of(finding);
  }

  /** Asks within two seconds. */
  private static NodeStatus ask(String endpoint) {
    try (TidelineClient client =
        TidelineClient.builder().addresses(endpoint).deadline(PATIENCE).build()) {
      return client.admin().nodeStatus();
    }
  }

  private static String who(NodeStatus status) {
    return "node " + status.nodeId() + " (version " + status.version() + ")";
  }
}
