package io.tideline.lsm;

/**
 * A place in the caller's replicated log.
 *
 * @param index log index, from 1; 0 means "before the first entry"
 * @param term term of that entry, 0 only together with index 0
 */
public record LogPosition(long index, long term) {

  /** Before the first log entry: the position of a new, empty engine. */
  public static final LogPosition START = new LogPosition(0, 0);

  public LogPosition {
    if (index < 0 || term < 0) {
      throw new IllegalArgumentException("negative log position: index=" + index + " term=" + term);
    }
  }
}
