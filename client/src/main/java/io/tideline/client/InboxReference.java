package io.tideline.client;

/**
 * What an inbox entry stands for: one entry of one conversation.
 *
 * @param conversation the conversation's timeline, in the store of conversations
 * @param sequenceId the entry's id there, from 1
 * @param isCopy true if the inbox entry has the content; false if it only gives notice and the
 *     content is to be read in the conversation
 */
public record InboxReference(Identifier conversation, long sequenceId, boolean isCopy) {

  public InboxReference {
    if (sequenceId < 1) {
      throw new IllegalArgumentException(
          "an inbox entry that names id " + sequenceId + " of a conversation; ids begin at 1");
    }
  }

  /** The inbox entry is a copy of the conversation's entry. */
  public static InboxReference copyOf(Identifier conversation, long sequenceId) {
    return new InboxReference(conversation, sequenceId, true);
  }

  /**
   * The inbox entry says that the conversation has come to this id: what announces an edit, or a
   * message too large to be copied.
   */
  public static InboxReference noticeOf(Identifier conversation, long sequenceId) {
    return new InboxReference(conversation, sequenceId, false);
  }
}
