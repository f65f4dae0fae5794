package io.tideline.lsm;

import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.lsm.inspect.EngineChecker;
import io.tideline.lsm.testing.CrashFileSystem;
import io.tideline.lsm.testing.ModelCheck;
import io.tideline.lsm.testing.ModelStore;
import io.tideline.lsm.testing.RandomOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * One of several engines that are given the same batches and asked the same questions: it has
 * options, cache and memory of its own, and moments of its own at which it is flushed, merged,
 * copied, looked at and reopened. None of that may be seen in its answers.
 */
final class ModelledEngine {

  private static final Path DIRECTORY = Path.of("/engine");

  /** From "keeps nothing" over "keeps a block or two" to "keeps all". */
  private static final List<Long> CACHE_BYTES = List.of(0L, 4L << 10, 64L << 10, 4L << 20);

  private static final long POOL_BYTES_MIN = 4L << 20;

  /** A view and what it must show for as long as it is open. */
  private record Held(ReadView view, ModelStore model) {}

  private final SplittableRandom random;
  private final CrashFileSystem disk = new CrashFileSystem(CrashFileSystem.Order.ORDERED);
  private final EngineOptions options;
  private final EngineResources resources;
  private final long cacheBytes;
  private final List<Held> held = new ArrayList<>();
  private Engine engine;
  private int snapshots;

  ModelledEngine(long seed) throws Exception {
    random = new SplittableRandom(seed);
    options = RandomOptions.draw(random);
    cacheBytes = CACHE_BYTES.get(random.nextInt(CACHE_BYTES.size()));
    long poolBytes = POOL_BYTES_MIN << random.nextInt(3);
    resources = EngineResources.create(disk, poolBytes, cacheBytes, 1 + random.nextInt(2));
    engine = Engine.open(DIRECTORY, options, resources);
  }

  void apply(WriteBatch batch) throws Exception {
    engine.apply(batch);
  }

  /** Does, or mostly does not do, something that must not be seen. */
  void disturb(ModelStore model, List<WriteBatch> log) throws Exception {
    switch (random.nextInt(60)) {
      case 0, 1 -> engine.flush().get();
      case 2 -> engine.flush();
      case 3 -> engine.compactAll().get();
      case 4 -> engine.compactAll();
      case 5, 6 -> held.add(new Held(engine.view(), model.copy()));
      case 7, 8 -> checkOldestView();
      case 9 -> checkSnapshot(model);
      case 10 -> reopen(log);
      case 11 -> engine.awaitQuiescence();
      case 12 -> checkAll(model);
      default -> {}
    }
  }

  private void checkOldestView() throws Exception {
    if (!held.isEmpty()) {
      Held oldest = held.removeFirst();
      try (ReadView view = oldest.view()) {
        ModelCheck.assertSame(view, oldest.model());
      }
    }
  }

  private void checkSnapshot(ModelStore model) throws Exception {
    Path directory = Path.of("/snapshots/" + ++snapshots);
    engine.flush().get();
    assertThat(engine.snapshot(directory).state()).isEqualTo(model.state());
    try (Engine copy = Engine.open(directory, options, resources);
        ReadView view = copy.view()) {
      ModelCheck.assertSame(view, model);
    }
    assertThat(EngineChecker.check(disk, directory)).isEmpty();
  }

  private void reopen(List<WriteBatch> log) throws Exception {
    while (!held.isEmpty()) {
      checkOldestView();
    }
    engine.close();
    assertThat(EngineChecker.check(disk, DIRECTORY)).isEmpty();
    engine = Engine.open(DIRECTORY, options, resources);
    long from = engine.durableState().position().index();
    for (WriteBatch batch : log) {
      if (batch.position().index() > from) {
        engine.apply(batch);
      }
    }
  }

  /** Fails unless the engine answers the question as the model does. */
  void ask(ModelQuery query, ModelStore model) throws Exception {
    try (ReadView view = engine.view()) {
      query.assertSameAnswer(view, model);
    }
  }

  private void checkAll(ModelStore model) throws Exception {
    try (ReadView view = engine.view()) {
      ModelCheck.assertSame(view, model);
    }
  }

  /** The last comparison: after everything was flushed and merged into one run. */
  void finish(ModelStore model) throws Exception {
    while (!held.isEmpty()) {
      checkOldestView();
    }
    checkAll(model);
    engine.flush().get();
    engine.compactAll().get();
    checkAll(model);
    engine.close();
    assertThat(EngineChecker.check(disk, DIRECTORY)).isEmpty();
    assertThat(disk.openHandles()).isZero();
    resources.close();
  }

  @Override
  public String toString() {
    return options + ", cacheBytes=" + cacheBytes;
  }
}
