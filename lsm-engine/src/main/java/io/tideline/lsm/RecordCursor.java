package io.tideline.lsm;

import java.io.IOException;

/**
 * Walks the live records of one table in ascending key order.
 *
 * <p>Threading and lifetime as {@link RowCursor}.
 */
public interface RecordCursor extends AutoCloseable {

  /** Moves to the next record; false at the end. */
  boolean next() throws IOException;

  /** A copy of the key. */
  byte[] key();

  /** A copy of the value. */
  byte[] value();

  /** As given at the write, {@link WriteBatch#NEVER} if the record does not expire. */
  long expiresAtMillis();

  @Override
  void close();
}
