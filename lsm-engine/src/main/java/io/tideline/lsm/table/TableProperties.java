package io.tideline.lsm.table;

import io.tideline.lsm.file.Encoder;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;

/**
 * What a table says about itself; in its properties section and, the same bytes, in the manifest.
 *
 * <p>Encoded as ten longs in the order of the fields, then an int of flags, then the two keys, each
 * with its length as an int before it.
 *
 * @param groups groups that start in this table
 * @param rows rows, tombstones included
 * @param rawBytes bytes of all blocks before compression
 * @param minSequenceId smallest id of a row, {@code Long.MAX_VALUE} if there is none
 * @param maxSequenceId largest id of a row, {@code Long.MIN_VALUE} if there is none
 * @param minMillis smallest timestamp of an appended row, {@code Long.MAX_VALUE} if there is none
 * @param maxMillis largest timestamp of an appended row, {@code Long.MIN_VALUE} if there is none
 * @param maxRowMillis largest timestamp of a timeline row that is no tombstone, appended or put;
 *     {@code Long.MIN_VALUE} if there is none
 * @param minLogIndex log index after which the oldest content was written
 * @param maxLogIndex log index of the newest content
 * @param flags see the constants
 * @param minKey smallest internal key
 * @param maxKey largest internal key
 */
public record TableProperties(
    long groups,
    long rows,
    long rawBytes,
    long minSequenceId,
    long maxSequenceId,
    long minMillis,
    long maxMillis,
    long maxRowMillis,
    long minLogIndex,
    long maxLogIndex,
    int flags,
    byte[] minKey,
    byte[] maxKey) {

  /** Some timeline row is not an append: rows must not be skipped by time. */
  public static final int HAS_OTHER_THAN_APPENDS = 1;

  /** Some head has a trim mark. */
  public static final int HAS_TRIMS = 2;

  /** The table holds records. */
  public static final int HAS_RECORDS = 4;

  /** Written in the style for data that rests ({@link TableStyle#cold}). */
  public static final int COLD = 8;

  /** Whether the table holds no row of a timeline, only heads and records. */
  public boolean isResidue() {
    return maxRowMillis == Long.MIN_VALUE && !has(HAS_OTHER_THAN_APPENDS);
  }

  public boolean has(int flag) {
    return (flags & flag) != 0;
  }

  public void encodeTo(Encoder out) {
    out.putLong(groups).putLong(rows).putLong(rawBytes);
    out.putLong(minSequenceId).putLong(maxSequenceId);
    out.putLong(minMillis).putLong(maxMillis).putLong(maxRowMillis);
    out.putLong(minLogIndex).putLong(maxLogIndex);
    out.putInt(flags).putSized(minKey).putSized(maxKey);
  }

  /**
   * Reads what {@link #encodeTo} wrote.
   *
   * @throws BufferUnderflowException if the bytes end early or a length is absurd
   */
  public static TableProperties decodeFrom(ByteBuffer in) {
    return new TableProperties(
        in.getLong(),
        in.getLong(),
        in.getLong(),
        in.getLong(),
        in.getLong(),
        in.getLong(),
        in.getLong(),
        in.getLong(),
        in.getLong(),
        in.getLong(),
        in.getInt(),
        sized(in),
        sized(in));
  }

  static byte[] sized(ByteBuffer in) {
    int length = in.getInt();
    if (length < 0 || length > in.remaining()) {
      throw new BufferUnderflowException();
    }
    byte[] bytes = new byte[length];
    in.get(bytes);
    return bytes;
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof TableProperties other
        && java.util.Arrays.equals(encoded(), other.encoded());
  }

  @Override
  public int hashCode() {
    return java.util.Arrays.hashCode(encoded());
  }

  private byte[] encoded() {
    Encoder out = new Encoder(128);
    encodeTo(out);
    return out.toByteArray();
  }
}
