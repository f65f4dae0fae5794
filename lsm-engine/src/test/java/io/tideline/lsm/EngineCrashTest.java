package io.tideline.lsm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tideline.lsm.testing.CrashFileSystem.Order;
import io.tideline.lsm.testing.Seeds;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Power cuts: at every sync point and at random moments, with none, some or all of what was not
 * synced, torn where a disk may tear, and again while recovering. What is found afterwards is the
 * model at exactly the durable position; the log makes it whole.
 */
class EngineCrashTest {

  private static final int ENTRIES = 40;

  /** Runs of the long test; each has some hundred crash points. */
  private static final int RUNS = 130;

  private static final int RUNS_FULL_SCALE = 50 * RUNS;
  private static final int CRASH_POINTS_MIN = 20_000;

  /** Two, so that it takes half the time where there are two processors. */
  private static final int THREADS = 2;

  @ParameterizedTest
  @EnumSource(Order.class)
  void everyCrashLeavesThePrefixThatWasDurable(Order order) throws Exception {
    long seed = Seeds.seedOr(4711);
    try (CrashBench bench = new CrashBench()) {
      for (int i = 0; i < 1; i++) {
        assertThat(new CrashRun(order, seed + i, ENTRIES).verify(bench, true)).isPositive();
      }
    }
  }

  @Tag("slow")
  @Test
  void twentyThousandCrashesLeaveThePrefixThatWasDurable() throws Exception {
    long seed = Seeds.seedOr(31);
    int runs = Seeds.isFullScale() ? RUNS_FULL_SCALE : RUNS;
    AtomicInteger next = new AtomicInteger();
    AtomicInteger points = new AtomicInteger();
    AtomicInteger whileRecovering = new AtomicInteger();
    try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
      List<Future<?>> done = new ArrayList<>();
      for (int t = 0; t < THREADS; t++) {
        done.add(
            threads.submit(
                () -> {
                  try (CrashBench bench = new CrashBench()) {
                    for (int i = next.getAndIncrement(); i < runs; i = next.getAndIncrement()) {
                      Order order = Order.values()[i % Order.values().length];
                      points.addAndGet(new CrashRun(order, seed + i, ENTRIES).verify(bench, true));
                    }
                    whileRecovering.addAndGet(bench.crashesWhileRecovering());
                  }
                  return null;
                }));
      }
      for (Future<?> thread : done) {
        thread.get();
      }
    }
    System.out.printf(
        "%d crash points in %d runs, and %d crashes while recovering from them%n",
        points.get(), runs, whileRecovering.get());
    assertThat(points.get()).isGreaterThanOrEqualTo(CRASH_POINTS_MIN);
  }

  /** The test of the test: a disk that lies about syncs must be noticed. */
  @Test
  void aDiskThatIgnoresSyncsIsNoticed() {
    try (CrashBench bench = new CrashBench()) {
      assertThatThrownBy(
              () -> new CrashRun(Order.ORDERED, Seeds.seedOr(4711), ENTRIES).verify(bench, false))
          .isInstanceOf(AssertionError.class);
    }
  }
}
