package io.tideline.lsm;

import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One frozen state of the engine: later batches do not show. Cheap to make and to close; holds
 * files and memory until closed, so close it soon.
 *
 * <p>Threading: safe for many threads; cursors are not.
 */
public interface ReadView extends AutoCloseable {

  /** The state this view shows. */
  EngineState state();

  /** The head of a timeline, empty if it never had a row. */
  Optional<TimelineHead> head(byte[] timeline) throws IOException;

  /**
   * Smallest id that is still readable, or {@code lastSequenceId + 1} if no row is, or empty if the
   * timeline never had a row.
   */
  Optional<Long> firstRetainedSequenceId(byte[] timeline) throws IOException;

  /**
   * Rows of one timeline with ids in {@code [low, high)}.
   *
   * @param low {@link Long#MIN_VALUE} for "from the first"
   * @param high {@link Long#MAX_VALUE} for "to the last"; an empty range gives an empty cursor
   */
  RowCursor scan(byte[] timeline, long low, long high, Direction direction) throws IOException;

  /** The value of a record, empty if absent, deleted or expired. */
  Optional<byte[]> record(int table, byte[] key) throws IOException;

  /**
   * Timelines with keys in {@code [start, end)}.
   *
   * @param start null for the first
   * @param end null for past the last
   */
  TimelineCursor timelines(byte @Nullable [] start, byte @Nullable [] end) throws IOException;

  /** Records of a table with keys in {@code [start, end)}; null bounds as in {@link #timelines}. */
  RecordCursor records(int table, byte @Nullable [] start, byte @Nullable [] end)
      throws IOException;

  @Override
  void close();
}
