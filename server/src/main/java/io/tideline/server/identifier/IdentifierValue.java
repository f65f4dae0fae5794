package io.tideline.server.identifier;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/** One field of a timeline identifier. */
public sealed interface IdentifierValue {

  /** Text without unpaired surrogates, not empty. Ordered by code point, as its UTF-8 bytes are. */
  record Text(String value) implements IdentifierValue {
    public Text {
      if (value.isEmpty()) {
        throw new IllegalArgumentException("a string field of an identifier must not be empty");
      }
      if (!StandardCharsets.UTF_8.newEncoder().canEncode(value)) {
        throw new IllegalArgumentException(
            "a string field of an identifier has an unpaired surrogate and no UTF-8 form");
      }
    }

    @Override
    public String toString() {
      return value;
    }
  }

  /** Any int64, ordered as a signed number. */
  record Int64(long value) implements IdentifierValue {
    @Override
    public String toString() {
      return Long.toString(value);
    }
  }

  /** Bytes, not empty, ordered as unsigned. Not copied: treat the array as immutable. */
  record Bytes(byte[] value) implements IdentifierValue {
    public Bytes {
      if (value.length == 0) {
        throw new IllegalArgumentException("a bytes field of an identifier must not be empty");
      }
    }

    @Override
    public boolean equals(Object o) {
      return o instanceof Bytes other && Arrays.equals(value, other.value);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(value);
    }

    @Override
    public String toString() {
      return "0x" + HexFormat.of().formatHex(value);
    }
  }
}
