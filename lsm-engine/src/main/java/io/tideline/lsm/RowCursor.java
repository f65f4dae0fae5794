package io.tideline.lsm;

import java.io.IOException;

/**
 * Walks the visible rows of one timeline in one direction: neither deleted, trimmed nor expired
 * ones show, and of several versions of a row only the newest.
 *
 * <p>A new cursor stands before its first row. Values are valid until the next call of {@link
 * #next} or {@link #close}. Threading: confined to one thread at a time. Lifetime: must be closed,
 * before the {@link ReadView} it came from.
 */
public interface RowCursor extends AutoCloseable {

  /**
   * Moves to the next row.
   *
   * @return false at the end; the accessors must not be called then
   * @throws CorruptionException if the bytes of that row cannot be trusted
   */
  boolean next() throws IOException;

  long sequenceId();

  /** Milliseconds since the epoch, as given at the append. */
  long timestampMillis();

  /** The tag given at the append, 0 to {@link WriteBatch#KIND_MAX}. */
  int kind();

  int valueSize();

  /** Copies the value to {@code dst} at {@code offset}; {@link #valueSize} bytes. */
  void copyValue(byte[] dst, int offset);

  /** A fresh copy of the value. */
  default byte[] value() {
    byte[] copy = new byte[valueSize()];
    copyValue(copy, 0);
    return copy;
  }

  @Override
  void close();
}
