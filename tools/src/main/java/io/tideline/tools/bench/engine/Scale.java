package io.tideline.tools.bench.engine;

import java.util.Locale;

/** How much of everything. */
enum Scale {
  /**
   * Seconds: shows that it works and roughly where it stands. Budgets of memory shrink with the
   * rows, so that there are flushes and compactions all the same.
   */
  SMOKE(10L << 20, 128L << 20, 2, 5_000, 0, 0),
  /** The honest one. */
  FULL(64L << 20, 512L << 20, 5, 100_000, 0, 0),
  /** Ten million timelines in one engine. */
  MILLION10(64L << 20, 512L << 20, 1, 100_000, 20_000_000, 10_000_000);

  /** Leaves room for a round to end within 40 s, also on a machine that is busy. */
  private static final long SMOKE_NANOS_MAX = 16_000_000_000L;

  /** As long as half a minute allows; the JIT is not quite done by then. */
  private static final long SMOKE_WARM_UP_NANOS = 12_000_000_000L;

  /** The JIT has compiled for good what it will, with several systems warming up at once. */
  private static final long WARM_UP_NANOS = 30_000_000_000L;

  /** Half of what differences of such a clock can be: some centuries. */
  private static final long FOREVER_NANOS = Long.MAX_VALUE / 2;

  private final long memtableBytes;
  private final long blockCacheBytes;
  private final int rounds;
  private final int reads;
  private final int rows;
  private final int timelines;

  Scale(long memtableBytes, long blockCacheBytes, int rounds, int reads, int rows, int timelines) {
    this.memtableBytes = memtableBytes;
    this.blockCacheBytes = blockCacheBytes;
    this.rounds = rounds;
    this.reads = reads;
    this.rows = rows;
    this.timelines = timelines;
  }

  long memtableBytes() {
    return memtableBytes;
  }

  long blockCacheBytes() {
    return blockCacheBytes;
  }

  /** Measured rounds unless said otherwise. */
  int rounds() {
    return rounds;
  }

  /**
   * Whether the cells of a run share their processes: saves their start and the warming up of all
   * but the first, but the memory they hold is then that of all cells.
   */
  boolean sharesProcesses() {
    return this == SMOKE;
  }

  /** How long all systems together warm up; two rounds at least. */
  long warmUpNanos() {
    return this == SMOKE ? SMOKE_WARM_UP_NANOS : WARM_UP_NANOS;
  }

  /** No further round begins after this; both on a clock of nanoseconds. */
  long deadlineNanos(long startNanos) {
    return startNanos + (this == SMOKE ? SMOKE_NANOS_MAX : FOREVER_NANOS);
  }

  /** Scans and gets a round; polls are four times as many. */
  int reads() {
    return reads;
  }

  int rows() {
    return rows;
  }

  int timelines() {
    return timelines;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
