package io.tideline.tools.chat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tideline.tools.cli.Json;

/**
 * One message of a chat log.
 *
 * @param conversation name of the conversation, not empty
 * @param sender name of the sender, not empty
 * @param timeMillis when it was sent, milliseconds since the Unix epoch
 * @param text what was said; may be empty
 * @param extra further fields of the line, in their order; scalars and lists of strings
 */
public record ChatMessage(
    String conversation, String sender, long timeMillis, String text, ObjectNode extra) {

  public ChatMessage {
    if (conversation.isEmpty() || sender.isEmpty()) {
      throw new IllegalArgumentException("conversation and sender must not be empty");
    }
  }

  /** A message with nothing but the four fields every log has. */
  public ChatMessage(String conversation, String sender, long timeMillis, String text) {
    this(conversation, sender, timeMillis, text, Json.object());
  }

  /** The message as a line of a chat log, without the line break. */
  public String toJson() {
    ObjectNode line = Json.object();
    line.put(ChatFormat.CONVERSATION, conversation);
    line.put(ChatFormat.SENDER, sender);
    line.put(ChatFormat.TIME_MILLIS, timeMillis);
    line.put(ChatFormat.TEXT, text);
    line.setAll(extra);
    return Json.write(line);
  }
}
