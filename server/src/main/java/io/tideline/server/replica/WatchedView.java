package io.tideline.server.replica;

import io.tideline.lsm.CorruptionException;
import io.tideline.lsm.Direction;
import io.tideline.lsm.EngineState;
import io.tideline.lsm.ReadView;
import io.tideline.lsm.RecordCursor;
import io.tideline.lsm.RowCursor;
import io.tideline.lsm.TimelineCursor;
import io.tideline.lsm.TimelineHead;
import java.io.IOException;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A view that tells of damage met while reading, and passes it on to the reader.
 *
 * <p>Threading: as the view it wraps.
 */
final class WatchedView implements ReadView {

  private final ReadView view;
  private final Consumer<CorruptionException> damaged;

  /**
   * @param damaged told of every read that met damage, on the reader's thread
   */
  WatchedView(ReadView view, Consumer<CorruptionException> damaged) {
    this.view = view;
    this.damaged = damaged;
  }

  private interface Read<T> {
    T run() throws IOException;
  }

  private <T> T watch(Read<T> read) throws IOException {
    try {
      return read.run();
    } catch (CorruptionException e) {
      damaged.accept(e);
      throw e;
    }
  }

  @Override
  public EngineState state() {
    return view.state();
  }

  @Override
  public Optional<TimelineHead> head(byte[] timeline) throws IOException {
    return watch(() -> view.head(timeline));
  }

  @Override
  public Optional<Long> firstRetainedSequenceId(byte[] timeline) throws IOException {
    return watch(() -> view.firstRetainedSequenceId(timeline));
  }

  @Override
  public RowCursor scan(byte[] timeline, long low, long high, Direction direction)
      throws IOException {
    return new Rows(watch(() -> view.scan(timeline, low, high, direction)));
  }

  @Override
  public Optional<byte[]> record(int table, byte[] key) throws IOException {
    return watch(() -> view.record(table, key));
  }

  @Override
  public TimelineCursor timelines(byte @Nullable [] start, byte @Nullable [] end)
      throws IOException {
    return new Timelines(watch(() -> view.timelines(start, end)));
  }

  @Override
  public RecordCursor records(int table, byte @Nullable [] start, byte @Nullable [] end)
      throws IOException {
    return new Records(watch(() -> view.records(table, start, end)));
  }

  @Override
  public void close() {
    view.close();
  }

  private final class Rows implements RowCursor {
    private final RowCursor rows;

    Rows(RowCursor rows) {
      this.rows = rows;
    }

    @Override
    public boolean next() throws IOException {
      // As watch() does, without an object for each row.
      try {
        return rows.next();
      } catch (CorruptionException e) {
        damaged.accept(e);
        throw e;
      }
    }

    @Override
    public long sequenceId() {
      return rows.sequenceId();
    }

    @Override
    public long timestampMillis() {
      return rows.timestampMillis();
    }

    @Override
    public int kind() {
      return rows.kind();
    }

    @Override
    public int valueSize() {
      return rows.valueSize();
    }

    @Override
    public void copyValue(byte[] dst, int offset) {
      rows.copyValue(dst, offset);
    }

    @Override
    public byte[] value() {
      return rows.value();
    }

    @Override
    public void close() {
      rows.close();
    }
  }

  private final class Timelines implements TimelineCursor {
    private final TimelineCursor timelines;

    Timelines(TimelineCursor timelines) {
      this.timelines = timelines;
    }

    @Override
    public boolean next() throws IOException {
      return watch(timelines::next);
    }

    @Override
    public byte[] key() {
      return timelines.key();
    }

    @Override
    public TimelineHead head() {
      return timelines.head();
    }

    @Override
    public void close() {
      timelines.close();
    }
  }

  private final class Records implements RecordCursor {
    private final RecordCursor records;

    Records(RecordCursor records) {
      this.records = records;
    }

    @Override
    public boolean next() throws IOException {
      return watch(records::next);
    }

    @Override
    public byte[] key() {
      return records.key();
    }

    @Override
    public byte[] value() {
      return records.value();
    }

    @Override
    public long expiresAtMillis() {
      return records.expiresAtMillis();
    }

    @Override
    public void close() {
      records.close();
    }
  }
}
