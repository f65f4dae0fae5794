package io.tideline.lsm;

import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.lsm.EngineOptions.Compression;
import io.tideline.lsm.inspect.EngineChecker;
import io.tideline.lsm.testing.CrashFileSystem;
import io.tideline.lsm.testing.ModelCheck;
import io.tideline.lsm.testing.ModelStore;
import io.tideline.lsm.testing.Seeds;
import io.tideline.lsm.testing.Workload;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The engine against sorted maps: random operations under several settings. */
class EngineModelTest {

  private static final Path DIRECTORY = Path.of("/engine");

  private static final List<EngineOptions> OPTIONS =
      List.of(
          EngineOptions.DEFAULTS
              .withMemtableBytes(64 << 10)
              .withBlockBytes(1 << 10)
              .withRunsPerTier(2),
          EngineOptions.DEFAULTS
              .withMemtableBytes(64 << 10)
              .withCompression(Compression.NONE)
              .withRunsPerTier(4),
          EngineOptions.DEFAULTS
              .withMemtableBytes(96 << 10)
              .withBlockBytes(2 << 10)
              .withCompression(Compression.ZSTD)
              .withFilterBitsPerKey(1),
          EngineOptions.DEFAULTS);

  @Test
  void showsWhatSortedMapsShow() throws Exception {
    long seed = Seeds.seedOr(20261122);
    for (int i = 0; i < OPTIONS.size(); i++) {
      try {
        run(seed + i, OPTIONS.get(i), 250);
      } catch (Throwable e) {
        throw new AssertionError(Seeds.describe(seed) + ", options " + OPTIONS.get(i), e);
      }
    }
  }

  @Tag("slow")
  @Test
  void showsWhatSortedMapsShowForLong() throws Exception {
    long seed = Seeds.seedOr(77);
    int rounds = Seeds.isFullScale() ? 100 : 5;
    for (int i = 0; i < rounds; i++) {
      EngineOptions options = OPTIONS.get(i % OPTIONS.size());
      try {
        run(seed + i, options, 1_500);
      } catch (Throwable e) {
        throw new AssertionError(Seeds.describe(seed + i) + ", options " + options, e);
      }
    }
  }

  private record Held(ReadView view, ModelStore model) {}

  private static void run(long seed, EngineOptions options, int steps) throws Exception {
    SplittableRandom random = new SplittableRandom(seed);
    CrashFileSystem disk = new CrashFileSystem(CrashFileSystem.Order.ORDERED);
    ModelStore model = new ModelStore();
    Workload workload = new Workload(seed, model, 120, 20_000);
    List<WriteBatch> log = new ArrayList<>();
    try (EngineResources resources = EngineResources.create(disk, 32 << 20, 64 << 10, 1)) {
      Engine engine = Engine.open(DIRECTORY, options, resources);
      List<Held> held = new ArrayList<>();
      for (int step = 0; step < steps; step++) {
        WriteBatch batch = workload.next();
        log.add(batch);
        engine.apply(batch);
        switch (random.nextInt(40)) {
          case 0 -> engine.flush().get();
          case 1 -> engine.compactAll().get();
          case 2 -> held.add(new Held(engine.view(), model.copy()));
          case 3 -> checkOldest(held);
          case 4 -> {
            try (ReadView view = engine.view()) {
              ModelCheck.assertSame(view, model);
            }
          }
          case 5 -> {
            closeAll(held);
            engine.close();
            engine = Engine.open(DIRECTORY, options, resources);
            replay(engine, log);
          }
          default -> {}
        }
      }
      closeAll(held);
      engine.flush().get();
      engine.compactAll().get();
      try (ReadView view = engine.view()) {
        ModelCheck.assertSame(view, model);
      }
      engine.close();
    }
    assertThat(EngineChecker.check(disk, DIRECTORY)).isEmpty();
    assertThat(disk.openHandles()).isZero();
  }

  private static void checkOldest(List<Held> held) throws Exception {
    if (!held.isEmpty()) {
      Held oldest = held.removeFirst();
      try (ReadView view = oldest.view()) {
        ModelCheck.assertSame(view, oldest.model());
      }
    }
  }

  private static void closeAll(List<Held> held) throws Exception {
    while (!held.isEmpty()) {
      checkOldest(held);
    }
  }

  private static void replay(Engine engine, List<WriteBatch> log) throws Exception {
    long from = engine.durableState().position().index();
    for (WriteBatch batch : log) {
      if (batch.position().index() > from) {
        engine.apply(batch);
      }
    }
  }
}
