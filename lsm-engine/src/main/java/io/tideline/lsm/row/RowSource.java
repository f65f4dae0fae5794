package io.tideline.lsm.row;

import java.io.IOException;

/**
 * The rows of one key in one layer, at most one for each sequence id, tombstones included.
 *
 * <p>New sources are not positioned. Threading: confined. Lifetime: closed before the view or job
 * it came from; accessors need {@link #isValid}.
 */
public interface RowSource extends AutoCloseable {

  /** Moves to the first row with an id at or above {@code sequenceId}. */
  boolean seekGE(long sequenceId) throws IOException;

  /** Moves to the last row with an id below {@code sequenceId}. */
  boolean seekLT(long sequenceId) throws IOException;

  /** Moves to the next higher id; only after {@link #seekGE}. */
  boolean next() throws IOException;

  /** Moves to the next lower id; only after {@link #seekLT}. */
  boolean prev() throws IOException;

  /**
   * Moves on over rows that are appends older than {@code timestampMillis}, as far as that can be
   * done without looking at each; may stop early, never skips another row. Only after {@link
   * #seekGE}.
   */
  default boolean skipOlder(long timestampMillis) throws IOException {
    return isValid();
  }

  /**
   * Whether the row with the largest id below {@code sequenceId} is an append. Only right after
   * {@link #seekGE} of that id; the position stays.
   */
  default boolean followsAppend(long sequenceId) throws IOException {
    boolean append = seekLT(sequenceId) && RowType.type(meta()) == RowType.APPEND;
    seekGE(sequenceId);
    return append;
  }

  boolean isValid();

  long sequenceId();

  long timestampMillis();

  /** Type and kind, see {@link RowType}. */
  int meta();

  int valueSize();

  void copyValue(byte[] dst, int offset);

  @Override
  void close();
}
