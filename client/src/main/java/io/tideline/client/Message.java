package io.tideline.client;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.StringJoiner;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Free-schema content: named fields in any combination. What is appended to a timeline, and what
 * its meta consists of.
 *
 * <pre>{@code
 * Message message = Message.builder().put("sender", "ana").put("text", "你好").put("urgent", true).build();
 * String text = message.getString("text").orElse("");
 * }</pre>
 *
 * <p>Immutable. Two messages are equal if they have the same fields with the same values, in
 * whatever order. The server allows 1 to 1,024 fields, names of 1 to 255 bytes and 1 MiB encoded.
 */
public final class Message {

  private static final Message EMPTY = new Message(Map.of());

  private final Map<String, Value> fields;

  private Message(Map<String, Value> fields) {
    this.fields = fields;
  }

  public static Builder builder() {
    return new Builder();
  }

  /** A message without fields, as recalled entries and reads of ids only have it. */
  public static Message empty() {
    return EMPTY;
  }

  /** A message of one text field. */
  public static Message of(String name, String text) {
    return builder().put(name, text).build();
  }

  /** A message of the given fields, in the map's order. */
  public static Message of(Map<String, Value> fields) {
    Builder builder = builder();
    fields.forEach(builder::put);
    return builder.build();
  }

  /** All fields, in the order they were put; sorted by name if read from a server. Unmodifiable. */
  public Map<String, Value> fields() {
    return fields;
  }

  public boolean isEmpty() {
    return fields.isEmpty();
  }

  /** The field's value, or null if there is no such field. */
  public @Nullable Value get(String name) {
    return fields.get(name);
  }

  /** The field's text; empty if it is absent or of another kind. So for all typed getters. */
  public Optional<String> getString(String name) {
    return typed(name, Value.Text.class, Value.Text::value);
  }

  public OptionalLong getLong(String name) {
    return fields.get(name) instanceof Value.Int64 v
        ? OptionalLong.of(v.value())
        : OptionalLong.empty();
  }

  public OptionalDouble getDouble(String name) {
    return fields.get(name) instanceof Value.Float64 v
        ? OptionalDouble.of(v.value())
        : OptionalDouble.empty();
  }

  public Optional<Boolean> getBoolean(String name) {
    return typed(name, Value.Bool.class, Value.Bool::value);
  }

  /** A copy of the field's bytes. */
  public Optional<byte[]> getBytes(String name) {
    return typed(name, Value.Bytes.class, Value.Bytes::value);
  }

  public Optional<List<String>> getStringList(String name) {
    return typed(name, Value.TextList.class, Value.TextList::values);
  }

  public Optional<GeoPoint> getGeoPoint(String name) {
    return typed(name, Value.Geo.class, Value.Geo::value);
  }

  private <V, T> Optional<T> typed(String name, Class<V> kind, Function<V, T> content) {
    Value value = fields.get(name);
    return kind.isInstance(value) ? Optional.of(content.apply(kind.cast(value))) : Optional.empty();
  }

  /** A builder that starts with this message's fields. */
  public Builder toBuilder() {
    Builder builder = builder();
    fields.forEach(builder::put);
    return builder;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Message that && fields.equals(that.fields);
  }

  @Override
  public int hashCode() {
    return fields.hashCode();
  }

  /** Like {@code {sender="ana", urgent=true}}. */
  @Override
  public String toString() {
    StringJoiner out = new StringJoiner(", ", "{", "}");
    fields.forEach((name, value) -> out.add(name + "=" + value));
    return out.toString();
  }

  /** Collects fields; a second put of a name replaces the first. Not thread-safe. */
  public static final class Builder {
    private final Map<String, Value> fields = new LinkedHashMap<>();

    private Builder() {}

    public Builder put(String name, Value value) {
      if (name.isEmpty()) {
        throw new IllegalArgumentException("a field name is empty; give it 1 to 255 bytes");
      }
      fields.put(Utf8.requireWellFormed(name), value);
      return this;
    }

    public Builder put(String name, String value) {
      return put(name, Value.of(value));
    }

    public Builder put(String name, long value) {
      return put(name, Value.of(value));
    }

    public Builder put(String name, double value) {
      return put(name, Value.of(value));
    }

    public Builder put(String name, boolean value) {
      return put(name, Value.of(value));
    }

    public Builder put(String name, byte[] value) {
      return put(name, Value.of(value));
    }

    public Builder put(String name, List<String> values) {
      return put(name, Value.of(values));
    }

    public Builder put(String name, GeoPoint value) {
      return put(name, Value.of(value));
    }

    public Message build() {
      return fields.isEmpty()
          ? EMPTY
          : new Message(Collections.unmodifiableMap(new LinkedHashMap<>(fields)));
    }
  }
}
