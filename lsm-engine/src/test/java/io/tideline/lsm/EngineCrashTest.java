package io.tideline.lsm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tideline.lsm.inspect.EngineChecker;
import io.tideline.lsm.testing.CrashFileSystem;
import io.tideline.lsm.testing.CrashFileSystem.Order;
import io.tideline.lsm.testing.EngineLog;
import io.tideline.lsm.testing.Seeds;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Power cuts: at every sync point and at random moments, with none, some or all of what was not
 * synced. What is found afterwards is the model at exactly the durable position; the log makes it
 * whole.
 */
class EngineCrashTest {

  private static final Path DIRECTORY = Path.of("/data/engine");
  private static final List<Integer> KEPT_PERCENT = List.of(0, 50, 100);
  private static final EngineOptions OPTIONS =
      EngineOptions.DEFAULTS.withMemtableBytes(64 << 10).withBlockBytes(1 << 10).withRunsPerTier(2);

  /**
   * A disk after a power cut.
   *
   * @param acknowledged position that was reported durable before
   * @param applied last entry applied before
   */
  private record Cut(String when, CrashFileSystem disk, long acknowledged, long applied) {}

  @ParameterizedTest
  @EnumSource(Order.class)
  void everyCrashLeavesThePrefixThatWasDurable(Order order) throws Exception {
    run(order, Seeds.seedOr(4711), 60, true);
  }

  @Tag("slow")
  @ParameterizedTest
  @EnumSource(Order.class)
  void everyCrashOfALongRunLeavesThePrefixThatWasDurable(Order order) throws Exception {
    long seed = Seeds.seedOr(31);
    for (int i = 0; i < (Seeds.isFullScale() ? 200 : 8); i++) {
      run(order, seed + i, 250, true);
    }
  }

  /** The test of the test: a disk that lies about syncs must be noticed. */
  @Test
  void aDiskThatIgnoresSyncsIsNoticed() {
    assertThatThrownBy(() -> run(Order.ORDERED, Seeds.seedOr(4711), 60, false))
        .isInstanceOf(AssertionError.class);
  }

  private static void run(Order order, long seed, int entries, boolean honest) throws Exception {
    SplittableRandom random = new SplittableRandom(seed);
    CrashFileSystem disk = new CrashFileSystem(order);
    disk.ignoreSyncs(!honest, !honest);
    ConcurrentLinkedQueue<Cut> cuts = new ConcurrentLinkedQueue<>();
    EngineLog log = new EngineLog(seed, 60, 5_000);
    AtomicLong acknowledged = new AtomicLong();
    AtomicLong applied = new AtomicLong();
    disk.onSyncPoint(
        number -> {
          for (int kept : KEPT_PERCENT) {
            long durable = acknowledged.get();
            CrashFileSystem clone = disk.crashClone(seed * 31 + number, kept);
            cuts.add(
                new Cut(
                    "sync point " + number + ", " + kept + " % kept",
                    clone,
                    durable,
                    applied.get() + 1));
          }
        });
    try (EngineResources resources = EngineResources.create(disk, 16 << 20, 1 << 20, 1);
        Engine engine = Engine.open(DIRECTORY, OPTIONS, resources)) {
      for (int i = 0; i < entries; i++) {
        engine.apply(log.next());
        applied.set(log.lastIndex());
        if (random.nextInt(6) == 0) {
          acknowledged.set(engine.flush().get().position().index());
        }
        if (random.nextInt(20) == 0) {
          engine.compactAll().get();
        }
        if (random.nextInt(8) == 0) {
          CrashFileSystem clone = disk.crashClone(random.nextLong(), random.nextInt(101));
          cuts.add(new Cut("after entry " + i, clone, acknowledged.get(), applied.get()));
        }
      }
    }
    log.next(); // Cuts may have seen one entry more than had been counted.
    for (Cut cut : cuts) {
      try {
        recover(cut, log, random);
      } catch (Throwable e) {
        throw new AssertionError(Seeds.describe(seed) + ", " + order + ", crash at " + cut.when, e);
      }
    }
  }

  private static void recover(Cut cut, EngineLog log, SplittableRandom random) throws Exception {
    CrashFileSystem disk = cut.disk;
    if (random.nextInt(3) == 0) {
      disk = crashWhileRecovering(disk, random);
    }
    try (EngineResources resources = EngineResources.create(disk, 16 << 20, 1 << 20, 1)) {
      try (Engine engine = Engine.open(DIRECTORY, OPTIONS, resources)) {
        long durable = engine.durableState().position().index();
        assertThat(durable).isBetween(cut.acknowledged, cut.applied);
        log.assertRecovered(engine);
        log.replayAndCheck(engine, Math.min(cut.applied, log.lastIndex()));
        engine.flush().get();
      }
    }
    assertThat(EngineChecker.check(disk, DIRECTORY)).isEmpty();
    assertThat(disk.openHandles()).isZero();
  }

  /** Opens the engine and cuts the power at one of the sync points of that, or right after. */
  private static CrashFileSystem crashWhileRecovering(CrashFileSystem disk, SplittableRandom random)
      throws Exception {
    CrashFileSystem[] second = new CrashFileSystem[1];
    long seed = random.nextLong();
    disk.onSyncPoint(
        number -> {
          if (second[0] == null) {
            second[0] = disk.crashClone(seed, 50);
          }
        });
    try (EngineResources resources = EngineResources.create(disk, 16 << 20, 1 << 20, 1);
        Engine engine = Engine.open(DIRECTORY, OPTIONS, resources)) {
      assertThat(engine.failure()).isNull();
    }
    return second[0] != null ? second[0] : disk.crashClone(seed, 50);
  }
}
