package io.tideline.server.log;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Recently written entries of all groups, oldest out first, bounded in bytes.
 *
 * <p>An entry is known by its place in the log, which is never used twice, so nothing has to be
 * removed when an index is truncated and written again.
 *
 * <p>Threading: safe for many threads; {@code this} guards everything.
 */
final class EntryCache {

  /** What an entry costs beyond its payload: map node, key, record, array header. */
  private static final int ENTRY_OVERHEAD_BYTES = 128;

  private final long bytesMax;
  private final Map<Long, LogEntry> byLocation = new LinkedHashMap<>();
  private long bytes;

  EntryCache(long bytesMax) {
    this.bytesMax = bytesMax;
  }

  synchronized @Nullable LogEntry get(long location) {
    return byLocation.get(location);
  }

  synchronized void put(long location, LogEntry entry) {
    if (cost(entry) > bytesMax) {
      return;
    }
    LogEntry before = byLocation.put(location, entry);
    bytes += cost(entry) - (before == null ? 0 : cost(before));
    Iterator<LogEntry> eldest = byLocation.values().iterator();
    while (bytes > bytesMax) {
      bytes -= cost(eldest.next());
      eldest.remove();
    }
  }

  private static long cost(LogEntry entry) {
    return entry.payload().length + (long) ENTRY_OVERHEAD_BYTES;
  }
}
