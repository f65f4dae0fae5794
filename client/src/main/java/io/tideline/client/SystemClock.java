package io.tideline.client;

import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/** The machine's clock and a timer thread of the client's own. */
final class SystemClock implements ClientClock, AutoCloseable {

  private final ScheduledThreadPoolExecutor timer;

  SystemClock() {
    this.timer = new ScheduledThreadPoolExecutor(1, ClientThreads.factory("tideline-client-timer"));
    timer.setRemoveOnCancelPolicy(true);
    timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public long epochMillis() {
    return System.currentTimeMillis();
  }

  @Override
  public double random() {
    return ThreadLocalRandom.current().nextDouble();
  }

  @Override
  public Timer schedule(long delayNanos, Runnable task) {
    Future<?> future = timer.schedule(task, delayNanos, TimeUnit.NANOSECONDS);
    return () -> future.cancel(false);
  }

  /** Drops what is scheduled and ends the thread. */
  @Override
  public void close() {
    timer.shutdownNow();
  }
}
