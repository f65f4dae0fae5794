package io.tideline.lsm;

import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.lsm.inspect.EngineChecker;
import io.tideline.lsm.testing.CrashFileSystem;
import io.tideline.lsm.testing.CrashFileSystem.Order;
import io.tideline.lsm.testing.EngineLog;
import io.tideline.lsm.testing.ModelCheck;
import io.tideline.lsm.testing.ReplaceableFileSystem;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Where disks are recovered one after the other: one set of threads, pools and caches for all of
 * them, for they would cost more than the recovery.
 *
 * <p>Threading: confined.
 */
final class CrashBench implements AutoCloseable {

  /** A recovery with a replay and a flush has about so many syncs and changes of the disk. */
  private static final int RECOVERY_EVENTS = 16;

  private final ReplaceableFileSystem disks =
      new ReplaceableFileSystem(new CrashFileSystem(Order.ORDERED));
  private final EngineResources resources = EngineResources.create(disks, 8 << 20, 256 << 10, 1);
  private int crashesWhileRecovering;

  EngineResources resources() {
    return resources;
  }

  void use(CrashFileSystem disk) {
    disks.use(disk);
  }

  int crashesWhileRecovering() {
    return crashesWhileRecovering;
  }

  /**
   * Opens the engine of a cut and fails unless it holds exactly the content of a position between
   * what was acknowledged and what was applied, and everything after the log was replayed. In some
   * cases the power fails again before.
   */
  void recover(CrashRun.Cut cut, EngineOptions options, EngineLog log, SplittableRandom random)
      throws Exception {
    long last = Math.min(cut.applied(), log.lastIndex());
    CrashFileSystem disk = cut.disk();
    for (int again = 0; again < 2 && random.nextInt(6) == 0; again++) {
      disk = crashWhileRecovering(disk, options, log, last, random);
      crashesWhileRecovering++;
    }
    disks.use(disk);
    try (Engine engine = Engine.open(CrashRun.DIRECTORY, options, resources)) {
      long durable = engine.durableState().position().index();
      assertThat(durable).isBetween(cut.acknowledged(), cut.applied());
      log.assertRecovered(engine);
      log.replayAndCheck(engine, last);
      assertThat(engine.flush().get().position().index()).isEqualTo(last);
    }
    for (CrashRun.Snapshot snapshot : cut.snapshots()) {
      checkSnapshot(snapshot, options, log);
    }
    assertThat(EngineChecker.check(disk, CrashRun.DIRECTORY)).isEmpty();
    assertThat(disk.openHandles()).isZero();
  }

  private void checkSnapshot(CrashRun.Snapshot snapshot, EngineOptions options, EngineLog log)
      throws Exception {
    try (Engine engine = Engine.open(snapshot.directory(), options, resources);
        ReadView view = engine.view()) {
      assertThat(engine.durableState().position().index()).isEqualTo(snapshot.index());
      ModelCheck.assertSame(view, log.modelAt(snapshot.index()));
    }
  }

  /** Recovers, and cuts the power at some moment of that. */
  private CrashFileSystem crashWhileRecovering(
      CrashFileSystem disk,
      EngineOptions options,
      EngineLog log,
      long last,
      SplittableRandom random)
      throws Exception {
    int event = random.nextInt(RECOVERY_EVENTS);
    int keptPercent = random.nextInt(101);
    long seed = random.nextLong();
    AtomicInteger events = new AtomicInteger();
    AtomicReference<CrashFileSystem> after = new AtomicReference<>();
    Runnable hook =
        () -> {
          if (events.getAndIncrement() == event) {
            after.set(disk.crashClone(seed, keptPercent));
          }
        };
    disk.onSyncPoint(number -> hook.run());
    disk.onChange(hook);
    disks.use(disk);
    try (Engine engine = Engine.open(CrashRun.DIRECTORY, options, resources)) {
      log.replayAndCheck(engine, last);
      engine.flush().get();
    }
    CrashFileSystem chosen = after.get();
    return chosen != null ? chosen : disk.crashClone(seed, keptPercent);
  }

  @Override
  public void close() {
    resources.close();
  }
}
