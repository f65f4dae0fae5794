package io.tideline.lsm;

import io.tideline.lsm.testing.CrashFileSystem;
import io.tideline.lsm.testing.EngineLog;
import io.tideline.lsm.testing.RandomOptions;
import io.tideline.lsm.testing.Seeds;
import java.nio.file.Path;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One run of an engine under options drawn from the seed, with the power cut at every sync point
 * and at some of the other changes of the disk; then the recovery from each of these cuts.
 */
final class CrashRun {

  static final Path DIRECTORY = Path.of("/data/engine");
  private static final Path SNAPSHOTS = Path.of("/data/snapshots");

  /** Few and small, so that a recovery takes a millisecond and there can be many. */
  private static final int TIMELINES = 12;

  private static final int VALUE_BYTES_MAX = 3_000;

  /** One in so many changes of the disk is a crash point besides the sync points. */
  private static final int CHANGES_PER_CUT = 4;

  /** A snapshot that was reported done, and the position it has. */
  record Snapshot(Path directory, long index) {}

  /**
   * A disk after a power cut.
   *
   * @param acknowledged position that was reported durable before
   * @param applied at least the last entry applied before
   * @param snapshots those reported done before
   */
  record Cut(
      String when,
      CrashFileSystem disk,
      long acknowledged,
      long applied,
      List<Snapshot> snapshots) {}

  private final CrashFileSystem.Order order;
  private final long seed;
  private final int entries;
  private final SplittableRandom random;

  /** Of the hooks, which run on the threads of the engine. */
  private final SplittableRandom hookRandom;

  private final EngineOptions options;
  private final EngineLog log;
  private final Queue<Cut> cuts = new ConcurrentLinkedQueue<>();
  private final AtomicLong acknowledged = new AtomicLong();
  private final AtomicLong applied = new AtomicLong();
  private final List<Snapshot> snapshots = new CopyOnWriteArrayList<>();

  CrashRun(CrashFileSystem.Order order, long seed, int entries) {
    this.order = order;
    this.seed = seed;
    this.entries = entries;
    random = new SplittableRandom(seed);
    hookRandom = random.split();
    options = RandomOptions.draw(random);
    log = new EngineLog(seed, TIMELINES, VALUE_BYTES_MAX);
  }

  /**
   * Runs and checks the recovery from every cut; returns how many there were.
   *
   * @param honest false for a disk that ignores syncs, which must make this fail
   */
  int verify(CrashBench bench, boolean honest) throws Exception {
    CrashFileSystem disk = new CrashFileSystem(order);
    disk.ignoreSyncs(!honest, !honest);
    disk.onSyncPoint(
        number -> {
          cut(disk, "at sync point " + number, 0);
          cut(disk, "at sync point " + number, draw(1, 100));
          cut(disk, "at sync point " + number, 100);
        });
    disk.onChange(
        () -> {
          if (draw(0, CHANGES_PER_CUT) == 0) {
            cut(disk, "before a change of the disk", draw(1, 101));
          }
        });
    bench.use(disk);
    try (Engine engine = Engine.open(DIRECTORY, options, bench.resources())) {
      for (int i = 0; i < entries; i++) {
        engine.apply(log.next());
        applied.set(log.lastIndex());
        maintain(engine);
      }
    } catch (Throwable e) {
      throw failure("running", e);
    }
    disk.onSyncPoint(null);
    disk.onChange(null);
    log.next(); // Cuts may have seen one entry more than had been counted.
    int points = 0;
    for (Cut cut : cuts) {
      try {
        bench.recover(cut, options, log, random);
      } catch (Throwable e) {
        throw failure("crash " + cut.when + ", cut " + points, e);
      }
      points++;
    }
    return points;
  }

  private AssertionError failure(String when, Throwable cause) {
    return new AssertionError(
        Seeds.describe(seed) + ", " + order + ", " + options + ", " + when, cause);
  }

  private void maintain(Engine engine) throws Exception {
    switch (random.nextInt(16)) {
      case 0, 1 -> acknowledge(engine.flush().get());
      case 2 -> {
        // The next entries are applied beside it.
        CompletableFuture<Void> reported = engine.flush().thenAccept(this::acknowledge);
        if (random.nextInt(3) == 0) {
          reported.get();
        }
      }
      case 3 -> engine.compactAll().get();
      case 4 -> {
        if (snapshots.size() < 2) {
          Path directory = SNAPSHOTS.resolve("after" + log.lastIndex());
          long index = engine.snapshot(directory).state().position().index();
          snapshots.add(new Snapshot(directory, index));
        }
      }
      default -> {}
    }
  }

  private void acknowledge(EngineState state) {
    acknowledged.accumulateAndGet(state.position().index(), Math::max);
  }

  private synchronized int draw(int from, int to) {
    return hookRandom.nextInt(from, to);
  }

  private void cut(CrashFileSystem disk, String when, int keptPercent) {
    // In this order: what is known to be done must not be newer than the disk.
    long durable = acknowledged.get();
    List<Snapshot> done = List.copyOf(snapshots);
    CrashFileSystem clone = disk.crashClone(draw(0, Integer.MAX_VALUE), keptPercent);
    // An entry may be half way into the engine on another thread.
    long last = applied.get() + 1;
    cuts.add(new Cut(when + ", " + keptPercent + " % kept", clone, durable, last, done));
  }
}
