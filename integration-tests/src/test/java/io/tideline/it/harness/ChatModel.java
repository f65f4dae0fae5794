package io.tideline.it.harness;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What stores must hold once a chat log is imported: the lines of each timeline, in order. Written
 * from the importer's documentation, not from its code.
 *
 * <p>A conversation's timeline has its messages. A message also goes to the inboxes of those who
 * spoke in its conversation before or with it: of the {@code inboxCap} who spoke last, the sender
 * among them.
 */
public final class ChatModel {

  private final Map<String, Lines> conversations = new LinkedHashMap<>();
  private final Map<String, Lines> inboxes = new LinkedHashMap<>();

  private ChatModel() {}

  public static ChatModel of(ChatLog log, int inboxCap) {
    ChatModel model = new ChatModel();
    Map<String, List<String>> lastSpeakers = new LinkedHashMap<>();
    for (ChatLog.Message message : log.messages()) {
      add(model.conversations, message.conversation(), message.line());
      List<String> speakers =
          lastSpeakers.computeIfAbsent(message.conversation(), c -> new ArrayList<>());
      speakers.remove(message.sender());
      speakers.add(message.sender());
      if (speakers.size() > inboxCap) {
        speakers.removeFirst();
      }
      speakers.forEach(user -> add(model.inboxes, user, message.line()));
    }
    return model;
  }

  private static void add(Map<String, Lines> timelines, String name, int line) {
    timelines.computeIfAbsent(name, n -> new Lines()).add(line);
  }

  /** Line numbers by conversation. */
  public Map<String, int[]> conversations() {
    return toArrays(conversations);
  }

  /** Line numbers by user. */
  public Map<String, int[]> inboxes() {
    return toArrays(inboxes);
  }

  /** Writes into inboxes, all together. */
  public long inboxWrites() {
    return inboxes.values().stream().mapToLong(lines -> lines.count).sum();
  }

  private static Map<String, int[]> toArrays(Map<String, Lines> timelines) {
    Map<String, int[]> arrays = new LinkedHashMap<>();
    timelines.forEach((name, lines) -> arrays.put(name, lines.toArray()));
    return arrays;
  }

  /** Growing int array: inboxes hold millions of lines. */
  private static final class Lines {
    private int[] lines = new int[8];
    private int count;

    void add(int line) {
      if (count == lines.length) {
        lines = Arrays.copyOf(lines, count * 2);
      }
      lines[count++] = line;
    }

    int[] toArray() {
      return Arrays.copyOf(lines, count);
    }
  }
}
