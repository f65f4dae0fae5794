package io.tideline.server.command;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * How far a reader has consumed a timeline: the value of a record in {@link RecordTables#CURSOR}.
 *
 * @param epoch of the timeline when it was written: a cursor of an earlier one is as good as none
 * @param sequenceId the last consumed id
 * @param updateTimeMillis when it last moved, milliseconds since the epoch
 */
public record CursorRecord(long epoch, long sequenceId, long updateTimeMillis) {

  private static final int VERSION = 1;
  private static final int BYTES = 1 + 3 * Long.BYTES;

  /**
   * Key of the record: timeline, reader, length of the reader as two big-endian bytes. The timeline
   * comes first so that a range of timelines is a range of records, and so that those of one
   * timeline are neighbours, by reader.
   */
  public static byte[] key(byte[] timeline, byte[] reader) {
    return DedupRecord.key(timeline, reader);
  }

  /** The smallest key of a reader that is not before this one. */
  public static byte[] lowestKey(byte[] timeline, byte[] reader) {
    byte[] key = Arrays.copyOf(timeline, timeline.length + reader.length);
    System.arraycopy(reader, 0, key, timeline.length, reader.length);
    return key;
  }

  /** Whether a key of this table is of the timeline. */
  public static boolean isOf(byte[] timeline, byte[] key) {
    return key.length >= timeline.length + 2
        && Arrays.equals(timeline, 0, timeline.length, key, 0, timeline.length);
  }

  /** The reader in a key of the timeline. */
  public static String reader(byte[] timeline, byte[] key) {
    return new String(
        key, timeline.length, key.length - timeline.length - 2, StandardCharsets.UTF_8);
  }

  public static CursorRecord decode(byte[] bytes) throws FormatException {
    if (bytes.length != BYTES || bytes[0] != VERSION) {
      throw new FormatException(
          "cursor of " + bytes.length + " bytes, version " + (bytes.length > 0 ? bytes[0] : -1));
    }
    ByteBuffer in = ByteBuffer.wrap(bytes, 1, BYTES - 1);
    return new CursorRecord(in.getLong(), in.getLong(), in.getLong());
  }

  /** Version byte, then the three numbers in order, 8 big-endian bytes each. */
  byte[] encode() {
    return ByteBuffer.allocate(BYTES)
        .put((byte) VERSION)
        .putLong(epoch)
        .putLong(sequenceId)
        .putLong(updateTimeMillis)
        .array();
  }
}
