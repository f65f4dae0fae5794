package io.tideline.lsm.row;

import io.tideline.lsm.TimelineHead;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The groups of one layer in ascending order of internal keys.
 *
 * <p>Threading and lifetime as {@link RowSource}.
 */
public interface GroupSource extends AutoCloseable {

  /** Moves to the first group at or after {@code key}; null for the very first. */
  boolean seek(byte @Nullable [] key) throws IOException;

  /** Moves to the next group. */
  boolean next() throws IOException;

  boolean isValid();

  /** The internal key; not to be changed, valid after the next move too. */
  byte[] key();

  /** This layer's share of the head ({@link Heads}), {@link Heads#NONE} for records. */
  TimelineHead head();

  /** The rows of the present group, positioned on its first row; valid until the next move. */
  RowSource rows() throws IOException;

  @Override
  void close();
}
