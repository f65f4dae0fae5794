package io.tideline.lsm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tideline.lsm.FaultBench.Outcome;
import io.tideline.lsm.testing.Await;
import io.tideline.lsm.testing.CrashFileSystem;
import io.tideline.lsm.testing.CrashFileSystem.Order;
import io.tideline.lsm.testing.EngineLog;
import io.tideline.lsm.testing.FaultFileSystem;
import io.tideline.lsm.testing.FaultRule;
import io.tideline.lsm.testing.FaultRule.Fault;
import io.tideline.lsm.testing.ModelCheck;
import io.tideline.lsm.testing.Seeds;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A failing disk: the n-th operation fails, for n = 1, 2, 3 … until a run meets no failure.
 * Afterwards nothing leaks, and the engine opens on the disk as it is and shows the model.
 */
class EngineFaultTest {

  private static final Path DIRECTORY = Path.of("/data/engine");
  private static final EngineOptions OPTIONS =
      EngineOptions.DEFAULTS.withMemtableBytes(64 << 10).withBlockBytes(1 << 10);

  /** Retries of a full disk come quickly, or the loop would take minutes. */
  private static final long TICK_MILLIS = 5;

  /** Far above the operations of a run: it is a loop without end if none of them runs clean. */
  private static final int OPERATIONS_MAX = 2_000;

  @ParameterizedTest
  @EnumSource(
      value = Fault.class,
      names = {"LOSE_PAGES"})
  void everySingleFailureLeavesARecoverableEngine(Fault fault) throws Exception {
    assertThat(failEach(fault, Seeds.seedOr(100))).doesNotContainKey(Outcome.DETECTED);
  }

  @Tag("slow")
  @ParameterizedTest
  @EnumSource(
      value = Fault.class,
      names = {"LOSE_PAGES", "SHORT_WRITE_NO_SPACE", "IO_ERROR", "SHORT_WRITE", "NO_SPACE"})
  void everySingleFailureOfAnyKindDoes(Fault fault) throws Exception {
    for (int i = 1; i <= (Seeds.isFullScale() ? 50 : 2); i++) {
      assertThat(failEach(fault, Seeds.seedOr(100) + i)).doesNotContainKey(Outcome.DETECTED);
    }
  }

  /**
   * What the disk does not tell: a read of wrong bytes, a write that reaches nothing or lands a
   * page away. Nothing wrong is ever shown: it is found by a checksum, or changes nothing. A lost
   * last edit of the manifest is found by the seal behind it.
   */
  @Tag("slow")
  @ParameterizedTest
  @EnumSource(
      value = Fault.class,
      names = {"BIT_FLIP", "MISDIRECTED_READ", "LOST_WRITE", "MISDIRECTED_WRITE"})
  void whatTheDiskDoesNotTellIsDetectedOrHarmless(Fault fault) throws Exception {
    for (int i = 1; i <= (Seeds.isFullScale() ? 50 : 2); i++) {
      Map<Outcome, Integer> outcomes = failEach(fault, Seeds.seedOr(7) + i);
      System.out.println(fault + ": " + outcomes);
      assertThat(outcomes).containsKey(Outcome.HARMLESS);
    }
  }

  /** Lets operation 1, 2, 3 … go wrong until a run has no operation left. */
  private static Map<Outcome, Integer> failEach(Fault fault, long seed) {
    Map<Outcome, Integer> outcomes = new EnumMap<>(Outcome.class);
    try (FaultBench bench = new FaultBench()) {
      for (int n = 1; !outcomes.containsKey(Outcome.NO_FAULT); n++) {
        assertThat(n).as("runs until no fault fires").isLessThan(OPERATIONS_MAX);
        try {
          outcomes.merge(bench.run(fault, n, seed), 1, Integer::sum);
        } catch (Throwable e) {
          throw new AssertionError(Seeds.describe(seed) + ", " + fault + " number " + n, e);
        }
      }
    }
    return outcomes;
  }

  @Test
  void aFailedSyncStopsTheEngineForGood() throws Exception {
    CrashFileSystem disk = new CrashFileSystem(Order.ORDERED);
    FaultFileSystem faulty = new FaultFileSystem(disk, 1);
    EngineLog log = new EngineLog(1, 20, 100);
    try (EngineResources resources = EngineResources.create(faulty, 8 << 20, 1 << 20, 1);
        Engine engine = Engine.open(DIRECTORY, OPTIONS, resources)) {
      engine.apply(log.next());
      faulty.arm(FaultRule.nth(1, Fault.IO_ERROR, Set.of(FaultRule.Operation.FORCE)));
      assertThat(engine.flush()).failsWithin(Duration.ofSeconds(10));
      faulty.disarm();
      assertThat(engine.failure()).isNotNull();
      assertThatThrownBy(() -> engine.apply(log.next()))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("stopped after a failure");
      assertThat(engine.flush()).isCompletedExceptionally();
    }
  }

  @Test
  void theDiskReserveDecidesWhenWritersAreSlowedAndRefused() throws Exception {
    long reserve = 1 << 20;
    CrashFileSystem disk = new CrashFileSystem(Order.ORDERED);
    try (EngineResources resources =
            EngineResources.create(disk, 8 << 20, 1 << 20, 1, TICK_MILLIS);
        Engine engine = Engine.open(DIRECTORY, OPTIONS.withDiskReserveBytes(reserve), resources)) {
      disk.setCapacityBytes(disk.usedBytes() + reserve - 1);
      Await.until("refused", () -> engine.pressure().level() == Pressure.Level.REFUSE);
      assertThat(engine.pressure().reason()).isEqualTo(Pressure.Reason.DISK_SPACE);
      disk.setCapacityBytes(disk.usedBytes() + 2 * reserve - 1);
      Await.until("slowed", () -> engine.pressure().level() == Pressure.Level.DELAY);
      disk.setCapacityBytes(disk.usedBytes() + 2 * reserve);
      Await.until("taken", () -> engine.pressure().level() == Pressure.Level.NONE);
    }
  }

  @Test
  void aFullDiskRefusesWritesUntilThereIsRoomAgain() throws Exception {
    CrashFileSystem disk = new CrashFileSystem(Order.ORDERED);
    EngineLog log = new EngineLog(2, 20, 100);
    try (EngineResources resources =
            EngineResources.create(disk, 8 << 20, 1 << 20, 1, TICK_MILLIS);
        Engine engine = Engine.open(DIRECTORY, OPTIONS, resources)) {
      engine.apply(log.next());
      engine.flush().get();
      disk.setCapacityBytes(disk.usedBytes());
      engine.apply(log.next());
      var flushed = engine.flush();
      Await.until("writes refused", () -> engine.pressure().level() == Pressure.Level.REFUSE);
      assertThat(engine.pressure().reason()).isEqualTo(Pressure.Reason.DISK_SPACE);
      assertThat(engine.failure()).isNull();
      try (ReadView view = engine.view()) {
        ModelCheck.assertSame(view, log.modelAt(log.lastIndex()));
      }
      disk.setCapacityBytes(1L << 30);
      assertThat(flushed.get().position().index()).isEqualTo(2);
      Await.until("pressure gone", () -> engine.pressure().level() == Pressure.Level.NONE);
      engine.apply(log.next());
      assertThat(engine.flush().get().position().index()).isEqualTo(3);
    }
  }
}
