package io.tideline.tools.bench.engine;

import java.util.Locale;

/** How rows are spread over timelines. */
enum Workload {
  /** Fan-out to inboxes: few rows a timeline, hardly ever one per timeline and memtable. */
  COLD(400_000, 140_000, 3_000_000, 1_000_000),
  /** Busy conversations: a hundred rows a timeline. */
  WARM(200_000, 2_000, 2_000_000, 20_000),
  /** A few very popular timelines and a long tail, Zipf with exponent 0.99. */
  ZIPF(400_000, 140_000, 3_000_000, 1_000_000),
  /** Everything in one timeline. */
  GIANT(100_000, 1, 2_000_000, 1),
  /** The conversations of a chat log, in its order; needs {@code --data}. */
  LOG(100_000, 0, 2_000_000, 0);

  private final int smokeRows;
  private final int smokeTimelines;
  private final int fullRows;
  private final int fullTimelines;

  Workload(int smokeRows, int smokeTimelines, int fullRows, int fullTimelines) {
    this.smokeRows = smokeRows;
    this.smokeTimelines = smokeTimelines;
    this.fullRows = fullRows;
    this.fullTimelines = fullTimelines;
  }

  int rows(Scale scale) {
    return switch (scale) {
      case SMOKE -> smokeRows;
      case FULL -> fullRows;
      case MILLION10 -> scale.rows();
    };
  }

  /** 0 if the data say how many. */
  int timelines(Scale scale) {
    return switch (scale) {
      case SMOKE -> smokeTimelines;
      case FULL -> fullTimelines;
      case MILLION10 -> this == COLD || this == ZIPF ? scale.timelines() : fullTimelines;
    };
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
