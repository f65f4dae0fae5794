package io.tideline.client;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads the encoded identifiers that bound partitions: fields one after the other, each a tag and
 * its content. Tag 0x01 begins bytes and 0x02 text, both ended by 0x00, with 0x00 written 0x01 0x01
 * and 0x01 written 0x01 0x02. Tag 0x14 + n begins a positive integer of n bytes, big-endian, and
 * 0x14 - n a negative one, the complement of its magnitude.
 */
final class EncodedIdentifier {

  private static final int TAG_BYTES = 0x01;
  private static final int TAG_TEXT = 0x02;
  private static final int TAG_ZERO = 0x14;
  private static final int TERMINATOR = 0x00;
  private static final int ESCAPE = 0x01;
  private static final int ESCAPED_00 = 0x01;
  private static final int ESCAPED_01 = 0x02;

  private final byte[] key;
  private int offset;

  private EncodedIdentifier(byte[] key) {
    this.key = key;
  }

  /**
   * The identifier.
   *
   * @throws IllegalArgumentException if the bytes are not one, or of a newer format
   */
  static Identifier decode(byte[] key) {
    EncodedIdentifier reader = new EncodedIdentifier(key);
    List<Value> fields = new ArrayList<>();
    while (reader.offset < key.length) {
      fields.add(reader.field());
    }
    return Identifier.ofValues(fields);
  }

  private Value field() {
    int tag = next();
    if (tag == TAG_TEXT) {
      return Value.of(new String(content(), StandardCharsets.UTF_8));
    }
    if (tag == TAG_BYTES) {
      return Value.of(content());
    }
    int bytes = Math.abs(tag - TAG_ZERO);
    if (bytes > Long.BYTES) {
      throw malformed("tag " + tag);
    }
    long bits = 0;
    for (int i = 0; i < bytes; i++) {
      bits = (bits << Byte.SIZE) | next();
    }
    if (tag >= TAG_ZERO) {
      return Value.of(bits);
    }
    long mask = bytes == Long.BYTES ? -1 : (1L << (bytes * Byte.SIZE)) - 1;
    return Value.of(-(~bits & mask));
  }

  private byte[] content() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int b = next(); b != TERMINATOR; b = next()) {
      out.write(b == ESCAPE ? unescaped(next()) : b);
    }
    return out.toByteArray();
  }

  private int unescaped(int escaped) {
    return switch (escaped) {
      case ESCAPED_00 -> 0;
      case ESCAPED_01 -> 1;
      default -> throw malformed("escape " + escaped);
    };
  }

  private int next() {
    if (offset == key.length) {
      throw malformed("end");
    }
    return key[offset++] & 0xff;
  }

  private IllegalArgumentException malformed(String what) {
    return new IllegalArgumentException(
        "an encoded identifier has an unexpected " + what + " at offset " + offset);
  }
}
