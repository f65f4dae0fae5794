package io.tideline.lsm.row;

import java.io.IOException;
import java.lang.foreign.MemorySegment;

/** Takes the rows of a plain group ({@link GroupSource#plainBytes}) in ascending order of ids. */
public interface RowSink {

  /**
   * Takes an appended row.
   *
   * @param meta see {@link RowType}
   * @param from what the value is copied from, at {@code offset}; not kept
   */
  void append(long id, long millis, int meta, MemorySegment from, long offset, int length)
      throws IOException;
}
