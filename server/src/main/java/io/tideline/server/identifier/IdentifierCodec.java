package io.tideline.server.identifier;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Encodes identifiers so that comparing the bytes (unsigned) compares the tuples field by field.
 *
 * <h2>Layout</h2>
 *
 * The fields one after the other, nothing before, between or after them. Each begins with a tag
 * that tells its type, so the bytes can be read back without the store's schema:
 *
 * <pre>
 *   bytes    0x01  escaped bytes  0x00
 *   string   0x02  escaped UTF-8  0x00
 *   int64    0x14 - n .. 0x14 + n, then n bytes, big-endian, n = 0..8
 * </pre>
 *
 * <h2>Fields</h2>
 *
 * <ul>
 *   <li><b>Escape</b>: 0x00 is written 0x01 0x01 and 0x01 is written 0x01 0x02; every other byte
 *       stands for itself. So 0x00 occurs only as the terminator, which sorts a shorter value
 *       before a longer one that begins with it, and no encoding is a prefix of another one.
 *   <li><b>int64</b>: n is the least number of bytes that holds the magnitude. Zero is the tag 0x14
 *       alone. A positive number has tag 0x14 + n and its magnitude; a negative one has tag 0x14 -
 *       n and the complement of its magnitude in n bytes, so that -2 sorts before -1.
 * </ul>
 *
 * <h2>Example</h2>
 *
 * <pre>
 *   ("im", 300)   02 69 6d 00 16 01 2c
 *   (-1)          13 fe
 * </pre>
 *
 * <h2>Compatibility</h2>
 *
 * These bytes are the keys of the engine, of split points and of the log: they never change. New
 * types take new tags below 0xff. There is one encoding per tuple; {@link #decode} refuses any
 * other.
 */
public final class IdentifierCodec {

  /** Most fields an identifier has: enough for (tenant, app, kind, id), and keys stay short. */
  public static final int FIELDS_MAX = 4;

  /**
   * Largest encoding in bytes. Keys are repeated in memtables, block indexes and messages between
   * nodes; 4 KiB holds any sane name and keeps a key far below a block.
   */
  public static final int ENCODED_BYTES_MAX = 4 << 10;

  private static final int TAG_BYTES = 0x01;
  private static final int TAG_STRING = 0x02;
  private static final int TAG_INT64_ZERO = 0x14;

  private static final int TERMINATOR = 0x00;
  private static final int ESCAPE = 0x01;
  private static final int ESCAPED_00 = 0x01;
  private static final int ESCAPED_01 = 0x02;

  private IdentifierCodec() {}

  /**
   * The key of a whole identifier.
   *
   * @param fields 1 to {@link #FIELDS_MAX}
   * @throws IdentifierTooLargeException if the encoding exceeds {@link #ENCODED_BYTES_MAX}
   */
  public static byte[] encode(List<IdentifierValue> fields) {
    if (fields.isEmpty() || fields.size() > FIELDS_MAX) {
      throw new IllegalArgumentException(
          "an identifier of " + fields.size() + " fields is outside 1.." + FIELDS_MAX);
    }
    return encodePrefix(fields);
  }

  /**
   * The common first bytes of all identifiers that begin with these fields; empty for no fields.
   *
   * @throws IdentifierTooLargeException as {@link #encode}
   */
  public static byte[] encodePrefix(List<IdentifierValue> fields) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(32);
    for (IdentifierValue field : fields) {
      switch (field) {
        case IdentifierValue.Text text ->
            writeEscaped(out, TAG_STRING, text.value().getBytes(StandardCharsets.UTF_8));
        case IdentifierValue.Int64 number -> writeInt64(out, number.value());
        case IdentifierValue.Bytes bytes -> writeEscaped(out, TAG_BYTES, bytes.value());
      }
    }
    if (out.size() > ENCODED_BYTES_MAX) {
      throw new IdentifierTooLargeException(out.size());
    }
    return out.toByteArray();
  }

  /**
   * The exclusive end of the range of keys that begin with {@code prefix}: the smallest key after
   * all of them, or null if there is none because the prefix is empty.
   */
  public static byte @Nullable [] prefixEnd(byte[] prefix) {
    int last = prefix.length - 1;
    while (last >= 0 && prefix[last] == (byte) 0xff) {
      last--;
    }
    if (last < 0) {
      return null;
    }
    byte[] end = Arrays.copyOf(prefix, last + 1);
    end[last]++;
    return end;
  }

  /**
   * The fields of a key made by {@link #encode}.
   *
   * @throws IllegalArgumentException if the bytes are not one, naming the offset
   */
  public static List<IdentifierValue> decode(byte[] key) {
    if (key.length > ENCODED_BYTES_MAX) {
      throw new IdentifierTooLargeException(key.length);
    }
    Reader reader = new Reader(key);
    List<IdentifierValue> fields = new ArrayList<>(FIELDS_MAX);
    while (reader.hasRemaining()) {
      if (fields.size() == FIELDS_MAX) {
        throw reader.malformed("more than " + FIELDS_MAX + " fields");
      }
      fields.add(reader.readField());
    }
    if (fields.isEmpty()) {
      throw reader.malformed("no field");
    }
    return List.copyOf(fields);
  }

  private static void writeEscaped(ByteArrayOutputStream out, int tag, byte[] value) {
    out.write(tag);
    for (byte b : value) {
      switch (b) {
        case 0 -> {
          out.write(ESCAPE);
          out.write(ESCAPED_00);
        }
        case 1 -> {
          out.write(ESCAPE);
          out.write(ESCAPED_01);
        }
        default -> out.write(b);
      }
    }
    out.write(TERMINATOR);
  }

  private static void writeInt64(ByteArrayOutputStream out, long value) {
    int count = byteCount(value);
    out.write(TAG_INT64_ZERO + (value < 0 ? -count : count));
    long bits = value < 0 ? ~magnitude(value) : value;
    for (int shift = 8 * (count - 1); shift >= 0; shift -= 8) {
      out.write((int) (bits >>> shift));
    }
  }

  /** Bytes of the magnitude, 0 for zero. The magnitude of Long.MIN_VALUE fits 8 bytes unsigned. */
  private static int byteCount(long value) {
    return (Long.SIZE - Long.numberOfLeadingZeros(magnitude(value)) + 7) / 8;
  }

  private static long magnitude(long value) {
    return value < 0 ? -value : value;
  }

  /** Walks an encoded key. */
  private static final class Reader {
    private final byte[] key;
    private int offset;

    Reader(byte[] key) {
      this.key = key;
    }

    boolean hasRemaining() {
      return offset < key.length;
    }

    IdentifierValue readField() {
      int tag = key[offset++] & 0xff;
      if (tag == TAG_BYTES) {
        return new IdentifierValue.Bytes(readEscaped());
      }
      if (tag == TAG_STRING) {
        return new IdentifierValue.Text(readText());
      }
      int count = tag - TAG_INT64_ZERO;
      if (count < -Long.BYTES || count > Long.BYTES) {
        throw malformed("unknown tag 0x" + Integer.toHexString(tag));
      }
      return new IdentifierValue.Int64(readInt64(count));
    }

    private String readText() {
      byte[] utf8 = readEscaped();
      String text = new String(utf8, StandardCharsets.UTF_8);
      if (!Arrays.equals(text.getBytes(StandardCharsets.UTF_8), utf8)) {
        throw malformed("a string that is not UTF-8");
      }
      return text;
    }

    private byte[] readEscaped() {
      ByteArrayOutputStream value = new ByteArrayOutputStream(key.length - offset);
      for (int b = readByte(); b != TERMINATOR; b = readByte()) {
        value.write(b == ESCAPE ? readEscapedByte() : b);
      }
      if (value.size() == 0) {
        throw malformed("an empty field");
      }
      return value.toByteArray();
    }

    private int readEscapedByte() {
      return switch (readByte()) {
        case ESCAPED_00 -> 0x00;
        case ESCAPED_01 -> 0x01;
        default -> throw malformed("an unknown escape");
      };
    }

    /**
     * @param count bytes of the magnitude, negative for a negative number
     */
    private long readInt64(int count) {
      long bits = 0;
      for (int i = 0; i < Math.abs(count); i++) {
        bits = (bits << 8) | readByte();
      }
      long mask = count == 0 ? 0 : -1L >>> (Long.SIZE - 8 * Math.abs(count));
      long value = count < 0 ? -(~bits & mask) : bits;
      // Rejects padded magnitudes and those beyond int64, whose sign comes out wrong.
      if (byteCount(value) != Math.abs(count) || Long.signum(value) != Integer.signum(count)) {
        throw malformed("an integer that is not in its shortest form");
      }
      return value;
    }

    private int readByte() {
      if (offset == key.length) {
        throw malformed("an unfinished field");
      }
      return key[offset++] & 0xff;
    }

    IllegalArgumentException malformed(String what) {
      return new IllegalArgumentException(
          "not an encoded identifier: " + what + " at offset " + offset);
    }
  }
}
