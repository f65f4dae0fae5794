package io.tideline.lsm;

import java.util.concurrent.locks.LockSupport;

/** The machine's clocks, in one place so that tests can put others there. */
class EngineClock {

  /** Nanoseconds since some moment; never goes back. */
  long nanos() {
    return System.nanoTime();
  }

  /** Lets at most so much time pass. */
  void park(long nanos) {
    LockSupport.parkNanos(nanos);
  }

  /** Milliseconds since the epoch; for people to read, nothing is decided by it. */
  long epochMillis() {
    return System.currentTimeMillis();
  }
}
