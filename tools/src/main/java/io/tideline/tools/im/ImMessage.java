package io.tideline.tools.im;

import io.tideline.client.Entry;
import io.tideline.client.Message;
import java.time.Instant;

/**
 * A message as people see it.
 *
 * @param id its id in the conversation
 * @param sender who wrote it; empty if it was recalled, for a recall takes all fields
 * @param text the text as it is now; empty if it was recalled
 * @param time when it was sent
 * @param kind what it is
 * @param isEdited whether the text is not the first
 * @param isRecalled whether it was taken back
 */
public record ImMessage(
    long id,
    String sender,
    String text,
    Instant time,
    Kind kind,
    boolean isEdited,
    boolean isRecalled) {

  /** What a message is. */
  public enum Kind {
    /** Somebody wrote it. */
    TEXT,
    /** It tells that somebody joined or left. */
    MEMBERSHIP
  }

  static final String SENDER = "sender";
  static final String TEXT = "text";

  /** Present in messages that tell of members. */
  static final String MEMBERSHIP = "membership";

  /** Conversation and id there, in inbox entries. */
  static final String CONVERSATION = "conversation";

  static final String SEQUENCE_ID = "conversation_sequence_id";

  static Message text(String sender, String text) {
    return Message.builder().put(SENDER, sender).put(TEXT, text).build();
  }

  static Message membership(String user, String text) {
    return text(user, text).toBuilder().put(MEMBERSHIP, true).build();
  }

  /** A MESSAGE entry of a conversation. */
  static ImMessage of(Entry entry) {
    Message message = entry.message();
    return new ImMessage(
        entry.sequenceId(),
        message.getString(SENDER).orElse(""),
        message.getString(TEXT).orElse(""),
        entry.appendTime(),
        message.get(MEMBERSHIP) == null ? Kind.TEXT : Kind.MEMBERSHIP,
        entry.revision() > 0 && !entry.recalled(),
        entry.recalled());
  }
}
