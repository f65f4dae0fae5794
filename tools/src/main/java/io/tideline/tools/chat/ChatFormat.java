package io.tideline.tools.chat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tideline.tools.cli.Json;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * One line of a chat log: a JSON object with {@code conversation}, {@code sender}, {@code ts_ms}
 * and {@code text}. Further fields are kept if they are strings, numbers, booleans or lists of
 * strings.
 *
 * <p>Everything written later comes from these lines, so reading is strict: what a store would
 * refuse or change on the way (wrong types, bytes that are not UTF-8, half a surrogate pair) is
 * refused here, with a reason.
 */
public final class ChatFormat {
  public static final String CONVERSATION = "conversation";
  public static final String SENDER = "sender";
  public static final String TIME_MILLIS = "ts_ms";
  public static final String TEXT = "text";

  /**
   * A node takes messages of 1 MiB unless configured otherwise; some of that is for field headers.
   */
  static final int LINE_BYTES_MAX = (1 << 20) - (16 << 10);

  /**
   * Names become identifiers of timelines, which may take 4 KiB when encoded; escapes double bytes.
   */
  static final int NAME_BYTES_MAX = 2_000;

  /** A message takes 1,024 fields, an inbox adds one to those of the line. */
  static final int FIELDS_MAX = 1_000;

  static final int FIELD_NAME_BYTES_MAX = 255;

  private static final int SHOWN_VALUE_LENGTH_MAX = 40;

  private ChatFormat() {}

  /**
   * Reads one line.
   *
   * @throws MalformedLineException with the reason
   */
  public static ChatMessage parse(byte[] line) throws MalformedLineException {
    if (line.length > LINE_BYTES_MAX) {
      throw new MalformedLineException(
          line.length + " bytes are more than the " + LINE_BYTES_MAX + " a message may have");
    }
    ObjectNode object = parseObject(line);
    String conversation = name(object, CONVERSATION);
    String sender = name(object, SENDER);
    JsonNode time = required(object, TIME_MILLIS);
    if (!time.isIntegralNumber() || !time.canConvertToLong() || time.asLong() < 0) {
      throw new MalformedLineException(
          "'ts_ms' must be milliseconds since 1970 as a whole number, found " + shorten(time));
    }
    JsonNode text = required(object, TEXT);
    if (!text.isTextual()) {
      throw new MalformedLineException("'text' must be a string, found " + shorten(text));
    }
    object.remove(List.of(CONVERSATION, SENDER, TIME_MILLIS, TEXT));
    checkExtra(object);
    return new ChatMessage(conversation, sender, time.asLong(), wellFormed(TEXT, text), object);
  }

  private static ObjectNode parseObject(byte[] line) throws MalformedLineException {
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(line)).toString();
    } catch (CharacterCodingException notUtf8) {
      throw new MalformedLineException("not UTF-8");
    }
    try {
      return Json.parseObject(text);
    } catch (IllegalArgumentException malformed) {
      throw new MalformedLineException(String.valueOf(malformed.getMessage()));
    }
  }

  private static JsonNode required(ObjectNode object, String field) throws MalformedLineException {
    JsonNode node = object.get(field);
    if (node == null) {
      throw new MalformedLineException("'" + field + "' is missing");
    }
    return node;
  }

  private static String name(ObjectNode object, String field) throws MalformedLineException {
    JsonNode node = required(object, field);
    if (!node.isTextual() || node.asText().isEmpty()) {
      throw new MalformedLineException(
          "'" + field + "' must be a string that is not empty, found " + shorten(node));
    }
    int bytes = utf8Length(wellFormed(field, node));
    if (bytes > NAME_BYTES_MAX) {
      throw new MalformedLineException(
          "'" + field + "' has " + bytes + " bytes, more than " + NAME_BYTES_MAX);
    }
    return node.asText();
  }

  private static int utf8Length(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  private static void checkExtra(ObjectNode extra) throws MalformedLineException {
    if (extra.size() > FIELDS_MAX) {
      throw new MalformedLineException(
          extra.size() + " further fields are more than " + FIELDS_MAX);
    }
    for (Map.Entry<String, JsonNode> field : extra.properties()) {
      int bytes = utf8Length(field.getKey());
      if (bytes < 1 || bytes > FIELD_NAME_BYTES_MAX) {
        throw new MalformedLineException(
            "field name " + shorten(field.getKey()) + " must have 1 to 255 bytes of UTF-8");
      }
      checkExtra(field.getKey(), field.getValue());
    }
  }

  private static void checkExtra(String field, JsonNode value) throws MalformedLineException {
    if (value.isTextual()) {
      wellFormed(field, value);
    } else if (value.isArray()) {
      for (JsonNode element : value) {
        if (!element.isTextual()) {
          throw unsupported(field, value);
        }
        wellFormed(field, element);
      }
    } else if (!value.isBoolean() && !isNumber(value)) {
      throw unsupported(field, value);
    }
  }

  private static boolean isNumber(JsonNode value) {
    return value.isIntegralNumber()
        ? value.canConvertToLong()
        : value.isNumber() && Double.isFinite(value.asDouble());
  }

  private static MalformedLineException unsupported(String field, JsonNode value) {
    return new MalformedLineException(
        "'"
            + field
            + "' must be a string, a number of 64 bits, true, false or a list of strings, found "
            + shorten(value));
  }

  private static String wellFormed(String field, JsonNode node) throws MalformedLineException {
    String text = node.asText();
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogatePair(
          text.charAt(i), i + 1 < text.length() ? text.charAt(i + 1) : 0)) {
        i++;
      } else if (Character.isSurrogate(text.charAt(i))) {
        throw new MalformedLineException(
            "'" + field + "' has half a surrogate pair, which UTF-8 cannot carry");
      }
    }
    return text;
  }

  private static String shorten(Object value) {
    String text = value.toString();
    return text.length() <= SHOWN_VALUE_LENGTH_MAX
        ? text
        : text.substring(0, SHOWN_VALUE_LENGTH_MAX) + "…";
  }
}
