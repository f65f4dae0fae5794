package io.tideline.lsm;

import java.io.IOException;

/**
 * Walks timelines in ascending key order, those without a visible row included (their heads
 * remain).
 *
 * <p>Threading and lifetime as {@link RowCursor}.
 */
public interface TimelineCursor extends AutoCloseable {

  /** Moves to the next timeline; false at the end. */
  boolean next() throws IOException;

  /** A copy of the key. */
  byte[] key();

  TimelineHead head();

  @Override
  void close();
}
