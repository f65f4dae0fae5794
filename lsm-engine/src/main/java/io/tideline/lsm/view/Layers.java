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

  /** Layers before this position were opened or passed over. */
  private int at;

  /**
   * @param expireBeforeMillis runs whose rows have all expired are passed over; {@code
   *     Long.MIN_VALUE} for records
   */
  Layers(
      Version version,
      int limit,
      int space,
      byte[] userKey,
      byte[] internalKey,
      long hash,
      long expireBeforeMillis,
      FilterCounters counters) {
    this.version = version;
    this.limit = limit;
    this.space = space;
    this.userKey = userKey;
    this.internalKey = internalKey;
    this.hash = hash;
    this.expireBeforeMillis = expireBeforeMillis;
    this.counters = counters;
  }

  /** Opens the next older layer that may hold the key, null if there is none. */
  @Nullable RowSource next() {
    int memtables = 1 + version.immutables().size();
    while (at < memtables) {
      RowSource rows = memtable(at++);
      if (rows != null) {
        return rows;
      }
    }
    while (at < memtables + version.runs().size()) {
      Run run = version.runs().get(at++ - memtables);
      if (!run.isExpired(expireBeforeMillis) && mayContain(run)) {
        return run.rows().rows(internalKey);
      }
    }
    return null;
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
