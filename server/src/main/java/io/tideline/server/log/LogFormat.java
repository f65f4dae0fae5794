package io.tideline.server.log;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Locale;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** Sizes, names and the encoding of records; the package documentation draws them. */
final class LogFormat {

  static final int RECORD_HEADER_BYTES = 48;

  /** Records start at multiples of this, so that a search for records has few places to look at. */
  static final int ALIGNMENT = 8;

  /**
   * Larger than any replicated command; bounds what a damaged length can make a reader allocate.
   */
  static final int PAYLOAD_BYTES_MAX = 256 << 20;

  /** The next segment while it is prepared: renamed to its own name once it is complete. */
  static final String SPARE_FILE = "spare.tmp";

  private static final String SEGMENT_SUFFIX = ".log";
  private static final int SEGMENT_DIGITS = 16;

  private LogFormat() {}

  static String segmentName(long number) {
    return String.format(Locale.ROOT, "%0" + SEGMENT_DIGITS + "d%s", number, SEGMENT_SUFFIX);
  }

  /** The number in a segment's file name, or -1 if the name is another file's. */
  static long segmentNumber(String name) {
    if (!name.matches("\\d{" + SEGMENT_DIGITS + "}\\" + SEGMENT_SUFFIX)) {
      return -1;
    }
    return Long.parseLong(name.substring(0, SEGMENT_DIGITS));
  }

  /** Size of a record on disk. */
  static int recordBytes(int payloadLength) {
    return RECORD_HEADER_BYTES + padded(payloadLength);
  }

  static int padded(int bytes) {
    return (bytes + ALIGNMENT - 1) & -ALIGNMENT;
  }

  /** A little-endian buffer. */
  static ByteBuffer allocate(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Appends a record to a buffer.
   *
   * @param record what to write; its offset, prevCrc, syncedEnd and contents count, its lengths and
   *     checksums are computed here
   * @return the record's header checksum, which the next one refers to
   */
  static int encode(ByteBuffer dst, SegmentId segment, LogRecord record, byte[] payload) {
    int start = dst.position();
    int body = start + RECORD_HEADER_BYTES;
    int end = body + padded(payload.length);
    dst.put(body, payload);
    for (int i = body + payload.length; i < end; i++) {
      dst.put(i, (byte) 0);
    }
    dst.putInt(start + 4, record.prevCrc());
    dst.putInt(start + 8, payload.length);
    dst.putInt(start + 12, crc(dst, body, end - body));
    dst.putInt(start + 16, (int) record.syncedEnd());
    dst.put(start + 20, (byte) record.type().code());
    dst.put(start + 21, (byte) record.tag());
    dst.putShort(start + 22, (short) 0);
    dst.putLong(start + 24, record.group());
    dst.putLong(start + 32, record.index());
    dst.putLong(start + 40, record.term());
    int headerCrc = headerCrc(dst, start, segment, record.offset());
    dst.putInt(start, headerCrc);
    dst.position(end);
    return headerCrc;
  }

  /** Decodes the header at {@code at}, or null if its checksum or a field is wrong. */
  static @Nullable LogRecord decodeHeader(ByteBuffer src, int at, SegmentId segment, long offset) {
    RecordType type = RecordType.ofCode(src.get(at + 20));
    int payloadLength = src.getInt(at + 8);
    // Cheap tests first: searches come here for every possible place.
    if (type == null || payloadLength < 0 || payloadLength > PAYLOAD_BYTES_MAX) {
      return null;
    }
    int headerCrc = src.getInt(at);
    if (headerCrc != headerCrc(src, at, segment, offset)) {
      return null;
    }
    return new LogRecord(
        offset,
        headerCrc,
        src.getInt(at + 4),
        payloadLength,
        src.getInt(at + 12),
        Integer.toUnsignedLong(src.getInt(at + 16)),
        type,
        Byte.toUnsignedInt(src.get(at + 21)),
        src.getLong(at + 24),
        src.getLong(at + 32),
        src.getLong(at + 40));
  }

  /** Checksum of bytes {@code [at, at + length)}. */
  static int crc(ByteBuffer bytes, int at, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes.slice(at, length));
    return (int) crc.getValue();
  }

  private static int headerCrc(ByteBuffer bytes, int at, SegmentId segment, long offset) {
    CRC32C crc = new CRC32C();
    updateLong(crc, segment.log().getMostSignificantBits());
    updateLong(crc, segment.log().getLeastSignificantBits());
    updateLong(crc, segment.number());
    updateLong(crc, offset);
    crc.update(bytes.slice(at + 4, RECORD_HEADER_BYTES - 4));
    return (int) crc.getValue();
  }

  private static void updateLong(CRC32C crc, long value) {
    for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) {
      crc.update((int) (value >>> shift));
    }
  }

  // ---- payloads of records that are not entries ----

  static byte[] encodeVote(GroupMeta meta) {
    return meta.vote().getBytes(UTF_8);
  }

  static GroupMeta decodeMeta(long term, byte[] vote) {
    return new GroupMeta(term, new String(vote, UTF_8));
  }

  /** A checkpoint's payload: last index, then the vote; first index and term are in the header. */
  static byte[] encodeCheckpoint(long lastIndex, GroupMeta meta) {
    byte[] vote = encodeVote(meta);
    return allocate(Long.BYTES + vote.length).putLong(lastIndex).put(vote).array();
  }
}
