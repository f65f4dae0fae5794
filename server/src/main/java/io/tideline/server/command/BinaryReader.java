package io.tideline.server.command;

/**
 * Reads what {@link BinaryWriter} wrote, never past its end.
 *
 * <p>Threading: confined to one thread.
 */
public final class BinaryReader {

  private final byte[] bytes;
  private final int end;
  private int position;

  public BinaryReader(byte[] bytes) {
    this(bytes, 0, bytes.length);
  }

  /** Reads {@code [start, end)}. */
  public BinaryReader(byte[] bytes, int start, int end) {
    this.bytes = bytes;
    this.position = start;
    this.end = end;
  }

  public int position() {
    return position;
  }

  public int remaining() {
    return end - position;
  }

  public int readByte() throws FormatException {
    require(1);
    return bytes[position++] & 0xff;
  }

  public int readInt() throws FormatException {
    require(Integer.BYTES);
    int value = 0;
    for (int shift = 0; shift < Integer.SIZE; shift += 8) {
      value |= (bytes[position++] & 0xff) << shift;
    }
    return value;
  }

  public long readLong() throws FormatException {
    require(Long.BYTES);
    long value = 0;
    for (int shift = 0; shift < Long.SIZE; shift += 8) {
      value |= (bytes[position++] & 0xffL) << shift;
    }
    return value;
  }

  /** A count or length, at most {@code Integer.MAX_VALUE}. */
  public int readLength() throws FormatException {
    long value = 0;
    for (int shift = 0; shift < 35; shift += 7) {
      int next = readByte();
      value |= (next & 0x7fL) << shift;
      if ((next & 0x80) == 0) {
        if (value > Integer.MAX_VALUE) {
          throw new FormatException("length " + value + " at byte " + position + " is too large");
        }
        return (int) value;
      }
    }
    throw new FormatException("length at byte " + position + " does not end within 5 bytes");
  }

  /** A copy of length-prefixed bytes. */
  public byte[] readBytes() throws FormatException {
    int length = readLength();
    require(length);
    byte[] value = new byte[length];
    System.arraycopy(bytes, position, value, 0, length);
    position += length;
    return value;
  }

  /** Refuses bytes left over. */
  public void expectEnd() throws FormatException {
    if (position != end) {
      throw new FormatException((end - position) + " bytes after the end at byte " + position);
    }
  }

  private void require(int count) throws FormatException {
    if (count > end - position) {
      throw new FormatException(
          "truncated: "
              + count
              + " bytes due at byte "
              + position
              + ", "
              + (end - position)
              + " left");
    }
  }
}
