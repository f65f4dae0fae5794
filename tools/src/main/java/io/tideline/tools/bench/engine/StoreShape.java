package io.tideline.tools.bench.engine;

import io.tideline.lsm.CompactionScheme;
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

  /** How our engine compacts such rows; chosen by the lifetime, as a node chooses. */
  CompactionScheme scheme() {
    return CompactionScheme.forTtl(this == SHORT_TTL ? TTL_MILLIS : 0);
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
