package io.tideline.it.imday;

import io.tideline.client.ChangeType;
import io.tideline.client.Entry;
import io.tideline.client.EntryKind;
import io.tideline.client.ScanSpec;
import io.tideline.client.TidelineClient;
import io.tideline.client.TimelineHead;
import io.tideline.client.TimelineKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * One conversation as it is stored, and the comparison of it with what was acknowledged: every
 * message at its id and once, as it was last changed; the changes; who came and left; nothing else.
 */
final class Timeline {

  private final Conversation conversation;
  private final List<Entry> entries = new ArrayList<>();

  /** What each entry came from. Of several edits of one message, the one that was done. */
  private final Map<Long, Step> origins = new HashMap<>();

  private final Map<Long, Step.Post> posts;
  private final Map<Step.Post, Step.Edit> edits = new HashMap<>();
  private final Map<Step.Post, Step.Recall> recalls = new HashMap<>();
  private final Map<String, Step> moves = new HashMap<>();
  private final Consumer<String> differences;

  private Timeline(
      Conversation conversation, Map<Long, Step.Post> posts, Consumer<String> differences) {
    this.conversation = conversation;
    this.posts = posts;
    this.differences = difference -> differences.accept(conversation.id() + " " + difference);
  }

  /**
   * Reads and compares a conversation.
   *
   * @param posts the acknowledged ones of it, by id
   * @param steps all others that were done in it
   */
  static Timeline read(
      TidelineClient client,
      Conversation conversation,
      Map<Long, Step.Post> posts,
      List<Step> steps,
      DayRecord record,
      Consumer<String> differences) {
    Timeline timeline = new Timeline(conversation, posts, differences);
    steps.forEach(timeline::expect);
    TimelineKey key = TimelineKey.of("im_conversations", conversation.id());
    client.scan(ScanSpec.builder(key).pageSize(1_000).build()).forEach(timeline::add);
    timeline.compare(record, client.head(key));
    return timeline;
  }

  private void expect(Step step) {
    switch (step) {
      case Step.Edit edit -> edits.put(edit.post(), edit);
      case Step.Recall recall -> recalls.put(recall.post(), recall);
      case Step.Join join -> moves.put(join.user() + " joined", join);
      case Step.Leave leave -> moves.put(leave.user() + " left", leave);
      case Step.Open _, Step.Post _, Step.Repeat _ -> {}
    }
  }

  private void add(Entry entry) {
    if (entry.sequenceId() != entries.size() + 1) {
      differences.accept("has id " + entry.sequenceId() + " after id " + entries.size());
    }
    entries.add(entry);
  }

  private void compare(DayRecord record, TimelineHead head) {
    if (head.lastSequenceId() != entries.size() || head.appendedCount() != entries.size()) {
      differences.accept("has " + entries.size() + " entries and the head " + head);
    }
    Set<String> moved = new HashSet<>();
    Map<Step, Integer> changes = new HashMap<>();
    for (Entry entry : entries) {
      if (entry.kind() == EntryKind.CHANGE) {
        compareChange(entry, changes);
      } else if (posts.containsKey(entry.sequenceId())) {
        comparePost(entry, posts.get(entry.sequenceId()));
      } else {
        compareMove(entry, moved);
      }
    }
    posts.forEach(
        (id, post) -> {
          if (!(origins.get(id) instanceof Step.Post)) {
            differences.accept("has not at " + id + ": " + post);
          }
        });
    moves.keySet().stream()
        .filter(text -> !moved.contains(text))
        .forEach(text -> differences.accept("has not: " + text));
    edits.values().forEach(edit -> compareCount(edit, changes, record.editAttempts(edit)));
    recalls.values().forEach(recall -> compareCount(recall, changes, 1));
  }

  private void comparePost(Entry entry, Step.Post post) {
    origins.put(entry.sequenceId(), post);
    boolean isRecalled = recalls.containsKey(post);
    String text = edits.containsKey(post) ? edits.get(post).text() : post.text();
    boolean isAsExpected =
        isRecalled
            ? entry.recalled() && entry.message().isEmpty()
            : !entry.recalled()
                && text.equals(textOf(entry))
                && post.user().equals(senderOf(entry));
    if (!isAsExpected) {
      differences.accept("has " + entry + " for " + post + (isRecalled ? ", recalled" : ""));
    }
  }

  private void compareMove(Entry entry, Set<String> moved) {
    Step move = moves.get(textOf(entry));
    if (move == null || entry.message().get("membership") == null || !moved.add(textOf(entry))) {
      differences.accept("has what was not sent, or a second one: " + entry);
      return;
    }
    origins.put(entry.sequenceId(), move);
  }

  private void compareChange(Entry entry, Map<Step, Integer> changes) {
    Step.Post post = posts.get(entry.targetSequenceId());
    Step change = entry.changeType() == ChangeType.RECALLED ? recalls.get(post) : edits.get(post);
    if (change == null) {
      differences.accept("has a change that nobody made: " + entry);
      return;
    }
    origins.put(entry.sequenceId(), change);
    changes.merge(change, 1, Integer::sum);
  }

  /** An edit whose answer was lost may have been done twice, but not more often than tried. */
  private void compareCount(Step change, Map<Step, Integer> changes, int max) {
    int count = changes.getOrDefault(change, 0);
    if (count < 1 || count > max) {
      differences.accept("has " + count + " and not 1 to " + max + " times: " + change);
    }
  }

  static String textOf(Entry entry) {
    return entry.message().getString("text").orElse("");
  }

  static String senderOf(Entry entry) {
    return entry.message().getString("sender").orElse("");
  }

  Conversation conversation() {
    return conversation;
  }

  long lastId() {
    return entries.size();
  }

  Entry entry(long id) {
    return entries.get(Math.toIntExact(id - 1));
  }

  /** What the entry came from; absent if that is a difference already. */
  Optional<Step> origin(long id) {
    return Optional.ofNullable(origins.get(id));
  }

  /** The id of the message that says so of the user; 0 if there is none. */
  long moveId(Step move) {
    return origins.entrySet().stream()
        .filter(origin -> origin.getValue().equals(move))
        .mapToLong(Map.Entry::getKey)
        .findFirst()
        .orElse(0);
  }

  /** The last id that changed a message; its own if none did. */
  long lastChange(long id) {
    return entries.stream()
        .filter(entry -> entry.kind() == EntryKind.CHANGE && entry.targetSequenceId() == id)
        .mapToLong(Entry::sequenceId)
        .max()
        .orElse(id);
  }
}
