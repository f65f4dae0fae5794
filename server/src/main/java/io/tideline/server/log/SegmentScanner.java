package io.tideline.server.log;

import io.tideline.lsm.fs.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Reads the records of one segment front to back, through a window of bounded size. Used by one
 * thread; the file stays its owner's.
 */
final class SegmentScanner {

  /** Large enough that reading, not the number of calls, takes the time. */
  private static final int WINDOW_BYTES = 1 << 20;

  private final StorageFile file;
  private final SegmentId id;
  private final long size;
  private ByteBuffer window;
  private long windowStart;

  SegmentScanner(StorageFile file, SegmentId id, long size) {
    this.file = file;
    this.id = id;
    this.size = size;
    this.window = newWindow((int) Math.min(WINDOW_BYTES, size)).limit(0);
  }

  /** What is at one place of a segment. */
  sealed interface Found {
    /** A record that is whole and follows the one before it. */
    record Valid(LogRecord header) implements Found {}

    /** Space that was never written, or the end of the file. */
    record Nothing() implements Found {}

    /** Something else. */
    record Damaged(String expected, String found) implements Found {}
  }

  /** Looks at the place where the record after the one with checksum {@code prevCrc} belongs. */
  Found read(long offset, int prevCrc) throws IOException {
    if (!load(offset, LogFormat.RECORD_HEADER_BYTES)) {
      return new Found.Nothing();
    }
    int at = (int) (offset - windowStart);
    if (isZero(at, LogFormat.RECORD_HEADER_BYTES)) {
      return new Found.Nothing();
    }
    LogRecord header = LogFormat.decodeHeader(window, at, id, offset);
    if (header == null) {
      return new Found.Damaged(
          "a record header with a matching checksum",
          "0x" + Integer.toHexString(window.getInt(at)));
    }
    if (header.prevCrc() != prevCrc) {
      return new Found.Damaged(
          "a record that follows 0x" + Integer.toHexString(prevCrc),
          "one that follows 0x" + Integer.toHexString(header.prevCrc()));
    }
    if (header.end() > size) {
      return new Found.Damaged("a record that ends by " + size, "one that ends at " + header.end());
    }
    int crc = payloadCrc(header);
    if (crc != header.payloadCrc()) {
      return new Found.Damaged(
          "payload checksum 0x" + Integer.toHexString(header.payloadCrc()),
          "0x" + Integer.toHexString(crc));
    }
    return new Found.Valid(header);
  }

  /** The payload of a record that was found valid. */
  byte[] payload(LogRecord header) throws IOException {
    byte[] payload = new byte[header.payloadLength()];
    long body = header.offset() + LogFormat.RECORD_HEADER_BYTES;
    load(body, payload.length);
    window.get((int) (body - windowStart), payload);
    return payload;
  }

  /** The first place from {@code offset} on that holds a whole header, whatever its neighbours. */
  @Nullable LogRecord search(long offset) throws IOException {
    for (long at = offset; load(at, LogFormat.RECORD_HEADER_BYTES); at += LogFormat.ALIGNMENT) {
      LogRecord header = LogFormat.decodeHeader(window, (int) (at - windowStart), id, at);
      if (header != null) {
        return header;
      }
    }
    return null;
  }

  private int payloadCrc(LogRecord header) throws IOException {
    long body = header.offset() + LogFormat.RECORD_HEADER_BYTES;
    int length = LogFormat.padded(header.payloadLength());
    load(body, length);
    return LogFormat.crc(window, (int) (body - windowStart), length);
  }

  /**
   * Makes {@code [offset, offset + length)} available in the window; false if the file is shorter.
   */
  private boolean load(long offset, int length) throws IOException {
    if (offset + length > size) {
      return false;
    }
    if (offset >= windowStart && offset + length <= windowStart + window.limit()) {
      return true;
    }
    if (length > window.capacity()) {
      window = newWindow(length);
    }
    window.clear();
    int count = file.read(window, offset);
    windowStart = offset;
    window.limit(count);
    if (count < length) {
      throw new IOException(
          "read of %s ended at %d, the file has %d bytes".formatted(file, offset + count, size));
    }
    return true;
  }

  private boolean isZero(int at, int length) {
    for (int i = at; i < at + length; i += Long.BYTES) {
      if (window.getLong(i) != 0) {
        return false;
      }
    }
    return true;
  }

  private static ByteBuffer newWindow(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
