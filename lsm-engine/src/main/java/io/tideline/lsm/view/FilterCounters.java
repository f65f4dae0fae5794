package io.tideline.lsm.view;

import java.util.concurrent.atomic.LongAdder;

/** How often table filters were asked, and how often they spared a read. */
public final class FilterCounters {

  private final LongAdder probes = new LongAdder();
  private final LongAdder misses = new LongAdder();

  void count(boolean mayContain) {
    probes.increment();
    if (!mayContain) {
      misses.increment();
    }
  }

  public long probes() {
    return probes.sum();
  }

  public long misses() {
    return misses.sum();
  }
}
