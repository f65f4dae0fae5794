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
  TABLE_DIRECTORY_NOT_SYNCED;

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
