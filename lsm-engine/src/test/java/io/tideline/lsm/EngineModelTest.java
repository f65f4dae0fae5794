package io.tideline.lsm;

import io.tideline.lsm.testing.ModelStore;
import io.tideline.lsm.testing.Seeds;
import io.tideline.lsm.testing.Workload;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Several engines beside each other and against sorted maps: the same batches and questions, under
 * options and at moments of flush, merge and reopening that are drawn for each ({@link
 * ModelledEngine}), give the same answers.
 */
class EngineModelTest {

  private static final int ENGINES = 3;

  /** A third of all operations go to three of them; the others have a few rows each. */
  private static final int TIMELINES = 60;

  private static final int VALUE_BYTES_MAX = 12_000;

  @Test
  void sameBatchesSameAnswersUnderAnyOptions() throws Exception {
    long seed = Seeds.seedOr(20261122);
    for (int i = 0; i < 2; i++) {
      run(seed + i, 300);
    }
  }

  @Tag("slow")
  @Test
  void sameBatchesSameAnswersUnderManyOptions() throws Exception {
    long seed = Seeds.seedOr(77);
    int rounds = Seeds.isFullScale() ? 1_000 : 10;
    for (int i = 0; i < rounds; i++) {
      run(seed + i, 600);
    }
  }

  private static void run(long seed, int steps) throws Exception {
    SplittableRandom random = new SplittableRandom(seed);
    ModelStore model = new ModelStore();
    Workload workload = new Workload(seed, model, TIMELINES, VALUE_BYTES_MAX);
    List<WriteBatch> log = new ArrayList<>();
    List<ModelledEngine> engines = new ArrayList<>();
    try {
      for (int i = 0; i < ENGINES; i++) {
        engines.add(new ModelledEngine(random.nextLong()));
      }
      for (int step = 0; step < steps; step++) {
        WriteBatch batch = workload.next();
        log.add(batch);
        ModelQuery query = ModelQuery.draw(random, model, TIMELINES);
        for (ModelledEngine engine : engines) {
          engine.apply(batch);
          engine.disturb(model, log);
          engine.ask(query, model);
        }
      }
      for (ModelledEngine engine : engines) {
        engine.finish(model);
      }
    } catch (Throwable e) {
      throw new AssertionError(
          Seeds.describe(seed) + ", after entry " + log.size() + ", engines " + engines, e);
    }
  }
}
