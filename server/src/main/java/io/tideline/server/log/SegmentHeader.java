package io.tideline.server.log;

import io.tideline.lsm.CorruptionException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.UUID;

/**
 * The first bytes of a segment file. Written before the file gets its name, so a named segment has
 * it whole, and with it proof of how the segment before ended.
 *
 * @param id which segment this is
 * @param previousEnd where the records of the segment before ended, 0 if this is the first
 * @param previousCrc header checksum of the last record there
 * @param checkpointEnd where the checkpoint that follows this header ends
 */
record SegmentHeader(SegmentId id, long previousEnd, int previousCrc, long checkpointEnd) {

  static final int BYTES = 80;
  static final int VERSION = 1;

  /** "TIDELOG\n". */
  static final long MAGIC = 0x0A47_4F4C_4544_4954L;

  private static final int CRC_AT = BYTES - Integer.BYTES;

  /** Appends the header to a buffer and returns its checksum, which starts the chain of records. */
  int encodeTo(ByteBuffer dst) {
    int start = dst.position();
    dst.putLong(MAGIC).putInt(VERSION).putInt(BYTES);
    dst.putLong(id.log().getMostSignificantBits());
    dst.putLong(id.log().getLeastSignificantBits());
    dst.putLong(id.number()).putLong(previousEnd).putInt(previousCrc).putInt(0);
    dst.putLong(checkpointEnd).putLong(0).putInt(0);
    int crc = LogFormat.crc(dst, start, CRC_AT);
    dst.putInt(crc);
    return crc;
  }

  /** The checksum that starts the chain of records. */
  int crc() {
    return encodeTo(LogFormat.allocate(BYTES));
  }

  /**
   * Decodes the header of a file.
   *
   * @param src its first bytes, fewer than {@link #BYTES} if the file is shorter
   * @param number the number in the file's name
   */
  static SegmentHeader decode(Path file, ByteBuffer src, long number) throws IOException {
    if (src.remaining() < BYTES) {
      throw new CorruptionException(
          file, 0, "a segment header of " + BYTES + " bytes", "a file of " + src.remaining());
    }
    int start = src.position();
    long magic = src.getLong(start);
    if (magic != MAGIC) {
      throw new CorruptionException(
          file, 0, "the magic of a log segment", "0x" + Long.toHexString(magic));
    }
    // Magic, version, length and the place of the checksum stay the same in all versions.
    int stored = src.getInt(start + CRC_AT);
    int computed = LogFormat.crc(src, start, CRC_AT);
    if (stored != computed) {
      throw new CorruptionException(
          file,
          CRC_AT,
          "header checksum 0x" + Integer.toHexString(computed),
          "0x" + Integer.toHexString(stored));
    }
    int version = src.getInt(start + 8);
    if (version != VERSION) {
      throw new IOException(
          "log segment "
              + file
              + " has format version "
              + version
              + ", this release reads version "
              + VERSION
              + "; use the release that wrote it or a newer one");
    }
    SegmentId id =
        new SegmentId(
            new UUID(src.getLong(start + 16), src.getLong(start + 24)), src.getLong(start + 32));
    if (id.number() != number) {
      throw new CorruptionException(
          file, 32, "segment number " + number + " as in its name", String.valueOf(id.number()));
    }
    return new SegmentHeader(
        id, src.getLong(start + 40), src.getInt(start + 48), src.getLong(start + 56));
  }
}
