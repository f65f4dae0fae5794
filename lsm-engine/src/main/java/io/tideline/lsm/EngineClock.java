package io.tideline.lsm;

/** The machine's clocks, in one place so that tests can put others there. */
class EngineClock {

  /** Nanoseconds since some moment; never goes back. */
  long nanos() {
    return System.nanoTime();
  }

  /** Milliseconds since the epoch; for people to read, nothing is decided by it. */
  long epochMillis() {
    return System.currentTimeMillis();
  }
}
