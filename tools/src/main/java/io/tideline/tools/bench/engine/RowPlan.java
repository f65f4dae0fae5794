package io.tideline.tools.bench.engine;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Which timeline each row of a round goes to, and its id there. Drawn before anything is measured,
 * so that all systems get the same rows and none pays for drawing them.
 *
 * <p>Ids are dense: each timeline counts 1, 2, 3.
 */
final class RowPlan {
  private final int[] timelines;
  private final int[] sequenceIds;
  private final int[] heads;

  private RowPlan(int[] timelines, int timelineCount) {
    this.timelines = timelines;
    sequenceIds = new int[timelines.length];
    heads = new int[timelineCount];
    for (int row = 0; row < timelines.length; row++) {
      sequenceIds[row] = ++heads[timelines[row]];
    }
  }

  /** Rows that go to the given timelines, in this order; timelines are numbered from 0. */
  static RowPlan of(int[] timelines) {
    return new RowPlan(timelines, 1 + Arrays.stream(timelines).max().orElse(-1));
  }

  /** Draws the rows of a generated workload. */
  static RowPlan draw(Workload workload, int rows, int timelines, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int[] drawn = new int[rows];
    switch (workload) {
      case COLD, WARM -> Arrays.setAll(drawn, row -> random.nextInt(timelines));
      case ZIPF -> {
        Zipf zipf = new Zipf(timelines);
        Arrays.setAll(drawn, row -> zipf.rank(random.nextDouble()));
      }
      case GIANT -> Arrays.fill(drawn, 0);
      case LOG -> throw new IllegalArgumentException("the rows of a log are not drawn");
    }
    return new RowPlan(drawn, timelines);
  }

  /** The plan that ends after {@code rows} rows. */
  RowPlan first(int rows) {
    return rows >= timelines.length
        ? this
        : new RowPlan(Arrays.copyOf(timelines, rows), heads.length);
  }

  int rows() {
    return timelines.length;
  }

  int timeline(int row) {
    return timelines[row];
  }

  int sequenceId(int row) {
    return sequenceIds[row];
  }

  /** The last id of a timeline after all rows, 0 if it has none. */
  int head(int timeline) {
    return heads[timeline];
  }

  /** Timelines that have rows. */
  int timelinesUsed() {
    return (int) Arrays.stream(heads).filter(head -> head > 0).count();
  }

  /** Rows to read, each as likely as any: timelines are read as often as they are written. */
  int[] drawRows(int count, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    return random.ints(count, 0, timelines.length).toArray();
  }
}
