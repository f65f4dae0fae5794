package io.tideline.lsm.testing;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for something another thread will bring about. */
public final class Await {

  /** Far above what anything takes on a busy machine. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private Await() {}

  /** Returns once the condition holds; fails, naming it, if it never does. */
  public static void until(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("still not true after " + PATIENCE + ": " + what);
      }
      LockSupport.parkNanos(1_000_000);
    }
  }
}
