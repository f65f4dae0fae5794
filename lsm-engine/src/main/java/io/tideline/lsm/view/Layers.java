package io.tideline.lsm.view;

import io.tideline.lsm.row.RowSource;
import io.tideline.lsm.version.Run;
import io.tideline.lsm.version.Version;
import org.jspecify.annotations.Nullable;

/**
 * The layers of a version that may hold rows of one key, newest first, opened one by one.
 *
 * <p>Threading: confined.
 */
final class Layers {

  private final Version version;
  private final int limit;
  private final int space;
  private final byte[] userKey;
  private final byte[] internalKey;
  private final long hash;
  private final long expireBeforeMillis;
  private final FilterCounters counters;
  private final long low;
  private final long high;
  private final long generationToSkip;
  private boolean appendsOnly;

  /** Layers before this position were opened or passed over. */
  private int at;

  /**
   * @param expireBeforeMillis runs whose rows have all expired are passed over; {@code
   *     Long.MIN_VALUE} for records
   * @param low runs without an id in {@code [low, high)} are passed over
   * @param generationToSkip runs up to this generation are passed over
   */
  Layers(
      Version version,
      int limit,
      int space,
      byte[] userKey,
      byte[] internalKey,
      long hash,
      long expireBeforeMillis,
      FilterCounters counters,
      long low,
      long high,
      long generationToSkip) {
    this.version = version;
    this.limit = limit;
    this.space = space;
    this.userKey = userKey;
    this.internalKey = internalKey;
    this.hash = hash;
    this.expireBeforeMillis = expireBeforeMillis;
    this.counters = counters;
    this.low = low;
    this.high = high;
    this.generationToSkip = generationToSkip;
  }

  /** Opens the next older layer that may hold the key, null if there is none. */
  @Nullable RowSource next() {
    int memtables = 1 + version.immutables().size();
    while (at < memtables) {
      RowSource rows = memtable(at++);
      if (rows != null) {
        appendsOnly = false;
        return rows;
      }
    }
    while (at < memtables + version.runs().size()) {
      Run run = version.runs().get(at++ - memtables);
      if (run.meta().maxGeneration() > generationToSkip
          && run.hasIdsIn(low, high)
          && !run.isExpired(expireBeforeMillis)
          && mayContain(run)) {
        appendsOnly = run.hasAppendsOnly();
        return run.rows().rows(internalKey);
      }
    }
    return null;
  }

  /** Whether the layer opened last is a run whose timeline rows are all appends. */
  boolean hasAppendsOnly() {
    return appendsOnly;
  }

  private @Nullable RowSource memtable(int position) {
    return position == 0
        ? version.active().rows(hash, space, userKey, limit)
        : version.immutables().get(position - 1).rows(hash, space, userKey, EngineView.NO_LIMIT);
  }

  private boolean mayContain(Run run) {
    boolean answer = run.rows().mayContain(internalKey, hash);
    counters.count(answer);
    return answer;
  }
}
