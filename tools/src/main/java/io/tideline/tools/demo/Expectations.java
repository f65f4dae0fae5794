package io.tideline.tools.demo;

import io.tideline.client.Message;
import io.tideline.tools.chat.ChatMessage;
import io.tideline.tools.transfer.ChatMapping;
import io.tideline.tools.transfer.Participants;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What must be in each timeline when all messages are written: the memory against which the node is
 * checked.
 *
 * <p>Not thread-safe.
 */
final class Expectations {
  private final List<ChatMessage> messages;
  private final List<List<String>> recipients = new ArrayList<>();
  private final Map<String, List<Integer>> conversations = new LinkedHashMap<>();
  private final Map<String, List<Integer>> inboxes = new LinkedHashMap<>();
  private long inboxEntries;

  Expectations(List<ChatMessage> messages, int inboxCap) {
    this.messages = List.copyOf(messages);
    Participants participants = new Participants(inboxCap);
    for (int i = 0; i < messages.size(); i++) {
      ChatMessage message = messages.get(i);
      List<String> receivers = participants.speak(message.conversation(), message.sender());
      recipients.add(receivers);
      conversations.computeIfAbsent(message.conversation(), absent -> new ArrayList<>()).add(i);
      for (String receiver : receivers) {
        inboxes.computeIfAbsent(receiver, absent -> new ArrayList<>()).add(i);
      }
      inboxEntries += receivers.size();
    }
  }

  List<ChatMessage> messages() {
    return messages;
  }

  /** Whose inboxes message {@code index} goes to. */
  List<String> recipients(int index) {
    return recipients.get(index);
  }

  /** Indexes of the messages of each conversation, in order. */
  Map<String, List<Integer>> conversations() {
    return conversations;
  }

  /** Indexes of the messages of each inbox, in order. */
  Map<String, List<Integer>> inboxes() {
    return inboxes;
  }

  /** Indexes of the messages of one conversation that has some. */
  List<Integer> conversation(String name) {
    return Objects.requireNonNull(conversations.get(name), name);
  }

  /** Indexes of the messages of one inbox that has some. */
  List<Integer> inbox(String user) {
    return Objects.requireNonNull(inboxes.get(user), user);
  }

  long inboxEntries() {
    return inboxEntries;
  }

  /** Content of an entry of a conversation. */
  Message inConversation(int index) {
    return ChatMapping.forConversation(messages.get(index));
  }

  /** Content of an entry of an inbox. */
  Message inInbox(int index) {
    return ChatMapping.forInbox(messages.get(index));
  }

  /** The timeline with most entries. */
  static String largest(Map<String, List<Integer>> timelines) {
    return timelines.entrySet().stream()
        .max(Comparator.comparingInt(timeline -> timeline.getValue().size()))
        .map(Map.Entry::getKey)
        .orElseThrow();
  }
}
