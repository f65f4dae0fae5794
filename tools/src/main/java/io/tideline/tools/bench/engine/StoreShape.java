package io.tideline.tools.bench.engine;

import java.util.Locale;

/** How long rows live. */
enum StoreShape {
  /** For ever. */
  LONG_LIVED,
  /** A third of the time the round covers, as the rows' timestamps tell it. */
  SHORT_TTL;

  /** Milliseconds that the timestamps of a round's rows cover. */
  static final long SPAN_MILLIS = 6 * 3_600_000L;

  /** Time to live under {@link #SHORT_TTL}. */
  static final long TTL_MILLIS = SPAN_MILLIS / 3;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
