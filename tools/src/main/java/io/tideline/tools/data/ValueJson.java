package io.tideline.tools.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tideline.client.GeoPoint;
import io.tideline.client.Message;
import io.tideline.client.Value;
import io.tideline.tools.cli.Json;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/**
 * Values and messages as JSON and back.
 *
 * <table>
 *   <caption>Forms</caption>
 *   <tr><td>string, bool</td><td>as in JSON</td></tr>
 *   <tr><td>int64</td><td>a number without fraction and exponent</td></tr>
 *   <tr><td>double</td><td>any other number</td></tr>
 *   <tr><td>string list</td><td>an array of strings</td></tr>
 *   <tr><td>bytes</td><td>{@code {"base64":"…"}}</td></tr>
 *   <tr><td>geo point</td><td>{@code {"latitude":…,"longitude":…}}</td></tr>
 * </table>
 */
public final class ValueJson {
  private ValueJson() {}

  /** All fields of a message. */
  public static ObjectNode write(Message message) {
    ObjectNode object = Json.object();
    message.fields().forEach((name, value) -> object.set(name, write(value)));
    return object;
  }

  /** One value. */
  public static JsonNode write(Value value) {
    JsonNodeFactory json = JsonNodeFactory.instance;
    return switch (value) {
      case Value.Text text -> json.textNode(text.value());
      case Value.Int64 number -> json.numberNode(number.value());
      case Value.Float64 number -> json.numberNode(number.value());
      case Value.Bool bool -> json.booleanNode(bool.value());
      case Value.Bytes bytes ->
          json.objectNode().put("base64", Base64.getEncoder().encodeToString(bytes.value()));
      case Value.TextList list -> {
        ArrayNode array = json.arrayNode();
        list.values().forEach(array::add);
        yield array;
      }
      case Value.Geo geo ->
          json.objectNode()
              .put("latitude", geo.value().latitude())
              .put("longitude", geo.value().longitude());
    };
  }

  /**
   * A message from a JSON object.
   *
   * @throws IllegalArgumentException naming the field whose value has no form above
   */
  public static Message readMessage(ObjectNode object) {
    Message.Builder message = Message.builder();
    for (Map.Entry<String, JsonNode> field : object.properties()) {
      message.put(field.getKey(), read(field.getKey(), field.getValue()));
    }
    return message.build();
  }

  static Value read(String field, JsonNode node) {
    return switch (node.getNodeType()) {
      case STRING -> Value.of(node.textValue());
      case BOOLEAN -> Value.of(node.booleanValue());
      case NUMBER -> number(field, node);
      case ARRAY -> list(field, node);
      case OBJECT -> object(field, node);
      case BINARY, MISSING, NULL, POJO -> throw noForm(field, node);
    };
  }

  private static Value number(String field, JsonNode node) {
    if (!node.isIntegralNumber()) {
      return Value.of(node.doubleValue());
    }
    if (!node.canConvertToLong()) {
      throw new IllegalArgumentException(
          "field '" + field + "': " + node + " does not fit 64 bits; write it as a string");
    }
    return Value.of(node.longValue());
  }

  private static Value list(String field, JsonNode node) {
    List<String> texts = new ArrayList<>();
    for (JsonNode element : node) {
      if (!element.isTextual()) {
        throw noForm(field, node);
      }
      texts.add(element.textValue());
    }
    return Value.of(texts);
  }

  private static Value object(String field, JsonNode node) {
    if (node.size() == 1 && node.path("base64").isTextual()) {
      try {
        return Value.of(Base64.getDecoder().decode(node.path("base64").textValue()));
      } catch (IllegalArgumentException notBase64) {
        throw new IllegalArgumentException(
            "field '" + field + "': not base64: " + notBase64.getMessage(), notBase64);
      }
    }
    if (node.size() == 2 && node.path("latitude").isNumber() && node.path("longitude").isNumber()) {
      return Value.of(
          new GeoPoint(node.path("latitude").doubleValue(), node.path("longitude").doubleValue()));
    }
    throw noForm(field, node);
  }

  private static IllegalArgumentException noForm(String field, JsonNode node) {
    return new IllegalArgumentException(
        "field '"
            + field
            + "': "
            + node
            + " is not a value; use a string, number, true, false, a list of strings,"
            + " {\"base64\":…} or {\"latitude\":…,\"longitude\":…}");
  }
}
