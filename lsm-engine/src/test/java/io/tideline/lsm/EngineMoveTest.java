package io.tideline.lsm;

import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.lsm.testing.CrashFileSystem;
import io.tideline.lsm.testing.CrashFileSystem.Order;
import io.tideline.lsm.testing.EngineMove;
import io.tideline.lsm.testing.FaultFileSystem;
import io.tideline.lsm.testing.FaultRule;
import io.tideline.lsm.testing.FaultRule.Fault;
import io.tideline.lsm.testing.Seeds;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongFunction;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Splits, merges, arriving snapshots and the upkeep of what was split under power cuts and failing
 * disks: what is under its final name is whole, what was there before is unharmed, and doing it
 * again completes it.
 */
class EngineMoveTest {

  enum Move {
    SPLIT(EngineMove.Split::new),
    UPKEEP(EngineMove.Upkeep::new),
    MERGE(EngineMove.Merge::new),
    ARRIVAL(EngineMove.Arrival::new);

    private final LongFunction<EngineMove> factory;

    Move(LongFunction<EngineMove> factory) {
      this.factory = factory;
    }
  }

  private record Cut(String when, CrashFileSystem disk) {}

  @ParameterizedTest
  @EnumSource(Move.class)
  void aPowerCutAtAnySyncPointLeavesAllOrNothing(Move move) throws Exception {
    long seed = Seeds.seedOr(20);
    cutEverywhere(move, Order.ARBITRARY, seed, List.of(0, 50));
  }

  @Tag("slow")
  @ParameterizedTest
  @EnumSource(Move.class)
  void aPowerCutAtAnySyncPointOfManyRunsLeavesAllOrNothing(Move move) throws Exception {
    long seed = Seeds.seedOr(2_000);
    for (int i = 0; i < (Seeds.isFullScale() ? 60 : 4); i++) {
      cutEverywhere(move, Order.values()[i % 2], seed + i, List.of(0, 50, 100));
    }
  }

  private static void cutEverywhere(Move move, Order order, long seed, List<Integer> keptPercents)
      throws Exception {
    CrashFileSystem disk = new CrashFileSystem(order);
    EngineMove run = move.factory.apply(seed);
    run.prepare(disk);
    List<Cut> cuts = new ArrayList<>();
    disk.onSyncPoint(
        number -> {
          for (int kept : keptPercents) {
            CrashFileSystem clone = disk.crashClone(seed * 31 + number * 3 + kept, kept);
            synchronized (cuts) {
              cuts.add(new Cut("sync point " + number + ", " + kept + " % kept", clone));
            }
          }
        });
    run.operate(disk);
    disk.onSyncPoint(number -> {});
    cuts.add(new Cut("the end", disk.crashClone(seed, 0)));
    assertThat(cuts.size()).isGreaterThan(10);
    for (Cut cut : cuts) {
      try {
        run.recover(cut.disk);
      } catch (Throwable e) {
        throw new AssertionError(Seeds.describe(seed) + ", " + order + ", cut at " + cut.when, e);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Move.class)
  void anySingleFailureLeavesWhatCanBeDoneAgain(Move move) throws Exception {
    failEach(move, Fault.LOSE_PAGES, 1, 1);
  }

  @Tag("slow")
  @ParameterizedTest
  @EnumSource(Move.class)
  void anySingleFailureOfTheOtherKindsToo(Move move) throws Exception {
    // At the small size the kinds share the operations between them, each beginning elsewhere.
    List<Fault> kinds =
        List.of(Fault.IO_ERROR, Fault.SHORT_WRITE, Fault.NO_SPACE, Fault.SHORT_WRITE_NO_SPACE);
    int step = Seeds.isFullScale() ? 1 : kinds.size();
    for (int i = 0; i < kinds.size(); i++) {
      failEach(move, kinds.get(i), 1 + i % step, step);
    }
  }

  /**
   * Fails operation number {@code first}, then every {@code step}-th after it, each in its own run.
   */
  private static void failEach(Move move, Fault fault, int first, int step) throws Exception {
    long seed = Seeds.seedOr(20);
    EngineMove run = move.factory.apply(seed);
    CrashFileSystem prepared = new CrashFileSystem(Order.ORDERED);
    run.prepare(prepared);
    for (int n = first; ; n += step) {
      assertThat(n).as("runs until no fault fires").isLessThan(2_000);
      CrashFileSystem disk = prepared.crashClone(seed, 100);
      try {
        if (!failOnce(run, disk, fault, n, seed)) {
          return;
        }
      } catch (Throwable e) {
        throw new AssertionError(Seeds.describe(seed) + ", " + fault + " number " + n, e);
      }
    }
  }

  /** Returns whether the fault fired. */
  private static boolean failOnce(
      EngineMove run, CrashFileSystem disk, Fault fault, int n, long seed) throws Exception {
    FaultFileSystem faulty = new FaultFileSystem(disk, seed + n);
    faulty.arm(FaultRule.nth(n, fault));
    try {
      run.operate(faulty);
    } catch (IOException e) {
      assertThat(faulty.faultsFired()).as("a failure without a fault: %s", e).isPositive();
    }
    boolean fired = faulty.faultsFired() > 0;
    assertThat(disk.openHandles()).as("open files").isZero();
    run.recover(disk);
    return fired;
  }
}
