package io.tideline.server.replica;

import io.tideline.server.command.Command;
import io.tideline.server.command.PartitionOptions;
import io.tideline.server.command.TimelineStateMachine;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Moves the time of a partition that has a TTL forward while nobody writes to it, so that its rows
 * expire. Proposes nothing once everything has expired, so an idle partition stays idle.
 *
 * <p>Threading: confined to the host's maintenance thread.
 */
public final class ExpiryClock {

  /** A 24th of the TTL keeps rows at most 4 % longer than asked … */
  private static final long STEPS_PER_TTL = 24;

  /** … but not more often than every second, nor less often than every minute. */
  private static final long INTERVAL_MILLIS_MIN = 1_000;

  private static final long INTERVAL_MILLIS_MAX = 60_000;

  private final PartitionReplica replica;
  private final TimelineStateMachine machine;
  private final InstantSource clock;
  private final AtomicBoolean proposed = new AtomicBoolean();

  public ExpiryClock(PartitionReplica replica, TimelineStateMachine machine, InstantSource clock) {
    this.replica = replica;
    this.machine = machine;
    this.clock = clock;
  }

  /** Called every second or so. */
  public void tick() {
    Optional<PartitionOptions> options = machine.options();
    if (proposed.get() || options.isEmpty() || !isDue(options.get().ttlMillis())) {
      return;
    }
    proposed.set(true);
    // A refusal or an unknown outcome needs no care: the next tick asks again.
    var _ =
        replica
            .write(List.of(new Command.AdvanceTime()), true)
            .whenComplete((done, error) -> proposed.set(false));
  }

  private boolean isDue(long ttlMillis) {
    PartitionStatus status = replica.status();
    if (ttlMillis == 0 || status.role() != PartitionStatus.Role.LEADER || isEmpty(status)) {
      return false;
    }
    long expiredBefore = status.applied().expireBeforeMillis();
    boolean somethingLeft = machine.newestRowMillis() >= expiredBefore;
    return somethingLeft && clock.millis() - ttlMillis - expiredBefore >= intervalMillis(ttlMillis);
  }

  private static boolean isEmpty(PartitionStatus status) {
    return status.stats().memtableBytes() == 0 && status.stats().tableBytes() == 0;
  }

  static long intervalMillis(long ttlMillis) {
    return Math.clamp(ttlMillis / STEPS_PER_TTL, INTERVAL_MILLIS_MIN, INTERVAL_MILLIS_MAX);
  }
}
