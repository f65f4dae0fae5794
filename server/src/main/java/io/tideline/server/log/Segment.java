package io.tideline.server.log;

import io.tideline.lsm.CorruptionException;
import io.tideline.lsm.fs.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One segment file of an open log.
 *
 * <p>Threading: readers bracket their work with {@link #tryAcquire} and {@link #release}; the rest
 * is the writer thread's. The file is closed when the log has let go and the last reader has left.
 */
final class Segment {

  private static final Logger LOG = LoggerFactory.getLogger(Segment.class);

  private final Path path;
  private final StorageFile file;
  private final SegmentHeader header;
  private volatile long size;

  /** Bytes of all segments before this one; set once, when it becomes part of the log. */
  private long streamStart;

  /** One for the log, one for each reader; at 0 the file is closed. */
  private final AtomicInteger references = new AtomicInteger(1);

  /** Entries here that a group still needs, and the bytes of their records. */
  private long liveEntries;

  private long liveBytes;

  Segment(Path path, StorageFile file, SegmentHeader header, long size) {
    this.path = path;
    this.file = file;
    this.header = header;
    this.size = size;
  }

  Path path() {
    return path;
  }

  StorageFile file() {
    return file;
  }

  SegmentHeader header() {
    return header;
  }

  SegmentId id() {
    return header.id();
  }

  long number() {
    return header.id().number();
  }

  long size() {
    return size;
  }

  /** The file has been cut behind its last record. */
  void setSize(long newSize) {
    size = newSize;
  }

  long streamStart() {
    return streamStart;
  }

  void setStreamStart(long bytes) {
    streamStart = bytes;
  }

  long liveEntries() {
    return liveEntries;
  }

  long liveBytes() {
    return liveBytes;
  }

  void addLive(int recordBytes) {
    liveEntries++;
    liveBytes += recordBytes;
  }

  void removeLive(int recordBytes) {
    liveEntries--;
    liveBytes -= recordBytes;
    if (liveEntries < 0) {
      throw new AssertionError("segment " + path + " has " + liveEntries + " live entries");
    }
  }

  boolean tryAcquire() {
    return references.getAndUpdate(count -> count == 0 ? 0 : count + 1) > 0;
  }

  void release() {
    if (references.decrementAndGet() == 0) {
      try {
        file.close();
      } catch (IOException e) {
        // Nothing depends on it any more: all that was written is synced or given up.
        LOG.warn("closing log segment {} failed", path, e);
      }
    }
  }

  /** Reads one entry and verifies everything about it. */
  LogEntry readEntry(long offset, int payloadLength, long group, long index) throws IOException {
    ByteBuffer buffer = LogFormat.allocate(LogFormat.recordBytes(payloadLength));
    int count = file.read(buffer, offset);
    if (count < buffer.capacity()) {
      throw new CorruptionException(
          path,
          offset,
          "a record of " + buffer.capacity() + " bytes",
          "end of file after " + count);
    }
    LogRecord record = LogFormat.decodeHeader(buffer, 0, id(), offset);
    if (record == null) {
      throw new CorruptionException(
          path, offset, "a record header with a matching checksum", "another checksum");
    }
    if (record.group() != group
        || record.index() != index
        || record.payloadLength() != payloadLength) {
      throw new CorruptionException(
          path, offset, "entry " + index + " of group " + group, record.toString());
    }
    int bodyBytes = LogFormat.padded(payloadLength);
    int crc = LogFormat.crc(buffer, LogFormat.RECORD_HEADER_BYTES, bodyBytes);
    if (crc != record.payloadCrc()) {
      throw new CorruptionException(
          path,
          offset,
          "payload checksum 0x" + Integer.toHexString(record.payloadCrc()),
          "0x" + Integer.toHexString(crc));
    }
    byte[] payload = new byte[payloadLength];
    buffer.get(LogFormat.RECORD_HEADER_BYTES, payload);
    return new LogEntry(record.term(), record.tag(), payload);
  }
}
