package io.tideline.tools.transfer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tideline.client.Message;
import io.tideline.client.Value;
import io.tideline.tools.chat.ChatFormat;
import io.tideline.tools.chat.ChatMessage;
import io.tideline.tools.cli.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Chat messages as messages of a store and back.
 *
 * <p>In a conversation's timeline the identifier says which conversation it is; in an inbox a field
 * does.
 */
public final class ChatMapping {
  private ChatMapping() {}

  /** The message for its conversation's timeline. */
  public static Message forConversation(ChatMessage chat) {
    return fields(chat).build();
  }

  /** The message for an inbox. */
  public static Message forInbox(ChatMessage chat) {
    return fields(chat).put(ChatFormat.CONVERSATION, chat.conversation()).build();
  }

  private static Message.Builder fields(ChatMessage chat) {
    Message.Builder fields =
        Message.builder()
            .put(ChatFormat.SENDER, chat.sender())
            .put(ChatFormat.TIME_MILLIS, chat.timeMillis())
            .put(ChatFormat.TEXT, chat.text());
    chat.extra().properties().forEach(extra -> fields.put(extra.getKey(), value(extra.getValue())));
    return fields;
  }

  private static Value value(JsonNode node) {
    return switch (node.getNodeType()) {
      case BOOLEAN -> Value.of(node.booleanValue());
      case NUMBER ->
          node.isIntegralNumber() ? Value.of(node.longValue()) : Value.of(node.doubleValue());
      case ARRAY -> {
        List<String> texts = new ArrayList<>();
        node.forEach(element -> texts.add(element.textValue()));
        yield Value.of(texts);
      }
      case STRING -> Value.of(node.textValue());
      case BINARY, MISSING, NULL, OBJECT, POJO ->
          throw new IllegalArgumentException("not a field of a chat log: " + node);
    };
  }

  /**
   * The chat message an entry of a conversation's timeline holds; extra fields sorted by name.
   *
   * @throws IllegalArgumentException if the entry is none; the message names the field
   */
  public static ChatMessage toChat(String conversation, Message message) {
    String sender = text(message, ChatFormat.SENDER);
    long timeMillis =
        message.getLong(ChatFormat.TIME_MILLIS).orElseThrow(() -> missing(ChatFormat.TIME_MILLIS));
    ObjectNode extra = Json.object();
    Map<String, Value> others = new TreeMap<>(message.fields());
    others.remove(ChatFormat.SENDER);
    others.remove(ChatFormat.TIME_MILLIS);
    others.remove(ChatFormat.TEXT);
    others.forEach((name, value) -> put(extra, name, value));
    return new ChatMessage(conversation, sender, timeMillis, text(message, ChatFormat.TEXT), extra);
  }

  private static String text(Message message, String field) {
    return message.getString(field).orElseThrow(() -> missing(field));
  }

  private static IllegalArgumentException missing(String field) {
    return new IllegalArgumentException(
        "field '" + field + "' of a chat message is missing or of another kind");
  }

  private static void put(ObjectNode extra, String name, Value value) {
    switch (value) {
      case Value.Text text -> extra.put(name, text.value());
      case Value.Int64 number -> extra.put(name, number.value());
      case Value.Float64 number -> extra.put(name, number.value());
      case Value.Bool bool -> extra.put(name, bool.value());
      case Value.TextList list -> {
        ArrayNode array = extra.putArray(name);
        list.values().forEach(array::add);
      }
      case Value.Bytes bytes -> throw notChat(name, bytes);
      case Value.Geo geo -> throw notChat(name, geo);
    }
  }

  private static IllegalArgumentException notChat(String name, Value value) {
    return new IllegalArgumentException(
        "field '" + name + "' has a value a chat log cannot hold: " + value);
  }
}
