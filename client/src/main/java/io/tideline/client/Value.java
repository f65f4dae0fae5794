package io.tideline.client;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * One value of a message field, a meta field, an identifier field or a filter operand.
 *
 * <p>Immutable; byte arrays are copied in and out. Strings must be well-formed UTF-16: an unpaired
 * surrogate has no UTF-8 form and is refused here rather than altered on the way.
 */
public sealed interface Value {

  /** A text value. */
  static Value of(String value) {
    return new Text(value);
  }

  /** A 64-bit integer value. */
  static Value of(long value) {
    return new Int64(value);
  }

  /**
   * A floating-point value.
   *
   * @throws IllegalArgumentException if it is NaN or infinite
   */
  static Value of(double value) {
    return new Float64(value);
  }

  /** A boolean value. */
  static Value of(boolean value) {
    return new Bool(value);
  }

  /** A value of raw bytes; the array is copied. */
  static Value of(byte[] value) {
    return new Bytes(value);
  }

  /** A list of strings, in the given order; may be empty. */
  static Value of(List<String> values) {
    return new TextList(values);
  }

  /** A point on the earth. */
  static Value of(GeoPoint value) {
    return new Geo(value);
  }

  /** Text. */
  record Text(String value) implements Value {
    public Text {
      Utf8.requireWellFormed(value);
    }

    @Override
    public String toString() {
      return Utf8.quote(value);
    }
  }

  /** A 64-bit integer. */
  record Int64(long value) implements Value {
    @Override
    public String toString() {
      return Long.toString(value);
    }
  }

  /** A finite double. */
  record Float64(double value) implements Value {
    public Float64 {
      if (!Double.isFinite(value)) {
        throw new IllegalArgumentException(
            "value " + value + " is not finite; use a finite double");
      }
    }

    @Override
    public String toString() {
      return Double.toString(value);
    }
  }

  /** A boolean. */
  record Bool(boolean value) implements Value {
    @Override
    public String toString() {
      return Boolean.toString(value);
    }
  }

  /** Raw bytes; compared by content. */
  record Bytes(byte[] value) implements Value {
    public Bytes {
      value = value.clone();
    }

    /** A copy of the bytes. */
    @Override
    public byte[] value() {
      return value.clone();
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Bytes that && Arrays.equals(value, that.value);
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

  /** Strings in order. */
  record TextList(List<String> values) implements Value {
    public TextList {
      values = List.copyOf(values);
      values.forEach(Utf8::requireWellFormed);
    }

    @Override
    public String toString() {
      return values.stream().map(Utf8::quote).toList().toString();
    }
  }

  /** A geographic point. */
  record Geo(GeoPoint value) implements Value {
    @Override
    public String toString() {
      return "(" + value.latitude() + ", " + value.longitude() + ")";
    }
  }
}
