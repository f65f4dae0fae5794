package io.tideline.lsm.file;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/** A growing little-endian byte buffer. */
public final class Encoder {

  private static final VarHandle SHORTS = view(short[].class);
  private static final VarHandle INTS = view(int[].class);
  private static final VarHandle LONGS = view(long[].class);

  private byte[] bytes;
  private int size;

  public Encoder(int capacity) {
    bytes = new byte[Math.max(16, capacity)];
  }

  private static VarHandle view(Class<?> type) {
    return MethodHandles.byteArrayViewVarHandle(type, ByteOrder.LITTLE_ENDIAN);
  }

  public Encoder putByte(int value) {
    int at = grow(1); // First: growing replaces the array.
    bytes[at] = (byte) value;
    return this;
  }

  public Encoder putShort(int value) {
    int at = grow(2);
    SHORTS.set(bytes, at, (short) value);
    return this;
  }

  public Encoder putInt(int value) {
    int at = grow(4);
    INTS.set(bytes, at, value);
    return this;
  }

  public Encoder putLong(long value) {
    int at = grow(8);
    LONGS.set(bytes, at, value);
    return this;
  }

  public Encoder putBytes(byte[] src, int offset, int length) {
    int at = grow(length);
    System.arraycopy(src, offset, bytes, at, length);
    return this;
  }

  /** Bytes with their length before them, as an int. */
  public Encoder putSized(byte[] src) {
    putInt(src.length);
    return putBytes(src, 0, src.length);
  }

  /** Writes the low {@code width} bytes (0, 1, 2, 4 or 8) of a value. */
  public Encoder putWidth(long value, int width) {
    switch (width) {
      case 0 -> {}
      case 1 -> putByte((int) value);
      case 2 -> putShort((int) value);
      case 4 -> putInt((int) value);
      case 8 -> putLong(value);
      default -> throw new AssertionError("width " + width);
    }
    return this;
  }

  /** Overwrites an int written before. */
  public void setInt(int at, int value) {
    INTS.set(bytes, at, value);
  }

  /** Makes room and returns where it starts. */
  public int grow(int length) {
    int at = size;
    if (bytes.length - size < length) {
      bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, size + length));
    }
    size += length;
    return at;
  }

  /** The backing array; replaced when the encoder grows. */
  public byte[] array() {
    return bytes;
  }

  public int size() {
    return size;
  }

  public void clear() {
    size = 0;
  }

  public byte[] toByteArray() {
    return Arrays.copyOf(bytes, size);
  }
}
