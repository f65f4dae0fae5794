package io.tideline.server.replica;

import io.tideline.lsm.Damage;
import io.tideline.lsm.EngineState;
import io.tideline.lsm.EngineStats;
import io.tideline.lsm.Pressure;
import java.util.List;
import java.util.Objects;

/**
 * A replica as its node sees it.
 *
 * @param role what it is in its group
 * @param term present term
 * @param appliedIndex of the last log entry that was applied; unlike {@code applied} it counts
 *     those without a command, so it is the same in all replicas that have come equally far
 * @param applied what was applied, durable or not
 * @param durable what is in table files; the rest is in memory and in the log
 * @param replayedEntries log entries applied again at start because they were not flushed before
 * @param stats the engine's counters
 * @param pressure how full the engine is
 * @param damage tables that were found damaged; empty in good health
 */
public record PartitionStatus(
    long partitionId,
    Role role,
    long term,
    long appliedIndex,
    EngineState applied,
    EngineState durable,
    long replayedEntries,
    EngineStats stats,
    Pressure pressure,
    List<Damage> damage) {

  /** What a replica is in its group. */
  public enum Role {
    STARTING,
    FOLLOWER,
    CANDIDATE,
    LEADER,
    LEARNER,
    FAILED,
    STOPPED
  }

  public PartitionStatus {
    Objects.requireNonNull(role, "role");
    Objects.requireNonNull(applied, "applied");
    Objects.requireNonNull(durable, "durable");
    Objects.requireNonNull(stats, "stats");
    Objects.requireNonNull(pressure, "pressure");
    damage = List.copyOf(damage);
  }
}
