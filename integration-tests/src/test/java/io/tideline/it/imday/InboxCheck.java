package io.tideline.it.imday;

import io.tideline.client.Entry;
import io.tideline.client.EntryKind;
import io.tideline.client.ScanSpec;
import io.tideline.client.TidelineClient;
import io.tideline.client.TimelineKey;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Compares a user's inbox with his conversations: nothing twice, nothing that is not there, the
 * copies as they were sent, and every message that was sent while he was known as a member.
 */
final class InboxCheck {

  private final TidelineClient client;
  private final String user;
  private final Map<String, Timeline> timelines;
  private final Consumer<String> differences;
  private final Set<String> found = new HashSet<>();

  InboxCheck(
      TidelineClient client,
      String user,
      Map<String, Timeline> timelines,
      Consumer<String> differences) {
    this.client = client;
    this.user = user;
    this.timelines = timelines;
    this.differences = difference -> differences.accept("the inbox of " + user + " " + difference);
  }

  /** Returns how many entries there are. */
  long check(Collection<Membership> memberships, boolean isWhole) {
    TimelineKey inbox = TimelineKey.of("im_inboxes", user);
    long count = 0;
    for (Entry entry : client.scan(ScanSpec.builder(inbox).pageSize(1_000).build())) {
      count++;
      if (isWhole && entry.sequenceId() != count) {
        differences.accept("has id " + entry.sequenceId() + " at place " + count);
      }
      compare(entry);
    }
    if (isWhole) {
      memberships.forEach(this::requireMessages);
    }
    return count;
  }

  private void compare(Entry entry) {
    String conversation = entry.message().getString("conversation").orElse("");
    long id = entry.message().getLong("conversation_sequence_id").orElse(0);
    Timeline timeline = timelines.get(conversation);
    if (timeline == null || id < 1 || id > timeline.lastId()) {
      differences.accept("names what is not there: " + entry);
      return;
    }
    if (!found.add(conversation + "#" + id)) {
      differences.accept("has a second " + entry);
    }
    boolean isCopy = entry.message().get("sender") != null;
    if (isCopy != (timeline.entry(id).kind() == EntryKind.MESSAGE)) {
      differences.accept("has " + entry + " for " + timeline.entry(id));
    } else if (isCopy
        && timeline.origin(id).orElse(null) instanceof Step.Post post
        && !(post.text().equals(Timeline.textOf(entry))
            && post.user().equals(Timeline.senderOf(entry)))) {
      differences.accept("has " + entry + " for " + post);
    }
  }

  /**
   * Not of one who has left: what was given a smaller id than his leaving may have looked for
   * members when he was none any more. Not changes: whoever announced one may have failed.
   */
  private void requireMessages(Membership membership) {
    if (membership.leave().isPresent()) {
      return;
    }
    Timeline timeline = membership.timeline();
    String conversation = timeline.conversation().id();
    for (long id : DayCheck.ids(membership.toldFrom(), timeline.lastId())) {
      if (timeline.entry(id).kind() == EntryKind.MESSAGE
          && !found.contains(conversation + "#" + id)) {
        differences.accept("has not " + timeline.entry(id) + " of " + conversation);
      }
    }
  }
}
