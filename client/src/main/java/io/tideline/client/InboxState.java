package io.tideline.client;

import com.google.protobuf.InvalidProtocolBufferException;
import io.tideline.proto.v1.TimelineId;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/**
 * Where a device stands: the last id it has of its inbox and of each conversation. A value that the
 * device stores with what it has read; immutable.
 *
 * <p>Serialised, big-endian:
 *
 * <pre>
 * version: byte = 1 | inbox position: int64 | count: int32
 * count times, ascending by identifier: size: int32 | identifier: TimelineId of the protos | position: int64
 * CRC32C of all before: int32
 * </pre>
 */
public final class InboxState {

  private static final byte VERSION = 1;

  private static final int HEADER_BYTES = Byte.BYTES + Long.BYTES + Integer.BYTES;
  private static final int CHECKSUM_BYTES = Integer.BYTES;

  private static final InboxState NEW = new InboxState(0, Map.of());

  private final long inboxPosition;
  private final Map<Identifier, Long> positions;

  private InboxState(long inboxPosition, Map<Identifier, Long> positions) {
    this.inboxPosition = inboxPosition;
    this.positions = Collections.unmodifiableMap(positions);
  }

  /** A device that has nothing: it gets all that the user's conversations have for him. */
  public static InboxState ofNewDevice() {
    return NEW;
  }

  /**
   * A device that has everything up to these ids. To begin with what comes from now on, read the
   * inbox's head first and those of the conversations after it.
   *
   * @param inboxPosition last id of the inbox, 0 for none
   * @param positions last id by conversation, 0 for none
   */
  public static InboxState of(long inboxPosition, Map<Identifier, Long> positions) {
    requireNotNegative("inbox position", inboxPosition);
    positions.forEach(
        (conversation, position) -> requireNotNegative("position of " + conversation, position));
    return new InboxState(inboxPosition, new HashMap<>(positions));
  }

  private static void requireNotNegative(String name, long position) {
    if (position < 0) {
      throw new IllegalArgumentException(name + " " + position + " is negative; 0 is none");
    }
  }

  /** The last id of the inbox that was handled; 0 for none. */
  public long inboxPosition() {
    return inboxPosition;
  }

  /** The last id handled, by conversation. Unmodifiable. */
  public Map<Identifier, Long> positions() {
    return positions;
  }

  /** Without what is known of a conversation: for one that the user will never be in again. */
  public InboxState without(Identifier conversation) {
    Map<Identifier, Long> rest = new HashMap<>(positions);
    rest.remove(conversation);
    return new InboxState(inboxPosition, rest);
  }

  /** This state in the documented form; equal states give equal bytes. */
  public byte[] toBytes() {
    Map<Identifier, Long> sorted = new TreeMap<>(positions);
    int size = HEADER_BYTES + CHECKSUM_BYTES;
    for (Identifier conversation : sorted.keySet()) {
      size += Integer.BYTES + WireValues.toWire(conversation).getSerializedSize() + Long.BYTES;
    }
    ByteBuffer out = ByteBuffer.allocate(size);
    out.put(VERSION).putLong(inboxPosition).putInt(sorted.size());
    sorted.forEach(
        (conversation, position) -> {
          byte[] identifier = WireValues.toWire(conversation).toByteArray();
          out.putInt(identifier.length).put(identifier).putLong(position);
        });
    out.putInt(checksum(out.array(), out.position()));
    return out.array();
  }

  /**
   * The state that {@link #toBytes} wrote.
   *
   * @throws IllegalArgumentException if the bytes are not a whole state, or of a newer version
   */
  public static InboxState fromBytes(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    try {
      byte version = in.get();
      if (version != VERSION) {
        throw new IllegalArgumentException(
            "an inbox state of version " + version + "; this client reads version " + VERSION);
      }
      int end = bytes.length - CHECKSUM_BYTES;
      if (end < HEADER_BYTES || in.getInt(end) != checksum(bytes, end)) {
        throw new IllegalArgumentException(
            "an inbox state of " + bytes.length + " bytes whose checksum does not fit");
      }
      long inboxPosition = in.getLong();
      int count = in.getInt();
      Map<Identifier, Long> positions = new HashMap<>();
      for (int i = 0; i < count; i++) {
        byte[] identifier = new byte[Math.min(in.getInt(), in.remaining())];
        in.get(identifier);
        positions.put(WireValues.fromWire(TimelineId.parseFrom(identifier)), in.getLong());
      }
      return of(inboxPosition, positions);
    } catch (BufferUnderflowException
        | NegativeArraySizeException
        | InvalidProtocolBufferException e) {
      throw new IllegalArgumentException("an inbox state that is cut short or damaged", e);
    }
  }

  private static int checksum(byte[] bytes, int end) {
    CRC32C checksum = new CRC32C();
    checksum.update(bytes, 0, end);
    return (int) checksum.getValue();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof InboxState that
        && inboxPosition == that.inboxPosition
        && positions.equals(that.positions);
  }

  @Override
  public int hashCode() {
    return Long.hashCode(inboxPosition) * 31 + positions.hashCode();
  }

  /** Like {@code InboxState[inbox=7, {("group")=12}]}. */
  @Override
  public String toString() {
    return "InboxState[inbox=" + inboxPosition + ", " + new TreeMap<>(positions) + "]";
  }
}
