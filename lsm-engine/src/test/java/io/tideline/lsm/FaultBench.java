package io.tideline.lsm;

import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.lsm.inspect.EngineChecker;
import io.tideline.lsm.testing.CrashFileSystem;
import io.tideline.lsm.testing.CrashFileSystem.Order;
import io.tideline.lsm.testing.EngineLog;
import io.tideline.lsm.testing.FaultFileSystem;
import io.tideline.lsm.testing.FaultRule;
import io.tideline.lsm.testing.FaultRule.Fault;
import io.tideline.lsm.testing.FaultRule.Operation;
import io.tideline.lsm.testing.RandomOptions;
import io.tideline.lsm.testing.ReplaceableFileSystem;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Runs the same work again and again, each time with another disk operation going wrong, and looks
 * at what is left. One set of threads and pools serves all runs.
 *
 * <p>Threading: confined.
 */
final class FaultBench implements AutoCloseable {

  private static final Path DIRECTORY = Path.of("/data/engine");
  private static final Path SNAPSHOT = Path.of("/data/snapshot");
  private static final EngineOptions OPTIONS =
      EngineOptions.DEFAULTS.withMemtableBytes(64 << 10).withBlockBytes(1 << 10);

  /** Retries of a full disk come quickly, or a loop of thousands would take minutes. */
  private static final long TICK_MILLIS = 5;

  /** What became of a run. */
  enum Outcome {
    /** The fault did not fire: the run has fewer operations. */
    NO_FAULT,
    /** All is there and right. */
    HARMLESS,
    /** The engine does not open or read: it says that a file is damaged. */
    DETECTED
  }

  private final ReplaceableFileSystem disks =
      new ReplaceableFileSystem(new CrashFileSystem(Order.ORDERED));
  private final EngineResources resources =
      EngineResources.create(disks, 8 << 20, 64 << 10, 1, TICK_MILLIS);

  /**
   * Lets the {@code n}-th operation go wrong. Wrong content shown at any time, and a failure that
   * was not told the caller as an IOException, is an error.
   */
  Outcome run(Fault fault, int n, long seed) throws Exception {
    CrashFileSystem disk = new CrashFileSystem(Order.ORDERED);
    FaultFileSystem faulty = new FaultFileSystem(disk, seed + n);
    faulty.arm(FaultRule.nth(n, fault, operations(fault)));
    EngineLog log = new EngineLog(seed, 20, 3_000);
    AtomicLong acknowledged = new AtomicLong();
    disks.use(faulty);
    EngineOptions options = OPTIONS.withScheme(RandomOptions.scheme(new SplittableRandom(seed)));
    workload(options, log, acknowledged);
    boolean fired = faulty.faultsFired() > 0;
    faulty.disarm();
    assertThat(disk.openHandles()).as("open files").isZero();
    disks.use(disk);
    IOException damage = recover(disk, options, log, acknowledged.get());
    if (!fired) {
      assertThat(damage).isNull();
      return Outcome.NO_FAULT;
    }
    return damage == null ? Outcome.HARMLESS : Outcome.DETECTED;
  }

  private static Set<Operation> operations(Fault fault) {
    return switch (fault) {
      case BIT_FLIP, MISDIRECTED_READ -> Set.of(Operation.READ);
      case LOST_WRITE, MISDIRECTED_WRITE -> Set.of(Operation.WRITE);
      case IO_ERROR, NO_SPACE, SHORT_WRITE, SHORT_WRITE_NO_SPACE, LOSE_PAGES ->
          EnumSet.allOf(Operation.class);
    };
  }

  /** Opens, compares, replays, compares, flushes; returns the damage that was told, if any. */
  private @Nullable IOException recover(
      CrashFileSystem disk, EngineOptions options, EngineLog log, long acknowledged)
      throws Exception {
    try (Engine engine = Engine.open(DIRECTORY, options, resources)) {
      log.assertRecovered(engine);
      assertThat(engine.durableState().position().index()).isBetween(acknowledged, log.lastIndex());
      log.replayAndCheck(engine, log.lastIndex());
      engine.flush().get();
    } catch (IOException e) {
      return requireDamage(e);
    } catch (ExecutionException e) {
      return requireDamage(e.getCause());
    }
    assertThat(EngineChecker.check(disk, DIRECTORY)).isEmpty();
    return null;
  }

  private static IOException requireDamage(Throwable e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof CorruptionException || cause instanceof UnsupportedFormatException) {
        return (IOException) cause;
      }
    }
    throw new AssertionError("a failure that names no damage", e);
  }

  /** Writes, flushes, merges, reopens and takes a snapshot until something fails. */
  private void workload(EngineOptions options, EngineLog log, AtomicLong acknowledged)
      throws Exception {
    for (int round = 0; round < 2; round++) {
      try (Engine engine = Engine.open(DIRECTORY, options, resources)) {
        log.replayAndCheck(engine, log.lastIndex());
        work(engine, log, round, acknowledged);
      } catch (IOException | ExecutionException e) {
        assertThat(e).isNotNull(); // Said to the caller, who tries once more.
      }
    }
  }

  private static void work(Engine engine, EngineLog log, int round, AtomicLong acknowledged)
      throws IOException, ExecutionException, InterruptedException {
    for (int i = 0; i < 3; i++) {
      for (int k = 0; k < 5; k++) {
        engine.apply(log.next());
      }
      acknowledged.set(engine.flush().get().position().index());
    }
    engine.compactAll().get();
    log.replayAndCheck(engine, log.lastIndex());
    engine.snapshot(SNAPSHOT.resolve("round" + round));
  }

  @Override
  public void close() {
    resources.close();
  }
}
