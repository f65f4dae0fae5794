package io.tideline.client;

/** The client's clock, timer and dice; one seam, so that tests own time and chance. */
interface ClientClock {

  /** Monotonic, for durations. */
  long nanoTime();

  /** Milliseconds since the Unix epoch, for first attempt times. */
  long epochMillis();

  /** Uniform in [0, 1). */
  double random();

  /** Runs the task once after the delay; it must be short and must not block. */
  Timer schedule(long delayNanos, Runnable task);

  /** A scheduled task. */
  interface Timer {
    /** Keeps the task from running if it has not begun. */
    void cancel();
  }
}
