package io.tideline.tools.data;

import io.tideline.client.GeoPoint;
import io.tideline.client.Message;
import io.tideline.client.Value;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One field of a message as typed: {@code name=text}, or {@code name:type=value} with one of the
 * types string, int64, double, bool, bytes (hexadecimal), list (items separated by commas) and geo
 * (latitude and longitude separated by a comma). A name that itself has a colon or equals sign
 * needs {@code --json}.
 */
public final class FieldText {
  private static final Pattern FIELD =
      Pattern.compile("([^:=]+)(?::([a-z0-9]+))?=(.*)", Pattern.DOTALL);

  private FieldText() {}

  /**
   * Reads fields in order.
   *
   * @throws IllegalArgumentException naming the field that is wrong or given twice
   */
  public static Message parse(List<String> fields) {
    Map<String, Value> values = new LinkedHashMap<>();
    for (String field : fields) {
      Matcher matcher = FIELD.matcher(field);
      if (!matcher.matches()) {
        throw new IllegalArgumentException(
            "field '" + field + "' must be name=text or name:type=value, for example n:int64=3");
      }
      String type = matcher.group(2) == null ? "string" : matcher.group(2);
      Value value = value(matcher.group(1), type, matcher.group(3));
      if (values.put(matcher.group(1), value) != null) {
        throw new IllegalArgumentException("field '" + matcher.group(1) + "' is given twice");
      }
    }
    return Message.of(values);
  }

  private static Value value(String name, String type, String text) {
    try {
      return switch (type) {
        case "string" -> Value.of(text);
        case "int64" -> Value.of(Long.parseLong(text));
        case "double" -> Value.of(Double.parseDouble(text));
        case "bool" -> Value.of(bool(text));
        case "bytes" ->
            Value.of(HexFormat.of().parseHex(text.startsWith("0x") ? text.substring(2) : text));
        case "list" -> Value.of(text.isEmpty() ? List.of() : List.of(text.split(",", -1)));
        case "geo" -> Value.of(geo(text));
        default ->
            throw new IllegalArgumentException(
                "there is no type '"
                    + type
                    + "'; use string, int64, double, bool, bytes, list or geo");
      };
    } catch (IllegalArgumentException wrongForm) {
      throw new IllegalArgumentException(
          "field '" + name + ":" + type + "=" + text + "': " + wrongForm.getMessage(), wrongForm);
    }
  }

  private static boolean bool(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new IllegalArgumentException("must be true or false");
    };
  }

  private static GeoPoint geo(String text) {
    List<Double> parts = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      parts.add(Double.parseDouble(part.strip()));
    }
    if (parts.size() != 2) {
      throw new IllegalArgumentException("must be latitude,longitude");
    }
    return new GeoPoint(parts.getFirst(), parts.getLast());
  }
}
