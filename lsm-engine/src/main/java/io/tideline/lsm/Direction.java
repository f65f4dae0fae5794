package io.tideline.lsm;

/** Order in which a {@link RowCursor} visits a timeline. */
public enum Direction {
  /** Ascending sequence ids. */
  FORWARD,
  /** Descending sequence ids. */
  BACKWARD
}
