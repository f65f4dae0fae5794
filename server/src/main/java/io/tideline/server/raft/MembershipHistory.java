package io.tideline.server.raft;

import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * The configuration entries of one log by index, so that applying an entry can tell which
 * membership is in force there. JRaft keeps the same, but out of reach.
 *
 * <p>Threading: the log's writer thread changes it, the apply thread reads it. What the apply
 * thread asks for is committed and therefore never truncated from the end.
 */
final class MembershipHistory {

  private final ConcurrentSkipListMap<Long, byte[]> byIndex = new ConcurrentSkipListMap<>();

  void add(long index, byte[] encodedMembership) {
    byIndex.put(index, encodedMembership);
  }

  void truncateSuffix(long lastKept) {
    byIndex.tailMap(lastKept, false).clear();
  }

  /** Forgets what is below {@code firstKept} but the one still in force there. */
  void truncatePrefix(long firstKept) {
    Long inForce = byIndex.floorKey(firstKept);
    if (inForce != null) {
      byIndex.headMap(inForce, false).clear();
    }
  }

  void clear() {
    byIndex.clear();
  }

  /** The newest membership with an index in {@code (after, through]}, null if there is none. */
  Map.@Nullable Entry<Long, byte[]> newest(long after, long through) {
    Map.Entry<Long, byte[]> newest = byIndex.floorEntry(through);
    return newest != null && newest.getKey() > after ? newest : null;
  }
}
