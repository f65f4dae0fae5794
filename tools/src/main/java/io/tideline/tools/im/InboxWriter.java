package io.tideline.tools.im;

import io.tideline.client.FanOut;
import io.tideline.client.FanOutResult;
import io.tideline.client.Identifier;
import io.tideline.client.Message;
import io.tideline.client.TidelineClient;
import java.util.List;

/**
 * Writes into the inboxes of a conversation's members what they are to learn of: copies of
 * messages, and notices of changes. Each names the conversation and the id there.
 */
final class InboxWriter {

  private final TidelineClient client;
  private final Members members;

  InboxWriter(TidelineClient client, Members members) {
    this.client = client;
    this.members = members;
  }

  /** A copy of what the conversation has at this id. */
  void copy(String conversation, long id, Message message, String messageKey) {
    write(addressed(conversation, id, message.toBuilder()), conversation, messageKey);
  }

  /** Word that the conversation has come to this id. */
  void notice(String conversation, long id) {
    write(addressed(conversation, id, Message.builder()), conversation, conversation + "#" + id);
  }

  private static Message addressed(String conversation, long id, Message.Builder message) {
    return message.put(ImMessage.CONVERSATION, conversation).put(ImMessage.SEQUENCE_ID, id).build();
  }

  private void write(Message message, String conversation, String messageKey) {
    List<Identifier> inboxes = members.inboxes(conversation);
    if (inboxes.isEmpty()) {
      return; // The last member has left.
    }
    FanOutResult unused =
        client
            .fanOut(
                FanOut.builder(message)
                    .messageKey(messageKey)
                    .inboxes(ImStores.INBOXES, inboxes)
                    .build())
            .orThrow();
  }
}
