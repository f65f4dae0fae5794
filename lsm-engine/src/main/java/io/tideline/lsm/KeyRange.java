package io.tideline.lsm;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Timelines with keys in {@code [start, end)}, compared as unsigned bytes. Not copied: the arrays
 * must not change.
 *
 * @param start null for the first
 * @param end null for past the last
 */
public record KeyRange(byte @Nullable [] start, byte @Nullable [] end) {

  /** All timelines. */
  public static final KeyRange ALL = new KeyRange(null, null);

  public KeyRange {
    if (start != null && end != null && Arrays.compareUnsigned(start, end) >= 0) {
      throw new IllegalArgumentException("empty key range");
    }
  }

  /** Whether the key is in the range. */
  public boolean contains(byte[] key) {
    return (start == null || Arrays.compareUnsigned(start, key) <= 0)
        && (end == null || Arrays.compareUnsigned(key, end) < 0);
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof KeyRange other
        && Arrays.equals(start, other.start)
        && Arrays.equals(end, other.end);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(start) + Arrays.hashCode(end);
  }
}
