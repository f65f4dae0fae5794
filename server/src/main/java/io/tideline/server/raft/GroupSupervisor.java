package io.tideline.server.raft;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at all groups of a node once a second and mends those that JRaft has let down: a node that
 * stopped of an error of its own is made anew from its log and state, and a leader that replicates
 * no more hands over, or is made anew if it cannot. {@link GroupWatch} decides.
 *
 * <p>Threading: one virtual thread looks; a group is mended on a thread of its own.
 *
 * <p>Lifetime: groups are removed before {@link #close}.
 */
final class GroupSupervisor implements AutoCloseable {

  /** A group that can be mended. */
  interface Supervised {

    /** Its name in the log. */
    String name();

    /** Cheap: asked of every group once a second. */
    GroupWatch.Facts facts();

    /** Hands the leadership to any other member; waits for it. */
    void handOver();

    /** Makes the node anew; waits for the old one's threads. */
    void recreate() throws IOException;

    /** Takes the error of the node for final. */
    void giveUp();
  }

  private static final class Ward {
    final GroupWatch watch;
    // Set by the looking thread, cleared by the mending one.
    volatile boolean mending;

    Ward(GroupWatch watch) {
      this.watch = watch;
    }
  }

  private static final long LOOK_MILLIS = 1_000;
  private static final Logger LOG = LoggerFactory.getLogger(GroupSupervisor.class);

  private final long electionTimeoutMillis;
  private final Executor threads;
  private final LongSupplier clock;
  private final Map<Supervised, Ward> wards = new ConcurrentHashMap<>();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofVirtual().name("raft-supervisor").factory());

  /**
   * @param threads runs each task it is given on a thread of its own
   */
  GroupSupervisor(long electionTimeoutMillis, Executor threads, LongSupplier clock) {
    this.electionTimeoutMillis = electionTimeoutMillis;
    this.threads = threads;
    this.clock = clock;
  }

  void start() {
    var _ =
        timer.scheduleWithFixedDelay(this::look, LOOK_MILLIS, LOOK_MILLIS, TimeUnit.MILLISECONDS);
  }

  void add(Supervised group) {
    wards.put(group, new Ward(new GroupWatch(electionTimeoutMillis)));
  }

  void remove(Supervised group) {
    wards.remove(group);
  }

  /** Looks at every group once. */
  void look() {
    wards.forEach(
        (group, ward) -> {
          try {
            if (!ward.mending) {
              look(group, ward);
            }
          } catch (RuntimeException e) {
            LOG.error("{} could not be looked at", group.name(), e);
          }
        });
  }

  private void look(Supervised group, Ward ward) {
    GroupWatch.Facts facts = group.facts();
    GroupWatch.Action action = ward.watch.next(facts, clock.getAsLong());
    switch (action) {
      case NONE -> {}
      case TRANSFER -> {
        LOG.warn("{} leads but replicates no more ({}): handing over", group.name(), facts);
        mend(ward, group::handOver);
      }
      case RECREATE -> {
        LOG.warn(
            "{} has stopped working ({}): making its Raft node anew, attempt {} of {}",
            group.name(),
            facts,
            ward.watch.recreations(),
            GroupWatch.RECREATIONS_MAX);
        mend(ward, () -> recreate(group));
      }
      case GIVE_UP -> {
        LOG.error(
            "{} was made anew {} times and is in error again: giving up",
            group.name(),
            GroupWatch.RECREATIONS_MAX);
        mend(ward, group::giveUp);
      }
    }
  }

  private void mend(Ward ward, Runnable how) {
    ward.mending = true;
    threads.execute(
        () -> {
          try {
            how.run();
          } finally {
            ward.mending = false;
          }
        });
  }

  private static void recreate(Supervised group) {
    try {
      group.recreate();
      LOG.info("the Raft node of {} was made anew", group.name());
    } catch (IOException | RuntimeException e) {
      LOG.error("the Raft node of {} could not be made anew", group.name(), e);
    }
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
