package io.tideline.it.imday;

import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.client.Message;
import io.tideline.client.Meta;
import io.tideline.client.TidelineClient;
import io.tideline.client.TimelineKey;
import io.tideline.tools.im.ConversationSummary;
import io.tideline.tools.im.Im;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.LongStream;

/**
 * Compares what there is at the end of a day with what was done: conversations, members, inboxes,
 * unread counts and devices.
 */
final class DayCheck {

  /** More than a person reads; the first ones tell the story. */
  private static final int DIFFERENCES_MAX = 20;

  private final TidelineClient client;
  private final Im im;
  private final DayPlan plan;
  private final DayRecord record;
  private final List<String> differences = new ArrayList<>();
  private final Map<String, Timeline> timelines = new LinkedHashMap<>();
  private final Map<String, Map<String, Membership>> memberships = new LinkedHashMap<>();

  DayCheck(TidelineClient client, DayPlan plan, DayRecord record) {
    this.client = client;
    this.im = new Im(client);
    this.plan = plan;
    this.record = record;
  }

  /**
   * Fails if anything differs.
   *
   * @param inboxesAreWhole whether nothing in them has expired
   * @return how many entries the inboxes have
   */
  long check(List<Device> devices, boolean inboxesAreWhole) {
    readConversations();
    checkOrderOfSenders();
    for (Timeline timeline : timelines.values()) {
      findMemberships(timeline);
    }
    requireNone("conversations and members");
    devices.forEach(this::checkDevice);
    requireNone("devices");
    memberships.forEach((user, his) -> checkUnread(user, his));
    requireNone("unread counts");
    long inboxEntries = 0;
    for (Map.Entry<String, Map<String, Membership>> user : memberships.entrySet()) {
      InboxCheck inbox = new InboxCheck(client, user.getKey(), timelines, differences::add);
      inboxEntries += inbox.check(user.getValue().values(), inboxesAreWhole);
    }
    requireNone("inboxes");
    return inboxEntries;
  }

  private void requireNone(String where) {
    assertThat(differences.stream().limit(DIFFERENCES_MAX))
        .as("%d differences in %s", differences.size(), where)
        .isEmpty();
  }

  private void readConversations() {
    Map<String, Map<Long, Step.Post>> posts = new HashMap<>();
    record.posts().forEach((post, id) -> putPost(posts, post, id));
    Map<String, List<Step>> steps = new HashMap<>();
    for (Step step : record.done()) {
      steps.computeIfAbsent(step.conversation().id(), c -> new ArrayList<>()).add(step);
    }
    for (Conversation conversation : plan.conversations()) {
      timelines.put(
          conversation.id(),
          Timeline.read(
              client,
              conversation,
              posts.getOrDefault(conversation.id(), Map.of()),
              steps.getOrDefault(conversation.id(), List.of()),
              record,
              differences::add));
    }
  }

  private void putPost(Map<String, Map<Long, Step.Post>> posts, Step.Post post, long id) {
    Step.Post other =
        posts.computeIfAbsent(post.conversation().id(), c -> new HashMap<>()).put(id, post);
    if (other != null) {
      differences.add("id " + id + " was given to " + post + " and to " + other);
    }
  }

  /** What one user sends in one conversation has ids in the order in which he sent it. */
  private void checkOrderOfSenders() {
    Map<DayRecord.Place, Long> last = new HashMap<>();
    record.posts().keySet().stream()
        .sorted(Comparator.comparingInt(Step.Post::number))
        .forEach(
            post -> {
              long id = record.id(post);
              Long before = last.put(DayRecord.place(post), id);
              if (before != null && before >= id) {
                differences.add("id " + id + " comes after " + before + " was given: " + post);
              }
            });
  }

  private void findMemberships(Timeline timeline) {
    Conversation conversation = timeline.conversation();
    Set<String> all = new HashSet<>(conversation.founders());
    record.done().stream()
        .filter(step -> step instanceof Step.Join && step.conversation().equals(conversation))
        .forEach(step -> all.add(step.user()));
    Set<String> present = new HashSet<>();
    for (String user : all) {
      Membership membership = membership(timeline, user);
      memberships.computeIfAbsent(user, u -> new HashMap<>()).put(conversation.id(), membership);
      if (membership.leave().isEmpty()) {
        present.add(user);
      }
    }
    Set<String> members = Set.copyOf(im.members(conversation.id()));
    if (!members.equals(present)) {
      differences.add(conversation.id() + " has members " + members + ", not " + present);
    }
  }

  private Membership membership(Timeline timeline, String user) {
    Conversation conversation = timeline.conversation();
    Step.Leave leave = new Step.Leave(conversation, user);
    long left = record.wasDone(leave) ? timeline.moveId(leave) : 0;
    boolean isFounder = conversation.founders().contains(user);
    long joined = isFounder ? 0 : timeline.moveId(new Step.Join(conversation, user));
    Message stored =
        client
            .meta()
            .get(TimelineKey.of("im_memberships", user, conversation.id()))
            .map(Meta::fields)
            .orElse(Message.empty());
    long after = stored.getLong("after").orElse(-1);
    OptionalLong through = stored.getLong("through");
    Membership membership =
        new Membership(
            timeline,
            user,
            after,
            left == 0 ? timeline.lastId() : left,
            joined,
            left == 0 ? Optional.empty() : Optional.of(leave));
    long afterMin = record.lastIdBeforeJoin(membership.place()).orElse(0);
    long afterMax = isFounder ? 0 : joined - 1;
    boolean isAsExpected =
        after >= afterMin
            && after <= afterMax
            && through.equals(left == 0 ? OptionalLong.empty() : OptionalLong.of(left));
    if (!isAsExpected) {
      differences.add(
          user
              + " has in "
              + conversation.id()
              + " the membership "
              + stored
              + "; joined at "
              + joined
              + ", "
              + afterMin
              + " being there, left at "
              + left);
    }
    return membership;
  }

  private void checkDevice(Device device) {
    Map<String, Membership> his = memberships.getOrDefault(device.user(), Map.of());
    device.shown().keySet().stream()
        .filter(conversation -> !his.containsKey(conversation))
        .forEach(conversation -> differences.add(device.name() + " shows foreign " + conversation));
    DeviceCheck check = new DeviceCheck(device, record, differences::add);
    his.values().forEach(check::check);
  }

  private void checkUnread(String user, Map<String, Membership> his) {
    Map<String, String> expected = new HashMap<>();
    his.forEach(
        (conversation, membership) -> {
          long last = membership.through();
          long read = Math.max(record.readThrough(membership.place()), membership.after());
          expected.put(conversation, Math.max(0, last - read) + " unread of " + last);
        });
    Map<String, String> found = new HashMap<>();
    for (ConversationSummary summary : im.conversations(user)) {
      found.put(
          summary.conversation(), summary.unread() + " unread of " + summary.lastSequenceId());
    }
    if (!found.equals(expected)) {
      differences.add(user + " has " + found + ", not " + expected);
    }
  }

  /** All ids in {@code (after, through]}. */
  static List<Long> ids(long after, long through) {
    return LongStream.rangeClosed(after + 1, through).boxed().toList();
  }
}
