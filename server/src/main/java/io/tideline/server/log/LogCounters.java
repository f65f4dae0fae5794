package io.tideline.server.log;

import java.util.concurrent.atomic.LongAdder;

/** What the writer thread has done; read by anybody. */
final class LogCounters {

  private final LongAdder requests = new LongAdder();
  private final LongAdder entries = new LongAdder();
  private final LongAdder entryBytes = new LongAdder();
  private final LongAdder writtenBytes = new LongAdder();
  private final LongAdder syncs = new LongAdder();
  private final LongAdder rewrittenEntries = new LongAdder();

  void addRequests(int count) {
    requests.add(count);
  }

  void addEntry(int payloadBytes) {
    entries.increment();
    entryBytes.add(payloadBytes);
  }

  void addWrittenBytes(long bytes) {
    writtenBytes.add(bytes);
  }

  void addSync() {
    syncs.increment();
  }

  void addRewrittenEntry() {
    rewrittenEntries.increment();
  }

  GroupLogStats toStats(Segments segments, int groups, boolean spaceLow) {
    return new GroupLogStats(
        requests.sum(),
        entries.sum(),
        entryBytes.sum(),
        writtenBytes.sum(),
        syncs.sum(),
        segments.count(),
        segments.fileBytes(),
        segments.liveBytes(),
        rewrittenEntries.sum(),
        groups,
        spaceLow);
  }
}
