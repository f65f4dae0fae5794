package io.tideline.server.raft;

import com.alipay.sofa.jraft.core.Scheduler;
import com.alipay.sofa.jraft.util.NamedThreadFactory;
import com.alipay.sofa.jraft.util.SPI;
import com.alipay.sofa.jraft.util.timer.HashedWheelTimer;
import com.alipay.sofa.jraft.util.timer.RaftTimerFactory;
import com.alipay.sofa.jraft.util.timer.Timeout;
import com.alipay.sofa.jraft.util.timer.Timer;
import com.alipay.sofa.jraft.util.timer.TimerTask;
import java.util.Set;
import java.util.concurrent.Delayed;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All timers of JRaft in this process on one wheel: elections, votes, heartbeats, time-outs of
 * reads. What is due runs on a virtual thread of its own, so that one that waits for the disk holds
 * up no other. JRaft's own shared timers are pools that wake two or three threads for each timer
 * that fires, and its timer for reads wakes a thousand times a second.
 *
 * <p>Found by JRaft through its service file. Lifetime: the process's; stopping a timer stops none
 * of the others, and what it had pending is cancelled by its owner.
 */
@SPI(name = "tideline", priority = 1)
public final class WheelTimers implements RaftTimerFactory {

  /** Precision; the shortest time that matters is a heartbeat's interval, some hundred ms. */
  private static final long TICK_MILLIS = 20;

  /** Slots: a turn takes ten seconds, about the longest usual timer. */
  private static final int SLOTS = 512;

  private static final Logger LOG = LoggerFactory.getLogger(WheelTimers.class);

  private static final HashedWheelTimer WHEEL =
      new HashedWheelTimer(
          new NamedThreadFactory("raft-wheel-", true), TICK_MILLIS, TimeUnit.MILLISECONDS, SLOTS);

  @Override
  public Timer getElectionTimer(boolean shared, String name) {
    return new OnWheel();
  }

  @Override
  public Timer getVoteTimer(boolean shared, String name) {
    return new OnWheel();
  }

  @Override
  public Timer getStepDownTimer(boolean shared, String name) {
    return new OnWheel();
  }

  @Override
  public Timer getSnapshotTimer(boolean shared, String name) {
    return new OnWheel();
  }

  @Override
  public Scheduler getRaftScheduler(boolean shared, int workers, String name) {
    return new SchedulerOnWheel();
  }

  @Override
  public Timer createTimer(String name) {
    return new OnWheel();
  }

  @Override
  public Scheduler createScheduler(int workers, String name) {
    return new SchedulerOnWheel();
  }

  private static final class OnWheel implements Timer {

    @Override
    public Timeout newTimeout(TimerTask task, long delay, TimeUnit unit) {
      return WHEEL.newTimeout(
          due -> JRaftProcess.executor().execute(() -> run(task, due)), delay, unit);
    }

    private static void run(TimerTask task, Timeout due) {
      try {
        task.run(due);
      } catch (Exception e) {
        LOG.error("a timer's task failed", e);
      }
    }

    @Override
    public Set<Timeout> stop() {
      return Set.of();
    }
  }

  private static final class SchedulerOnWheel implements Scheduler {

    @Override
    public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
      Once once = new Once(command, unit.toMillis(delay));
      once.arm(delay, unit);
      return once;
    }

    @Override
    public ScheduledFuture<?> scheduleAtFixedRate(
        Runnable command, long initialDelay, long period, TimeUnit unit) {
      throw new UnsupportedOperationException("JRaft's nodes schedule single tasks only");
    }

    @Override
    public ScheduledFuture<?> scheduleWithFixedDelay(
        Runnable command, long initialDelay, long delay, TimeUnit unit) {
      throw new UnsupportedOperationException("JRaft's nodes schedule single tasks only");
    }

    @Override
    public void shutdown() {
      // The wheel is the process's.
    }
  }

  /** A task that is due once. */
  private static final class Once extends FutureTask<Void> implements ScheduledFuture<Void> {

    private final long dueMillis;
    private volatile @Nullable Timeout timeout;

    Once(Runnable command, long delayMillis) {
      super(
          () -> {
            try {
              command.run();
            } catch (RuntimeException | AssertionError e) {
              LOG.error("a scheduled task failed", e);
            }
          },
          null);
      this.dueMillis = MonotonicClock.MILLIS.getAsLong() + delayMillis;
    }

    /** What is overdue already runs at the next tick. */
    void arm(long delay, TimeUnit unit) {
      timeout =
          WHEEL.newTimeout(due -> JRaftProcess.executor().execute(this), Math.max(0, delay), unit);
    }

    @Override
    public boolean cancel(boolean mayInterrupt) {
      boolean cancelled = super.cancel(mayInterrupt);
      Timeout armed = timeout;
      if (armed != null) {
        armed.cancel();
      }
      return cancelled;
    }

    @Override
    public long getDelay(TimeUnit unit) {
      return unit.convert(dueMillis - MonotonicClock.MILLIS.getAsLong(), TimeUnit.MILLISECONDS);
    }

    @Override
    public int compareTo(Delayed other) {
      return Long.compare(getDelay(TimeUnit.MILLISECONDS), other.getDelay(TimeUnit.MILLISECONDS));
    }
  }
}
