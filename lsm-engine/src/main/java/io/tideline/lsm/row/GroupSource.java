package io.tideline.lsm.row;

import io.tideline.lsm.TimelineHead;
import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The groups of one layer in ascending order of internal keys.
 *
 * <p>Threading and lifetime as {@link RowSource}.
 */
public interface GroupSource extends AutoCloseable {

  /** Answer of {@link #plainBytes} for a group that is not plain. */
  int NOT_PLAIN = -1;

  /** Moves to the first group at or after {@code key}; null for the very first. */
  boolean seek(byte @Nullable [] key) throws IOException;

  /** Moves to the next group. */
  boolean next() throws IOException;

  boolean isValid();

  /**
   * The internal key, in the first {@link #keyLength} bytes of an array that the next move reuses.
   */
  byte[] keyBuffer();

  int keyLength();

  /** A copy of the internal key. */
  default byte[] key() {
    return Arrays.copyOf(keyBuffer(), keyLength());
  }

  /** This layer's share of the head ({@link Heads}), {@link Heads#NONE} for records. */
  TimelineHead head();

  /** The rows of the present group, positioned on its first row; valid until the next move. */
  RowSource rows() throws IOException;

  /**
   * Whether the present group is <em>plain</em>: a timeline's appended rows and nothing else, none
   * of them older than {@code expireBeforeMillis}, with the head that its rows imply. Such a group
   * can be written without looking at each row; most groups are plain.
   *
   * @return bytes of all its values and at least {@link #PLAIN_ROW_BYTES} for each row, or {@link
   *     #NOT_PLAIN}; a large group may be called not plain
   */
  default int plainBytes(long expireBeforeMillis) {
    return NOT_PLAIN;
  }

  /** Gives the rows of a plain group to {@code sink}; only after {@link #plainBytes} said so. */
  default void copyPlain(RowSink sink) throws IOException {
    throw new UnsupportedOperationException("this layer has no plain groups");
  }

  /** Bytes that a row of a plain group counts beside its value. */
  int PLAIN_ROW_BYTES = 16;

  @Override
  void close();
}
