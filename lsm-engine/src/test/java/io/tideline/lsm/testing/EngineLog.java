package io.tideline.lsm.testing;

import io.tideline.lsm.Engine;
import io.tideline.lsm.ReadView;
import io.tideline.lsm.WriteBatch;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A replicated log as an engine's owner would have it: every batch drawn from a {@link Workload},
 * and the model after each, to compare recovered engines with.
 */
public final class EngineLog {

  private final ModelStore model = new ModelStore();
  private final Workload workload;
  private final List<WriteBatch> batches = new ArrayList<>();
  private final List<ModelStore> models = new ArrayList<>();

  public EngineLog(long seed, int timelines, int valueBytesMax) {
    workload = new Workload(seed, model, timelines, valueBytesMax);
    models.add(model.copy());
  }

  /** Draws the next entry. */
  public WriteBatch next() {
    WriteBatch batch = workload.next();
    batches.add(batch);
    models.add(model.copy());
    return batch;
  }

  public long lastIndex() {
    return batches.size();
  }

  /** The entry at an index, from 1. */
  public WriteBatch batch(long index) {
    return batches.get((int) index - 1);
  }

  /** Index 0 is before the first entry. */
  public ModelStore modelAt(long index) {
    return models.get((int) index);
  }

  /** Fails unless the engine shows exactly what it says is durable; for one just opened. */
  public void assertRecovered(Engine engine) throws IOException {
    try (ReadView view = engine.view()) {
      ModelCheck.assertSame(view, modelAt(engine.durableState().position().index()));
    }
  }

  /**
   * Applies the entries the engine lacks, up to {@code last}, and fails unless it then shows them.
   */
  public void replayAndCheck(Engine engine, long last) throws IOException {
    for (long i = engine.appliedState().position().index() + 1; i <= last; i++) {
      engine.apply(batches.get((int) i - 1));
    }
    try (ReadView view = engine.view()) {
      ModelCheck.assertSame(view, modelAt(last));
    }
  }
}
