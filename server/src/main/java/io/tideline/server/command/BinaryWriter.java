package io.tideline.server.command;

import java.util.Arrays;

/**
 * Grows a byte array; integers are little-endian, lengths are unsigned varints of 7 bits a byte.
 *
 * <p>Threading: confined to one thread.
 */
public final class BinaryWriter {

  private static final int INITIAL_BYTES = 256;

  private byte[] bytes;
  private int size;

  public BinaryWriter() {
    this(INITIAL_BYTES);
  }

  /** Starts with room for {@code expectedBytes}. */
  public BinaryWriter(int expectedBytes) {
    bytes = new byte[Math.max(expectedBytes, INITIAL_BYTES)];
  }

  public int size() {
    return size;
  }

  public BinaryWriter putByte(int value) {
    reserve(1);
    bytes[size++] = (byte) value;
    return this;
  }

  public BinaryWriter putInt(int value) {
    reserve(Integer.BYTES);
    for (int shift = 0; shift < Integer.SIZE; shift += 8) {
      bytes[size++] = (byte) (value >>> shift);
    }
    return this;
  }

  public BinaryWriter putLong(long value) {
    reserve(Long.BYTES);
    for (int shift = 0; shift < Long.SIZE; shift += 8) {
      bytes[size++] = (byte) (value >>> shift);
    }
    return this;
  }

  /** A count or length. */
  public BinaryWriter putLength(int value) {
    if (value < 0) {
      throw new IllegalArgumentException("length " + value + " is negative");
    }
    reserve(5);
    int rest = value;
    while (rest >= 0x80) {
      bytes[size++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    bytes[size++] = (byte) rest;
    return this;
  }

  /** Length, then the bytes. */
  public BinaryWriter putBytes(byte[] value) {
    putLength(value.length);
    reserve(value.length);
    System.arraycopy(value, 0, bytes, size, value.length);
    size += value.length;
    return this;
  }

  /** The array written to, {@link #size} bytes of it used; valid until the next put. */
  byte[] backing() {
    return bytes;
  }

  /** A copy of what was written. */
  public byte[] toByteArray() {
    return Arrays.copyOf(bytes, size);
  }

  private void reserve(int count) {
    int needed = Math.addExact(size, count);
    if (needed > bytes.length) {
      int doubled = bytes.length << 1;
      bytes = Arrays.copyOf(bytes, doubled < 0 ? needed : Math.max(needed, doubled));
    }
  }
}
