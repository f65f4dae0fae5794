package io.tideline.server.log;

import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * The segments of an open log by number, and the accounting of what in them is still needed.
 *
 * <p>A place in the log is one long: segment number above, offset in the segment below.
 *
 * <p>Threading: {@link #acquire}, {@link #bytesFrom} and the sums for many threads, the rest for
 * the writer thread.
 */
final class Segments {

  private final ConcurrentSkipListMap<Long, Segment> byNumber = new ConcurrentSkipListMap<>();
  private volatile long liveBytes;
  private volatile long fileBytes;

  /** Where the next segment begins in the stream of all segments since the log was opened. */
  private long nextStart;

  /** Where the records end in that stream. */
  private volatile long streamEnd;

  static long location(long segment, long offset) {
    return segment << 32 | offset;
  }

  static long segmentOf(long location) {
    return location >>> 32;
  }

  static long offsetOf(long location) {
    return location & 0xffff_ffffL;
  }

  void add(Segment segment) {
    segment.setStreamStart(nextStart);
    nextStart += segment.size();
    byNumber.put(segment.number(), segment);
    addFileBytes(segment.size());
  }

  void remove(Segment segment) {
    byNumber.remove(segment.number());
    addFileBytes(-segment.size());
    segment.release();
  }

  /** Lets go of all files. */
  void close() {
    byNumber.values().forEach(Segment::release);
    byNumber.clear();
  }

  Iterable<Segment> all() {
    return byNumber.values();
  }

  int count() {
    return byNumber.size();
  }

  Segment oldest() {
    return byNumber.firstEntry().getValue();
  }

  Segment newest() {
    return byNumber.lastEntry().getValue();
  }

  /** Notes that a segment's file has been cut. */
  void resize(Segment segment, long size) {
    addFileBytes(size - segment.size());
    nextStart += size - segment.size();
    segment.setSize(size);
  }

  /** Records were written up to this offset of the newest segment. */
  void setEnd(long offset) {
    streamEnd = newest().streamStart() + offset;
  }

  /** Bytes of the log from a place on, 0 if its segment is gone. */
  long bytesFrom(long location) {
    Segment segment = byNumber.get(segmentOf(location));
    return segment == null
        ? 0
        : Math.max(0, streamEnd - segment.streamStart() - offsetOf(location));
  }

  long fileBytes() {
    return fileBytes;
  }

  long liveBytes() {
    return liveBytes;
  }

  /** The segment for reading, to be released after; null if it is gone. */
  @Nullable Segment acquire(long location) {
    Segment segment = byNumber.get(segmentOf(location));
    return segment != null && segment.tryAcquire() ? segment : null;
  }

  /** An entry at this place is needed. */
  void addLive(long location, int payloadLength) {
    int bytes = LogFormat.recordBytes(payloadLength);
    at(location).addLive(bytes);
    addLiveBytes(bytes);
  }

  /** The entry at this place is not needed any more. */
  void removeLive(long location, int payloadLength) {
    int bytes = LogFormat.recordBytes(payloadLength);
    at(location).removeLive(bytes);
    addLiveBytes(-bytes);
  }

  private Segment at(long location) {
    Segment segment = byNumber.get(segmentOf(location));
    if (segment == null) {
      throw new AssertionError("no segment " + segmentOf(location) + " in the log");
    }
    return segment;
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // Written by the writer thread alone.
  private void addLiveBytes(long bytes) {
    liveBytes += bytes;
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // Written by the writer thread alone.
  private void addFileBytes(long bytes) {
    fileBytes += bytes;
  }
}
