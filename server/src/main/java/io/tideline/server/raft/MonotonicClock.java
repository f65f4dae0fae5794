package io.tideline.server.raft;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** Milliseconds that only go forward, from an arbitrary origin; for time spans, not for dates. */
final class MonotonicClock {

  static final LongSupplier MILLIS = () -> TimeUnit.NANOSECONDS.toMillis(System.nanoTime());

  private MonotonicClock() {}
}
