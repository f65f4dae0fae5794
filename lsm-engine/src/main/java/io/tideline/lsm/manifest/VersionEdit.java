package io.tideline.lsm.manifest;

import io.tideline.lsm.EngineState;
import io.tideline.lsm.LogPosition;
import io.tideline.lsm.file.Encoder;
import io.tideline.lsm.seeded.SeededBug;
import io.tideline.lsm.table.TableMeta;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * One atomic change of what an engine consists of.
 *
 * @param state what the content corresponds to after the change
 * @param nextFileId smallest file id not yet given out
 * @param nextGeneration smallest generation not yet flushed
 * @param removed runs that go
 * @param added runs that come
 */
public record VersionEdit(
    EngineState state,
    long nextFileId,
    long nextGeneration,
    List<Generations> removed,
    List<RunMeta> added) {

  /** Names a run. */
  public record Generations(long min, long max) {}

  public VersionEdit {
    removed = List.copyOf(removed);
    added = List.copyOf(added);
  }

  void encodeTo(Encoder out) {
    long index = state.position().index();
    out.putLong(SeededBug.POSITION_ONE_TOO_FAR.isPlanted() ? index + 1 : index);
    out.putLong(state.position().term());
    out.putLong(state.timeMillis()).putLong(state.expireBeforeMillis());
    out.putSized(state.configuration());
    out.putLong(nextFileId).putLong(nextGeneration);
    out.putInt(removed.size());
    for (Generations run : removed) {
      out.putLong(run.min).putLong(run.max);
    }
    out.putInt(added.size());
    for (RunMeta run : added) {
      out.putLong(run.minGeneration()).putLong(run.maxGeneration());
      out.putInt(run.tables().size());
      run.tables().forEach(table -> table.encodeTo(out));
    }
  }

  /**
   * Reads what {@link #encodeTo} wrote.
   *
   * @throws BufferUnderflowException if the bytes end early
   * @throws IllegalArgumentException if a value is impossible
   */
  static VersionEdit decodeFrom(ByteBuffer in) {
    LogPosition position = new LogPosition(in.getLong(), in.getLong());
    long time = in.getLong();
    long expireBefore = in.getLong();
    byte[] configuration = new byte[count(in, 1)];
    in.get(configuration);
    EngineState state = new EngineState(position, configuration, time, expireBefore);
    final long nextFileId = in.getLong();
    final long nextGeneration = in.getLong();
    List<Generations> removed = new ArrayList<>();
    for (int left = count(in, 16); left > 0; left--) {
      removed.add(new Generations(in.getLong(), in.getLong()));
    }
    List<RunMeta> added = new ArrayList<>();
    for (int left = count(in, 20); left > 0; left--) {
      added.add(decodeRun(in));
    }
    if (in.hasRemaining()) {
      throw new IllegalArgumentException(in.remaining() + " bytes after the edit");
    }
    return new VersionEdit(state, nextFileId, nextGeneration, removed, added);
  }

  private static RunMeta decodeRun(ByteBuffer in) {
    long min = in.getLong();
    long max = in.getLong();
    List<TableMeta> tables = new ArrayList<>();
    for (int left = count(in, 60); left > 0; left--) {
      tables.add(TableMeta.decodeFrom(in));
    }
    return new RunMeta(min, max, tables);
  }

  /** A count of things of at least {@code itemBytes} each, checked against what is left. */
  private static int count(ByteBuffer in, int itemBytes) {
    int count = in.getInt();
    if (count < 0 || (long) count * itemBytes > in.remaining()) {
      throw new BufferUnderflowException();
    }
    return count;
  }
}
