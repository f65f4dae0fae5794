package io.tideline.lsm.seeded;

import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A bug that can be planted into this process by {@code -Dtideline.seededBug=NAME}, for tests of
 * the tests only: refused unless assertions are enabled ({@code -ea}), which no production process
 * has. The choice is a constant, so compiled code carries nothing of the bugs that are not planted.
 */
public enum SeededBug {
  /** The names of new tables are not made durable before the manifest speaks of them. */
  TABLE_DIRECTORY_NOT_SYNCED,
  /** Of new directories only the last is made durable, not its parents. */
  PARENT_DIRECTORIES_NOT_SYNCED,
  /** An edit of the manifest is acknowledged before it is forced. */
  MANIFEST_EDIT_NOT_FORCED,
  /** The manifest says one log position more than the flushed content has. */
  POSITION_ONE_TOO_FAR,
  /** A batch is visible before its rows are. */
  PUBLISHED_BEFORE_WRITTEN,
  /** The upper bound of a virtual table counts as within it. */
  VIRTUAL_BOUND_INCLUSIVE,
  /** The filter of a table does not know its last key. */
  FILTER_LACKS_A_KEY,
  /** Layers are concatenated where their rows overlap. */
  OVERLAP_CONCATENATED,
  /** Trim marks of older layers are lost when heads are added up. */
  TRIM_LOST_IN_MERGE,
  /** A remembered head is used for a version it does not belong to. */
  HEAD_CACHE_STALE,
  /** A row expires in the very millisecond of the watermark, when it is still visible. */
  EXPIRY_INCLUSIVE,
  /** A timeline's head goes with the last of its rows. */
  HEADS_DROPPED_WITH_ROWS,
  /** A tombstone goes though an older run may have what it hides. */
  TOMBSTONE_DROPPED_EARLY,
  /** A merge takes the newest and the oldest of its runs and leaves out those between. */
  NON_NEIGHBOUR_INPUTS,
  /** A run's rows are dropped unread a time window before the last of them expires. */
  DROPPED_A_WINDOW_EARLY,
  /** A scan backwards leaves out the last row of the block it moves to. */
  BACKWARD_SKIPS_A_ROW,
  /** A block is given back while a cursor stands on it. */
  BLOCK_UNPINNED_EARLY,
  /** Damaged blocks are decoded. */
  BLOCK_CHECKSUM_IGNORED;

  private static final String PROPERTY = "tideline.seededBug";

  private static final @Nullable SeededBug PLANTED = planted();

  private static @Nullable SeededBug planted() {
    String name = System.getProperty(PROPERTY);
    if (name == null) {
      return null;
    }
    if (!SeededBug.class.desiredAssertionStatus()) {
      throw new IllegalStateException(
          "-D"
              + PROPERTY
              + "="
              + name
              + " plants a bug and is for tests only; remove it (it needs -ea, which production has"
              + " not)");
    }
    for (SeededBug bug : values()) {
      if (bug.name().equals(name.toUpperCase(Locale.ROOT))) {
        return bug;
      }
    }
    throw new IllegalStateException(
        "-D" + PROPERTY + "=" + name + " is unknown; known are " + Arrays.toString(values()));
  }

  /** Whether this process has this bug. */
  public boolean isPlanted() {
    return this == PLANTED;
  }
}
