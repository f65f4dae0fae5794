package io.tideline.lsm.row;

import io.tideline.lsm.seeded.SeededBug;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A set of internal keys as disjoint half-open ranges in ascending order. Immutable.
 *
 * <p>Example: a table holds records {@code 01 61}, {@code 01 7a} and timelines {@code 10 61},
 * {@code 10 7a}. The left part of a split at {@code m} sees it through {@code [01, 01 6d) [10, 10
 * 6d)}.
 *
 * @param list never empty; neighbours do not touch
 */
public record KeyRanges(List<Range> list) {

  /** Keys from {@code low} up to but not including {@code high}, compared as unsigned bytes. */
  public record Range(byte[] low, byte[] high) {

    public Range {
      if (Arrays.compareUnsigned(low, high) >= 0) {
        throw new IllegalArgumentException("empty key range");
      }
    }

    boolean contains(byte[] key) {
      return Arrays.compareUnsigned(low, key) <= 0 && !isAtOrBefore(high, key);
    }

    @Override
    public boolean equals(Object o) {
      return o instanceof Range other
          && Arrays.equals(low, other.low)
          && Arrays.equals(high, other.high);
    }

    @Override
    public int hashCode() {
      return 31 * Arrays.hashCode(low) + Arrays.hashCode(high);
    }
  }

  /** Every internal key there can be. */
  public static final KeyRanges ALL =
      new KeyRanges(
          List.of(new Range(new byte[] {0}, InternalKey.startOf(InternalKey.TIMELINES + 1))));

  public KeyRanges {
    list = List.copyOf(list);
    if (list.isEmpty()) {
      throw new IllegalArgumentException("no key range");
    }
    for (int i = 1; i < list.size(); i++) {
      if (Arrays.compareUnsigned(list.get(i - 1).high, list.get(i).low) >= 0) {
        throw new IllegalArgumentException("key ranges that touch or do not ascend");
      }
    }
  }

  /** Whether it is {@link #ALL}. */
  public boolean isAll() {
    return equals(ALL);
  }

  public boolean contains(byte[] key) {
    int i = firstEndingAfter(key);
    return i < list.size() && list.get(i).contains(key);
  }

  /** Position of the first range with keys at or after {@code key}; the count if there is none. */
  private int firstEndingAfter(byte[] key) {
    int low = 0;
    int high = list.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (isAtOrBefore(list.get(middle).high, key)) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** The smallest key at or after {@code key} that is in a range; null if there is none. */
  public byte @Nullable [] atOrAfter(byte[] key) {
    int i = firstEndingAfter(key);
    if (i == list.size()) {
      return null;
    }
    return list.get(i).contains(key) ? key : list.get(i).low;
  }

  /** Whether all keys are below {@code key}. */
  public boolean endsAtOrBefore(byte[] key) {
    return isAtOrBefore(list.getLast().high, key);
  }

  /** Whether a range that ends at {@code high}, which it does not contain, is below a key. */
  private static boolean isAtOrBefore(byte[] high, byte[] key) {
    int order = Arrays.compareUnsigned(high, key);
    return order < 0 || (order == 0 && !SeededBug.VIRTUAL_BOUND_INCLUSIVE.isPlanted());
  }

  /** Whether some key of {@code [min, max]} may be in a range. */
  public boolean overlaps(byte[] min, byte[] max) {
    byte[] first = atOrAfter(min);
    return first != null && Arrays.compareUnsigned(first, max) <= 0;
  }

  /** Whether every key of {@code [min, max]} is in a range. */
  public boolean covers(byte[] min, byte[] max) {
    int i = firstEndingAfter(min);
    return i < list.size() && list.get(i).contains(min) && list.get(i).contains(max);
  }

  /** Keys that are in both; null if there are none. */
  public @Nullable KeyRanges intersect(KeyRanges other) {
    List<Range> both = new ArrayList<>();
    for (Range mine : list) {
      for (Range theirs : other.list) {
        byte[] low = larger(mine.low, theirs.low);
        byte[] high = Arrays.compareUnsigned(mine.high, theirs.high) <= 0 ? mine.high : theirs.high;
        if (Arrays.compareUnsigned(low, high) < 0) {
          both.add(new Range(low, high));
        }
      }
    }
    return both.isEmpty() ? null : new KeyRanges(both);
  }

  /** The larger of two keys. */
  public static byte[] larger(byte[] a, byte[] b) {
    return Arrays.compareUnsigned(a, b) >= 0 ? a : b;
  }

  /** Ranges that may touch, put together. */
  public static KeyRanges union(List<Range> ascending) {
    List<Range> joined = new ArrayList<>();
    for (Range range : ascending) {
      if (!joined.isEmpty() && Arrays.equals(joined.getLast().high, range.low)) {
        joined.set(joined.size() - 1, new Range(joined.getLast().low, range.high));
      } else {
        joined.add(range);
      }
    }
    return new KeyRanges(Collections.unmodifiableList(joined));
  }
}
