package io.tideline.server.command;

import com.google.common.hash.Hashing;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The first result of an append with a message key, or of an edit that may be repeated: the value
 * of a record in {@link RecordTables#DEDUP}. For an edit the id is that of its announcement, 0 if
 * it has none, and the fingerprint is 0.
 *
 * @param sequenceId id the entry got
 * @param previousSequenceId the timeline's last id before it
 * @param appendTimeMillis when it was accepted
 * @param expiresAtMillis from when on the key is forgotten, milliseconds since the epoch
 * @param fingerprint {@link #fingerprint} of its content
 */
record DedupRecord(
    long sequenceId,
    long previousSequenceId,
    long appendTimeMillis,
    long expiresAtMillis,
    long fingerprint) {

  private static final int VERSION = 1;
  private static final int BYTES = 1 + 5 * Long.BYTES;

  /**
   * Key of the record: timeline, message key, length of the message key as two big-endian bytes.
   * The timeline comes first so that a range of timelines is a range of records; the length comes
   * last so that no two pairs share a key.
   */
  static byte[] key(byte[] timeline, byte[] messageKey) {
    byte[] key = Arrays.copyOf(timeline, timeline.length + messageKey.length + 2);
    System.arraycopy(messageKey, 0, key, timeline.length, messageKey.length);
    key[key.length - 2] = (byte) (messageKey.length >>> 8);
    key[key.length - 1] = (byte) messageKey.length;
    return key;
  }

  /** What a remembered edit did to its entry. On disk, never renumbered. */
  static final int EDIT_REPLACED = 1;

  static final int EDIT_DELETED = 2;

  /** No UTF-8 text, and so no message key, begins with this byte. */
  private static final byte NO_MESSAGE_KEY = (byte) 0xFE;

  /**
   * Stands for a message key in the {@link #key} of an edit: mark, what was done, the entry's id.
   */
  static byte[] editKey(byte[] timeline, int edit, long sequenceId) {
    return key(
        timeline,
        ByteBuffer.allocate(2 + Long.BYTES)
            .put(NO_MESSAGE_KEY)
            .put((byte) edit)
            .putLong(sequenceId)
            .array());
  }

  /**
   * 64 bits that tell whether a message key came with the same message. FarmHash's fingerprint is
   * specified never to change, which a value on disk needs. Two different messages under one key
   * collide once in 2^64 by chance; who crafts a collision harms only the timelines it may write.
   */
  static long fingerprint(int kind, byte[] value) {
    return Hashing.farmHashFingerprint64().hashBytes(value).asLong() * 31 + kind;
  }

  static DedupRecord decode(byte[] bytes) throws FormatException {
    if (bytes.length != BYTES || bytes[0] != VERSION) {
      throw new FormatException(
          "dedup record of "
              + bytes.length
              + " bytes, version "
              + (bytes.length > 0 ? bytes[0] : -1));
    }
    ByteBuffer in = ByteBuffer.wrap(bytes, 1, BYTES - 1);
    return new DedupRecord(in.getLong(), in.getLong(), in.getLong(), in.getLong(), in.getLong());
  }

  /** Version byte, then the five numbers in order, 8 big-endian bytes each. */
  byte[] encode() {
    return ByteBuffer.allocate(BYTES)
        .put((byte) VERSION)
        .putLong(sequenceId)
        .putLong(previousSequenceId)
        .putLong(appendTimeMillis)
        .putLong(expiresAtMillis)
        .putLong(fingerprint)
        .array();
  }
}
