package io.tideline.lsm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tideline.lsm.inspect.EngineChecker;
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
import java.util.Set;
import java.util.concurrent.ExecutionException;
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
  private static final Path SNAPSHOT = Path.of("/data/snapshot");
  private static final EngineOptions OPTIONS =
      EngineOptions.DEFAULTS.withMemtableBytes(64 << 10).withBlockBytes(1 << 10);

  /** Retries of a full disk come quickly, or the loop would take minutes. */
  private static final long TICK_MILLIS = 5;

  @ParameterizedTest
  @EnumSource(
      value = Fault.class,
      names = {"LOSE_PAGES", "SHORT_WRITE_NO_SPACE"})
  void everySingleFailureLeavesARecoverableEngine(Fault fault) throws Exception {
    failEach(fault);
  }

  @Tag("slow")
  @ParameterizedTest
  @EnumSource(
      value = Fault.class,
      names = {"IO_ERROR", "SHORT_WRITE", "NO_SPACE"})
  void everySingleFailureOfTheOtherKindsToo(Fault fault) throws Exception {
    failEach(fault);
  }

  private static void failEach(Fault fault) throws Exception {
    long seed = Seeds.seedOr(99);
    for (int n = 1; ; n++) {
      assertThat(n).as("runs until no fault fires").isLessThan(2_000);
      try {
        if (!runWithFault(fault, n, seed)) {
          return;
        }
      } catch (Throwable e) {
        throw new AssertionError(Seeds.describe(seed) + ", " + fault + " number " + n, e);
      }
    }
  }

  /** Returns whether the fault fired. */
  private static boolean runWithFault(Fault fault, int n, long seed) throws Exception {
    CrashFileSystem disk = new CrashFileSystem(Order.ORDERED);
    FaultFileSystem faulty = new FaultFileSystem(disk, seed + n);
    faulty.arm(FaultRule.nth(n, fault));
    EngineLog log = new EngineLog(seed, 20, 3_000);
    long acknowledged = workload(faulty, log);
    boolean fired = faulty.faultsFired() > 0;
    faulty.disarm();
    assertThat(disk.openHandles()).as("open files").isZero();
    try (EngineResources resources = EngineResources.create(disk, 8 << 20, 1 << 20, 1);
        Engine engine = Engine.open(DIRECTORY, OPTIONS, resources)) {
      assertThat(engine.durableState().position().index()).isBetween(acknowledged, log.lastIndex());
      log.assertRecovered(engine);
      log.replayAndCheck(engine, log.lastIndex());
      engine.flush().get();
    }
    assertThat(EngineChecker.check(disk, DIRECTORY)).isEmpty();
    return fired;
  }

  /**
   * Writes, flushes, merges, reopens and takes a snapshot until something fails; tells what was
   * durable.
   */
  private static long workload(FaultFileSystem disk, EngineLog log) throws Exception {
    long acknowledged = 0;
    try (EngineResources resources =
        EngineResources.create(disk, 8 << 20, 1 << 20, 1, TICK_MILLIS)) {
      for (int round = 0; round < 2; round++) {
        Engine engine;
        try {
          engine = Engine.open(DIRECTORY, OPTIONS, resources);
        } catch (IOException e) {
          continue; // The owner tries once more.
        }
        try (Engine open = engine) {
          log.replayAndCheck(open, log.lastIndex());
          acknowledged = Math.max(acknowledged, work(open, log, round));
        } catch (IOException | ExecutionException e) {
          assertThat(e).isNotNull(); // Said to the caller, who reopens.
        }
      }
    }
    return acknowledged;
  }

  private static long work(Engine engine, EngineLog log, int round)
      throws IOException, ExecutionException, InterruptedException {
    long acknowledged = 0;
    for (int i = 0; i < 3; i++) {
      for (int k = 0; k < 5; k++) {
        engine.apply(log.next());
      }
      acknowledged = engine.flush().get().position().index();
    }
    engine.compactAll().get();
    engine.snapshot(SNAPSHOT.resolve("round" + round));
    return acknowledged;
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
