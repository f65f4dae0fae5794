package io.tideline.client;

import io.tideline.client.testing.FakeServer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A chat on a fake server, as senders keep it: the conversation first, then the inbox of the one
 * user who is looked at, with the conversation and the id in it.
 */
final class InboxWorld implements AutoCloseable {

  static final TimelineKey INBOX = TimelineKey.of("inbox", "ana");

  private static final String CONVERSATION = "conversation";
  private static final String ID = "id";
  private static final String NOTICE = "notice";
  private static final String TEXT = "text";

  final FakeServer server = FakeServer.started();
  final TidelineClient client = TidelineClient.connect(server.address());

  /** What the application knows of the user's membership. */
  final Map<Identifier, ConversationRange> ranges = new HashMap<>();

  static Identifier conversation(String name) {
    return Identifier.of(name);
  }

  /** Appends to a conversation only, as a sender does that dies then. */
  long append(String conversation, String text) {
    return client
        .append(TimelineKey.of("conversations", conversation), Message.of(TEXT, text))
        .sequenceId();
  }

  /** Writes the copy of a conversation's entry into the inbox. */
  void copy(String conversation, long id, String text) {
    client.append(INBOX, message(conversation, id).put(TEXT, text).build());
  }

  /** Tells the inbox that a conversation has come to this id. */
  void notice(String conversation, long id) {
    client.append(INBOX, message(conversation, id).put(NOTICE, true).build());
  }

  private static Message.Builder message(String conversation, long id) {
    return Message.builder().put(CONVERSATION, conversation).put(ID, id);
  }

  /** A whole send. */
  long send(String conversation, String text) {
    long id = append(conversation, text);
    copy(conversation, id, text);
    return id;
  }

  void trimInbox(long through) {
    client.trim(INBOX, through);
  }

  void trim(String conversation, long through) {
    client.trim(TimelineKey.of("conversations", conversation), through);
  }

  InboxSync device(InboxState state, int limit) {
    InboxSyncSpec spec =
        InboxSyncSpec.builder(INBOX, "conversations")
            .reference(InboxWorld::reference)
            .conversations(() -> ranges)
            .limit(limit)
            .build();
    return client.inboxSync(spec, state);
  }

  private static Optional<InboxReference> reference(Entry entry) {
    return entry
        .message()
        .getString(CONVERSATION)
        .map(
            name ->
                new InboxReference(
                    conversation(name),
                    entry.message().getLong(ID).orElseThrow(),
                    !entry.message().getBoolean(NOTICE).orElse(false)));
  }

  /** What an event says, short: {@code a3=text} with {@code *} if read in the conversation. */
  static String describe(InboxEvent event) {
    if (event instanceof InboxEvent.Delivered delivered) {
      return name(delivered.conversation())
          + delivered.entry().sequenceId()
          + "="
          + text(delivered.entry())
          + (delivered.source() == InboxEvent.Source.CONVERSATION ? "*" : "");
    }
    if (event instanceof InboxEvent.Own own) {
      return "own " + text(own.entry());
    }
    if (event instanceof InboxEvent.Unplaced unplaced) {
      return "unplaced " + text(unplaced.entry()) + " last " + unplaced.lastSequenceId();
    }
    if (event instanceof InboxEvent.FellBack fell) {
      return "fell back " + fell.from() + ".." + fell.through();
    }
    if (event instanceof InboxEvent.Lost lost) {
      return "lost " + name(lost.conversation()) + lost.from() + ".." + lost.through();
    }
    return "back " + ((InboxEvent.Back) event).after();
  }

  static List<String> describe(List<InboxEvent> events) {
    return events.stream().map(InboxWorld::describe).toList();
  }

  private static String name(Identifier conversation) {
    return ((Value.Text) conversation.values().get(0)).value();
  }

  private static String text(Entry entry) {
    return entry.message().getString(TEXT).orElse("");
  }

  @Override
  public void close() {
    client.close();
    server.close();
  }
}
