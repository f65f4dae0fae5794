package io.tideline.server.replica;

import java.time.Duration;
import java.util.Objects;

/**
 * How the replicas of a node may be read.
 *
 * @param leaseReads whether leaders may answer LEASE reads by their clock alone, and members vote
 *     accordingly; the same on every node of a cluster
 * @param sessionStalenessMax a replica that is not known to have had everything committed this
 *     short a time ago does not answer a session by itself
 */
public record ReadSettings(boolean leaseReads, Duration sessionStalenessMax) {

  /**
   * No leases. Ten seconds are two lost elections or ten lost heartbeats: rare, yet a person who
   * looks at another device hardly notices.
   */
  public static final ReadSettings DEFAULTS = new ReadSettings(false, Duration.ofSeconds(10));

  public ReadSettings {
    Objects.requireNonNull(sessionStalenessMax, "sessionStalenessMax");
  }
}
