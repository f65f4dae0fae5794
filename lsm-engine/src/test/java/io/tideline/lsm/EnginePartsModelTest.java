package io.tideline.lsm;

import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.lsm.inspect.EngineChecker;
import io.tideline.lsm.testing.CrashFileSystem;
import io.tideline.lsm.testing.PartitionLog;
import io.tideline.lsm.testing.Seeds;
import io.tideline.lsm.testing.Workload;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Engines split and merged at random between appends, flushes, compactions and reopenings, against
 * one model that knows nothing of that.
 */
class EnginePartsModelTest {

  /** Model time of a dozen entries. */
  private static final long WINDOW_MILLIS = 700;

  private static final List<EngineOptions> OPTIONS =
      List.of(
          EngineOptions.DEFAULTS
              .withMemtableBytes(64 << 10)
              .withBlockBytes(1 << 10)
              .withRunsPerTier(2),
          EngineOptions.DEFAULTS.withMemtableBytes(64 << 10).withFilterBitsPerKey(2),
          EngineOptions.DEFAULTS,
          EngineOptions.DEFAULTS
              .withMemtableBytes(64 << 10)
              .withRunsPerTier(3)
              .withScheme(CompactionScheme.shortTtl(WINDOW_MILLIS)));

  private static final class Part {
    final Path directory;
    final KeyRange range;
    Engine engine;

    Part(Path directory, KeyRange range, Engine engine) {
      this.directory = directory;
      this.range = range;
      this.engine = engine;
    }
  }

  private final CrashFileSystem disk = new CrashFileSystem(CrashFileSystem.Order.ORDERED);

  /** In key order. */
  private final List<Part> parts = new ArrayList<>();

  private int directories;

  @Test
  void partsHoldWhatTheWholeWouldHold() throws Exception {
    long seed = Seeds.seedOr(1122);
    for (int i = 0; i < OPTIONS.size(); i++) {
      runSeed(seed + i, OPTIONS.get(i), 160);
    }
  }

  @Tag("slow")
  @Test
  void partsHoldWhatTheWholeWouldHoldForLong() throws Exception {
    long seed = Seeds.seedOr(3344);
    for (int i = 0; i < (Seeds.isFullScale() ? 60 : 4); i++) {
      runSeed(seed + i, OPTIONS.get(i % OPTIONS.size()), 800);
    }
  }

  private void runSeed(long seed, EngineOptions options, int steps) throws Exception {
    try (EngineResources resources = EngineResources.create(disk, 64 << 20, 1 << 20, 1)) {
      try {
        run(resources, new PartitionLog(seed, 80, 3_000), options, seed, steps);
      } catch (Throwable e) {
        for (Part part : parts) {
          part.engine.close();
        }
        throw new AssertionError(Seeds.describe(seed) + ", options " + options, e);
      }
    }
    assertThat(disk.openHandles()).isZero();
  }

  private void run(
      EngineResources resources, PartitionLog log, EngineOptions options, long seed, int steps)
      throws Exception {
    SplittableRandom random = new SplittableRandom(seed);
    Path first = newDirectory();
    parts.add(new Part(first, KeyRange.ALL, Engine.open(first, options, resources)));
    for (int step = 0; step < steps; step++) {
      log.next();
      for (Part part : parts) {
        log.replay(part.engine, part.range);
      }
      int at = random.nextInt(parts.size());
      Part part = parts.get(at);
      switch (random.nextInt(24)) {
        case 0, 1 -> part.engine.flush().get();
        case 2 -> part.engine.compactAll().get();
        case 3 -> {
          part.engine.close();
          part.engine = Engine.open(part.directory, options, resources);
          log.replay(part.engine, part.range);
        }
        case 4, 5 -> split(log, at, random, options, resources);
        case 6 -> {
          if (at + 1 < parts.size()) {
            merge(log, at, options, resources);
          }
        }
        case 7 -> log.assertHolds(part.engine, part.range);
        default -> {}
      }
    }
    while (parts.size() > 1) {
      log.assertHolds(parts.get(1).engine, parts.get(1).range);
      merge(log, 0, options, resources);
    }
    Part whole = parts.getFirst();
    log.assertHolds(whole.engine, KeyRange.ALL);
    whole.engine.compactAll().get();
    log.assertHolds(whole.engine, KeyRange.ALL);
    parts.clear();
    closeAndRemove(whole);
  }

  private Path newDirectory() {
    return Path.of("/data/part" + directories++);
  }

  private void split(
      PartitionLog log,
      int at,
      SplittableRandom random,
      EngineOptions options,
      EngineResources resources)
      throws Exception {
    Part parent = parts.get(at);
    byte[] key =
        random.nextBoolean()
            ? parent.engine.suggestSplitKey().orElse(null)
            : Workload.key(random.nextInt(80));
    if (key == null || isEdge(parent.range, key) || parts.size() > 5) {
      return;
    }
    EnginePart left = log.part(newDirectory(), new KeyRange(parent.range.start(), key));
    EnginePart right = log.part(newDirectory(), new KeyRange(key, parent.range.end()));
    parent.engine.split(List.of(left, right), PartitionLog.COPIED_TABLES);
    log.assertHolds(parent.engine, parent.range);
    closeAndRemove(parent);
    parts.remove(at);
    parts.add(at, open(right, options, resources));
    parts.add(at, open(left, options, resources));
    log.assertHolds(parts.get(at).engine, left.range());
    log.assertHolds(parts.get(at + 1).engine, right.range());
  }

  private static boolean isEdge(KeyRange range, byte[] key) {
    return !range.contains(key) || (range.start() != null && Arrays.equals(range.start(), key));
  }

  private void merge(PartitionLog log, int at, EngineOptions options, EngineResources resources)
      throws Exception {
    Part left = parts.get(at);
    Part right = parts.get(at + 1);
    byte[] boundary = java.util.Objects.requireNonNull(right.range.start());
    KeyRange range = new KeyRange(left.range.start(), right.range.end());
    EnginePart target = log.part(newDirectory(), range);
    left.engine.merge(right.engine, boundary, target, PartitionLog.COPIED_TABLES);
    closeAndRemove(left);
    closeAndRemove(right);
    parts.subList(at, at + 2).clear();
    parts.add(at, open(target, options, resources));
    log.assertHolds(parts.get(at).engine, range);
  }

  private static Part open(EnginePart part, EngineOptions options, EngineResources resources)
      throws IOException {
    Engine engine = Engine.open(part.directory(), options, resources);
    assertThat(engine.durableState().position()).isEqualTo(part.position());
    return new Part(part.directory(), part.range(), engine);
  }

  /** What the owner does with an engine that others have taken over. */
  private void closeAndRemove(Part gone) throws Exception {
    gone.engine.flush().get();
    gone.engine.close();
    assertThat(EngineChecker.check(disk, gone.directory)).isEmpty();
    for (String name : disk.list(gone.directory)) {
      disk.delete(gone.directory.resolve(name));
    }
    disk.delete(gone.directory);
  }
}
