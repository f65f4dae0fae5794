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

  private static final int HEADER_BYTES = 3 * Long.BYTES;

  public MetaRecord {
    Objects.requireNonNull(value, "value");
  }

  /** Reads what {@link #encode} wrote. */
  public static MetaRecord decode(byte[] bytes) {
    if (bytes.length < HEADER_BYTES) {
      throw new IllegalArgumentException(
          "meta record of " + bytes.length + " bytes is shorter than " + HEADER_BYTES);
    }
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    long revision = buffer.getLong();
    long version = buffer.getLong();
    long time = buffer.getLong();
    byte[] value = new byte[buffer.remaining()];
    buffer.get(value);
    return new MetaRecord(revision, version, time, value);
  }

  /** Revision, version and time as 8 big-endian bytes each, then the content. */
  public byte[] encode() {
    return ByteBuffer.allocate(HEADER_BYTES + value.length)
        .putLong(revision)
        .putLong(version)
        .putLong(updateTimeMillis)
        .put(value)
        .array();
  }
}
