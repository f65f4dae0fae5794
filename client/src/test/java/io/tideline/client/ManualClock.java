package io.tideline.client;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * A clock that stands still until a test moves it, and dice with one face. Tasks run on the thread
 * that moves the clock. Thread-safe.
 *
 * <p>In eager mode a scheduled task runs at once, on a thread of its own, and the clock jumps to
 * its time: waits cost nothing and are written down.
 */
final class ManualClock implements ClientClock {

  private final boolean eager;
  private final double dice;
  private final List<Long> delays = new ArrayList<>();
  private final PriorityQueue<Task> tasks =
      new PriorityQueue<>(Comparator.comparingLong((Task t) -> t.time));
  private long nanos = 1_000;

  private ManualClock(boolean eager, double dice) {
    this.eager = eager;
    this.dice = dice;
  }

  static ManualClock eager(double dice) {
    return new ManualClock(true, dice);
  }

  static ManualClock stepped() {
    return new ManualClock(false, 1);
  }

  private static final class Task implements Timer {
    final long time;
    @Nullable Runnable action;

    Task(long time, Runnable action) {
      this.time = time;
      this.action = action;
    }

    @Override
    public synchronized void cancel() {
      action = null;
    }

    void run() {
      Runnable todo;
      synchronized (this) {
        todo = action;
        action = null;
      }
      if (todo != null) {
        todo.run();
      }
    }
  }

  @Override
  public synchronized long nanoTime() {
    return nanos;
  }

  @Override
  public synchronized long epochMillis() {
    return 1_000_000 + nanos / 1_000_000;
  }

  @Override
  public double random() {
    return dice;
  }

  @Override
  public synchronized Timer schedule(long delayNanos, Runnable action) {
    Task task = new Task(nanos + delayNanos, action);
    delays.add(delayNanos);
    if (eager) {
      nanos += delayNanos;
      new Thread(task::run, "eager-timer").start();
    } else {
      tasks.add(task);
    }
    return task;
  }

  /** Moves the clock and runs what has come due, in order. */
  void advance(long byNanos) {
    long target;
    synchronized (this) {
      target = nanos + byNanos;
    }
    for (Task due = next(target); due != null; due = next(target)) {
      due.run();
    }
    synchronized (this) {
      nanos = target;
    }
  }

  private synchronized @Nullable Task next(long target) {
    Task first = tasks.peek();
    if (first == null || first.time > target) {
      return null;
    }
    nanos = Math.max(nanos, first.time);
    return tasks.remove();
  }

  /** Every delay asked for so far. */
  synchronized List<Long> delays() {
    return List.copyOf(delays);
  }
}
