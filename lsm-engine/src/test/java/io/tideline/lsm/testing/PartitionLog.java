package io.tideline.lsm.testing;

import io.tideline.lsm.Engine;
import io.tideline.lsm.EnginePart;
import io.tideline.lsm.KeyRange;
import io.tideline.lsm.LogPosition;
import io.tideline.lsm.ReadView;
import io.tideline.lsm.WriteBatch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * One log for a key space that is cut into parts and put together again. Every part applies all
 * entries, each with only the operations on its keys, so a part always holds what the model of the
 * whole holds in its range.
 */
public final class PartitionLog {

  /** Records that every part has. */
  public static final Set<Integer> COPIED_TABLES = Set.of(2);

  private final ModelStore model = new ModelStore();
  private final Workload workload;
  private final List<WriteBatch> batches = new ArrayList<>();

  public PartitionLog(long seed, int timelines, int valueBytesMax) {
    workload = new Workload(seed, model, timelines, valueBytesMax);
  }

  /** Draws the next entry. */
  public void next() {
    batches.add(workload.next());
  }

  public LogPosition last() {
    return batches.isEmpty() ? LogPosition.START : batches.getLast().position();
  }

  /** Applies to a part what it lacks. */
  public void replay(Engine engine, KeyRange range) throws IOException {
    replay(engine, range, last().index());
  }

  /** Applies to a part what it lacks, up to an entry. */
  public void replay(Engine engine, KeyRange range, long lastIndex) throws IOException {
    for (WriteBatch batch : batches) {
      long index = batch.position().index();
      if (index > engine.appliedState().position().index() && index <= lastIndex) {
        engine.apply(within(batch, range));
      }
    }
  }

  /** What becomes of the keys of {@code range} now. */
  public EnginePart part(Path directory, KeyRange range) {
    return new EnginePart(directory, range, last(), model.state().configuration());
  }

  /** What a part holds that has applied everything. */
  public ModelStore model(KeyRange range) {
    return model.part(range, COPIED_TABLES, last(), model.state().configuration());
  }

  /** Fails unless the engine, which has applied everything, shows what its range holds. */
  public void assertHolds(Engine engine, KeyRange range) throws IOException {
    try (ReadView view = engine.view()) {
      ModelCheck.assertSame(view, model(range));
    }
  }

  private static WriteBatch within(WriteBatch batch, KeyRange range) {
    WriteBatch part = new WriteBatch().clear(batch.position());
    for (WriteBatch.Op op : batch.ops()) {
      boolean mine =
          switch (op) {
            case WriteBatch.Op.Append o -> range.contains(o.timeline());
            case WriteBatch.Op.Put o -> range.contains(o.timeline());
            case WriteBatch.Op.Delete o -> range.contains(o.timeline());
            case WriteBatch.Op.Trim o -> range.contains(o.timeline());
            case WriteBatch.Op.DeleteTimeline o -> range.contains(o.timeline());
            case WriteBatch.Op.PutRecord o ->
                COPIED_TABLES.contains(o.table()) || range.contains(o.key());
            case WriteBatch.Op.DeleteRecord o ->
                COPIED_TABLES.contains(o.table()) || range.contains(o.key());
          };
      if (mine) {
        Workload.copy(op, part);
      }
    }
    part.time(batch.timeMillis()).expireBefore(batch.expireBeforeMillis());
    byte[] configuration = batch.configuration();
    return configuration == null ? part : part.configuration(configuration);
  }
}
