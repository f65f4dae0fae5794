package io.tideline.tools.data;

import io.tideline.client.Identifier;
import io.tideline.client.IdentifierField;
import io.tideline.client.IdentifierType;
import io.tideline.client.Value;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

/**
 * Identifiers and their schemas as typed on the command line.
 *
 * <p>A schema is {@code conversation:string,thread:int64}; a field without a type is a string. An
 * identifier is its fields in schema order, separated by commas; a comma or backslash inside a
 * field is written {@code \,} or {@code \\}. Bytes are hexadecimal, optionally after {@code 0x}.
 */
public final class IdentifierText {
  private IdentifierText() {}

  /**
   * Reads a schema.
   *
   * @throws IllegalArgumentException naming the field that is wrong
   */
  public static List<IdentifierField> parseSchema(String text) {
    List<IdentifierField> fields = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      int colon = part.indexOf(':');
      String name = (colon < 0 ? part : part.substring(0, colon)).strip();
      if (name.isEmpty()) {
        throw new IllegalArgumentException(
            "identifier schema '"
                + text
                + "' has a field without a name; write name:type,name:type");
      }
      fields.add(
          new IdentifierField(
              name, colon < 0 ? IdentifierType.STRING : type(name, part.substring(colon + 1))));
    }
    return fields;
  }

  private static IdentifierType type(String field, String text) {
    return switch (text.strip().toLowerCase(Locale.ROOT)) {
      case "string" -> IdentifierType.STRING;
      case "int64" -> IdentifierType.INT64;
      case "bytes" -> IdentifierType.BYTES;
      default ->
          throw new IllegalArgumentException(
              "identifier field '"
                  + field
                  + "' has type '"
                  + text
                  + "'; it must be string, int64 or bytes");
    };
  }

  /** The schema as it would be typed. */
  public static String writeSchema(List<IdentifierField> schema) {
    return schema.stream()
        .map(field -> field.name() + ":" + field.type().name().toLowerCase(Locale.ROOT))
        .collect(java.util.stream.Collectors.joining(","));
  }

  /**
   * Reads a whole identifier.
   *
   * @throws IllegalArgumentException if number or types of the fields do not fit the schema
   */
  public static Identifier parse(String text, List<IdentifierField> schema) {
    List<String> parts = split(text);
    if (parts.size() != schema.size()) {
      throw new IllegalArgumentException(
          "identifier '"
              + text
              + "' has "
              + parts.size()
              + " fields, the store's schema "
              + schema.size()
              + " ("
              + writeSchema(schema)
              + ")");
    }
    return Identifier.ofValues(parsePrefix(text, schema));
  }

  /**
   * Reads the leading fields of an identifier.
   *
   * @throws IllegalArgumentException if there are too many or a type does not fit
   */
  public static List<Value> parsePrefix(String text, List<IdentifierField> schema) {
    List<String> parts = split(text);
    if (parts.size() > schema.size()) {
      throw new IllegalArgumentException(
          "'"
              + text
              + "' has "
              + parts.size()
              + " fields, the store's schema only "
              + schema.size()
              + " ("
              + writeSchema(schema)
              + ")");
    }
    List<Value> values = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      values.add(value(parts.get(i), schema.get(i)));
    }
    return values;
  }

  private static Value value(String text, IdentifierField field) {
    if (text.isEmpty()) {
      throw new IllegalArgumentException("identifier field '" + field.name() + "' is empty");
    }
    try {
      return switch (field.type()) {
        case STRING -> Value.of(text);
        case INT64 -> Value.of(Long.parseLong(text));
        case BYTES ->
            Value.of(HexFormat.of().parseHex(text.startsWith("0x") ? text.substring(2) : text));
      };
    } catch (IllegalArgumentException wrongForm) {
      throw new IllegalArgumentException(
          "identifier field '"
              + field.name()
              + "' must be "
              + (field.type() == IdentifierType.INT64 ? "a 64-bit integer" : "hexadecimal bytes")
              + ", got '"
              + text
              + "'",
          wrongForm);
    }
  }

  private static List<String> split(String text) {
    List<String> parts = new ArrayList<>();
    StringBuilder part = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\\' && i + 1 < text.length()) {
        i++;
        part.append(text.charAt(i));
      } else if (c == ',') {
        parts.add(part.toString());
        part.setLength(0);
      } else {
        part.append(c);
      }
    }
    parts.add(part.toString());
    return parts;
  }

  /** The identifier as it would be typed. */
  public static String write(Identifier identifier) {
    return identifier.values().stream()
        .map(IdentifierText::writeField)
        .collect(java.util.stream.Collectors.joining(","));
  }

  private static String writeField(Value value) {
    return switch (value) {
      case Value.Text text -> text.value().replace("\\", "\\\\").replace(",", "\\,");
      case Value.Bytes bytes -> "0x" + HexFormat.of().formatHex(bytes.value());
      case Value.Int64 number -> Long.toString(number.value());
      case Value.Float64 other -> throw notIdentifying(other);
      case Value.Bool other -> throw notIdentifying(other);
      case Value.TextList other -> throw notIdentifying(other);
      case Value.Geo other -> throw notIdentifying(other);
    };
  }

  private static IllegalArgumentException notIdentifying(Value value) {
    return new IllegalArgumentException("not a value of an identifier: " + value);
  }
}
