package io.tideline.server.command;

import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * The meta of one timeline as the engine holds it: the value of a record in {@link
 * RecordTables#META} whose key is the timeline.
 *
 * @param revision how often it was changed since it exists; 1 after the first put
 * @param version names this very state: unlike the revision it never comes back after a delete, so
 *     it is what a conditional put compares. At least 1
 * @param updateTimeMillis when it was last changed, milliseconds since the epoch
 * @param value opaque content
 */
public record MetaRecord(long revision, long version, long updateTimeMillis, byte[] value) {

  private static final int FORMAT = 1;
  private static final int HEADER_BYTES = 1 + 3 * Long.BYTES;

  public MetaRecord {
    Objects.requireNonNull(value, "value");
  }

  /**
   * Reads what {@link #encode} wrote.
   *
   * @throws IllegalArgumentException if the bytes are too short or of a newer format
   */
  public static MetaRecord decode(byte[] bytes) {
    if (bytes.length < HEADER_BYTES || bytes[0] != FORMAT) {
      throw new IllegalArgumentException(
          "meta record of "
              + bytes.length
              + " bytes, format "
              + (bytes.length > 0 ? bytes[0] : -1)
              + "; this program reads format "
              + FORMAT
              + " from "
              + HEADER_BYTES
              + " bytes on");
    }
    ByteBuffer in = ByteBuffer.wrap(bytes, 1, bytes.length - 1);
    long revision = in.getLong();
    long version = in.getLong();
    long time = in.getLong();
    byte[] value = new byte[in.remaining()];
    in.get(value);
    return new MetaRecord(revision, version, time, value);
  }

  /** The bytes of the record; the layout is in the package's doc. */
  public byte[] encode() {
    return ByteBuffer.allocate(HEADER_BYTES + value.length)
        .put((byte) FORMAT)
        .putLong(revision)
        .putLong(version)
        .putLong(updateTimeMillis)
        .put(value)
        .array();
  }
}
