package io.tideline.tools.bench.engine;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/**
 * A storage engine under test, open on one directory.
 *
 * <p>Threading: confined to one thread; background work is its own affair. Lifetime: opened by a
 * {@link Factory}, closed before its directory is removed. Reads see everything applied before
 * {@link #beginReads}.
 */
interface Subject extends Closeable {

  /** Opens subjects of one kind. */
  interface Factory {
    Subject open(Path directory) throws IOException;
  }

  /**
   * What flushes and compactions wrote since the subject was opened.
   *
   * @param flushedBytes table bytes written by flushes
   * @param compactedBytes table bytes written by compactions
   */
  record Written(long flushedBytes, long compactedBytes) {
    /** Table bytes written for each byte flushed; 1 if nothing was compacted. */
    double amplification() {
      return flushedBytes == 0 ? 1 : (double) (flushedBytes + compactedBytes) / flushedBytes;
    }
  }

  /** Applies a batch; it is readable on return. */
  void apply(RowBatch batch) throws IOException;

  /** Flushes everything and waits until no compaction is due or running. */
  void drain() throws IOException, InterruptedException;

  Written written() throws IOException;

  /** CPU time of the threads in the background by what they do; empty where nobody can tell. */
  Map<String, Long> backgroundCpuNanos();

  /** Bytes of the tables that are still part of the content; others may wait to be deleted. */
  long liveTableBytes() throws IOException;

  /** Called between the last {@link #apply} and the first read. */
  void beginReads() throws IOException;

  /**
   * Reads up to {@code limit} rows of a timeline with ids from {@code fromId} upwards, copying each
   * value out.
   *
   * @return the sum of the ids read, which tells whether they are the right ones
   */
  long scanForward(byte[] timeline, long fromId, int limit) throws IOException;

  /** As {@link #scanForward}, with ids from {@code fromId} downwards. */
  long scanBackward(byte[] timeline, long fromId, int limit) throws IOException;

  /** Copies the value of one row out. Returns its size, -1 if it is not there. */
  int get(byte[] timeline, long id) throws IOException;

  /** Whether a timeline has anything after {@code lastSeenId}: what a device asks most often. */
  boolean hasNewer(byte[] timeline, long lastSeenId) throws IOException;

  /** Sorted runs (or files that are probed one by one) now; for the report only. */
  long runs() throws IOException;
}
