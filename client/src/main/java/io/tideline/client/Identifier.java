package io.tideline.client;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The ordered fields that name a timeline inside its store, as the store's identifier schema asks:
 * 1 to 4 values, each text, a 64-bit integer or bytes; text and bytes are not empty.
 *
 * <p>Identifiers compare as the server orders timelines: field by field, text by its UTF-8 bytes,
 * bytes as unsigned.
 */
public final class Identifier implements Comparable<Identifier> {

  /** What the contract allows; schemas are fixed at creation and never longer. */
  static final int FIELDS_MAX = 4;

  private final List<Value> values;

  private Identifier(List<Value> values) {
    this.values = values;
  }

  /**
   * An identifier of these fields in schema order.
   *
   * @param fields each a String, Long, Integer, Short, byte[] or a {@link Value} of those kinds
   * @throws IllegalArgumentException if a field has another type or is empty, or if there are none
   *     or more than 4
   */
  public static Identifier of(Object... fields) {
    List<Value> values = new ArrayList<>(fields.length);
    for (Object field : fields) {
      values.add(Values.of(field));
    }
    return ofValues(values);
  }

  /** As {@link #of}, from values. */
  public static Identifier ofValues(List<Value> values) {
    if (values.isEmpty() || values.size() > FIELDS_MAX) {
      throw new IllegalArgumentException(
          "an identifier of " + values.size() + " fields; give it 1.." + FIELDS_MAX);
    }
    values.forEach(Identifier::requireIdentifierKind);
    return new Identifier(List.copyOf(values));
  }

  /** The fields in schema order. Unmodifiable. */
  public List<Value> values() {
    return values;
  }

  @Override
  public int compareTo(Identifier other) {
    int common = Math.min(values.size(), other.values.size());
    for (int i = 0; i < common; i++) {
      int order = compare(values.get(i), other.values.get(i));
      if (order != 0) {
        return order;
      }
    }
    return Integer.compare(values.size(), other.values.size());
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Identifier that && values.equals(that.values);
  }

  @Override
  public int hashCode() {
    return values.hashCode();
  }

  /** Like {@code ("group", 42)}. */
  @Override
  public String toString() {
    return values.stream().map(Value::toString).collect(Collectors.joining(", ", "(", ")"));
  }

  private static void requireIdentifierKind(Value value) {
    if (value instanceof Value.Int64) {
      return;
    }
    boolean empty;
    if (value instanceof Value.Text text) {
      empty = text.value().isEmpty();
    } else if (value instanceof Value.Bytes bytes) {
      empty = bytes.value().length == 0;
    } else {
      throw new IllegalArgumentException(
          "an identifier field is " + value + "; give text, an integer or bytes");
    }
    if (empty) {
      throw new IllegalArgumentException("an identifier field is empty; give it at least 1 byte");
    }
  }

  private static int compare(Value left, Value right) {
    if (left instanceof Value.Text a && right instanceof Value.Text b) {
      return Utf8.compare(a.value(), b.value());
    }
    if (left instanceof Value.Int64 a && right instanceof Value.Int64 b) {
      return Long.compare(a.value(), b.value());
    }
    if (left instanceof Value.Bytes a && right instanceof Value.Bytes b) {
      return Arrays.compareUnsigned(a.value(), b.value());
    }
    return Integer.compare(kindOrder(left), kindOrder(right));
  }

  /** Within one store kinds never differ; across stores any fixed order will do. */
  private static int kindOrder(Value value) {
    if (value instanceof Value.Text) {
      return 0;
    }
    return value instanceof Value.Int64 ? 1 : 2;
  }
}
