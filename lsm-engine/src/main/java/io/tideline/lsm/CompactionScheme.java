package io.tideline.lsm;

import java.time.Duration;

/**
 * Which runs become one, and when. There is one way: neighbours in age of similar size are merged;
 * the kind says where that ends.
 *
 * <p>Times are those of rows and of {@link EngineState#timeMillis}, never of the local clock, so
 * windows mean the same on every replica.
 *
 * @param kind see {@link Kind}
 * @param windowMillis length of a time window, milliseconds; 0 for {@link Kind#LONG_LIVED}
 * @param coldAfterMillis data whose newest row is older than this is written once more in large
 *     blocks of zstd; 0 for never. Only with {@link Kind#LONG_LIVED}
 */
public record CompactionScheme(Kind kind, long windowMillis, long coldAfterMillis) {

  /** Where merging ends. */
  public enum Kind {
    /**
     * Rows live for a short time: runs are merged within time windows, once more when a window
     * closes, then never again. When all rows of a run have expired its files are dropped whole,
     * leaving heads and records behind.
     */
    SHORT_TTL,
    /**
     * Rows stay: runs are gathered by size, and merged into one last run, a few files at a time,
     * when together they are as large.
     */
    LONG_LIVED
  }

  /** Windows per lifetime: at most one in so many parts of the disk holds only expired rows. */
  private static final int WINDOWS_PER_TTL = 24;

  private static final long WINDOW_MILLIS_MIN = Duration.ofMinutes(5).toMillis();
  private static final long WINDOW_MILLIS_MAX = Duration.ofDays(1).toMillis();

  /** Beyond this a window of a day each would make too many runs. */
  private static final long SHORT_TTL_MILLIS_MAX = Duration.ofDays(32).toMillis();

  /** For rows that stay; nothing is recompressed. */
  public static final CompactionScheme LONG_LIVED = new CompactionScheme(Kind.LONG_LIVED, 0, 0);

  public CompactionScheme {
    if ((kind == Kind.SHORT_TTL) != (windowMillis > 0)) {
      throw new IllegalArgumentException("windowMillis " + windowMillis + " with " + kind);
    }
    if (coldAfterMillis < 0 || (kind == Kind.SHORT_TTL && coldAfterMillis > 0)) {
      throw new IllegalArgumentException("coldAfterMillis " + coldAfterMillis + " with " + kind);
    }
  }

  /** Windows of a given length, milliseconds. */
  public static CompactionScheme shortTtl(long windowMillis) {
    return new CompactionScheme(Kind.SHORT_TTL, windowMillis, 0);
  }

  /** What suits rows that live for {@code ttlMillis}; 0 for rows that do not expire. */
  public static CompactionScheme forTtl(long ttlMillis) {
    if (ttlMillis < 0) {
      throw new IllegalArgumentException("ttlMillis " + ttlMillis + " is negative");
    }
    if (ttlMillis == 0 || ttlMillis > SHORT_TTL_MILLIS_MAX) {
      return LONG_LIVED;
    }
    return shortTtl(Math.clamp(ttlMillis / WINDOWS_PER_TTL, WINDOW_MILLIS_MIN, WINDOW_MILLIS_MAX));
  }

  public CompactionScheme withColdAfterMillis(long millis) {
    return new CompactionScheme(kind, windowMillis, millis);
  }
}
