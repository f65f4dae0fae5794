package io.tideline.tools.im;

import io.tideline.client.AppendItem;
import io.tideline.client.ConversationRange;
import io.tideline.client.Cursor;
import io.tideline.client.Entry;
import io.tideline.client.EntryKind;
import io.tideline.client.EntryUpdate;
import io.tideline.client.ErrorCode;
import io.tideline.client.HeadResult;
import io.tideline.client.Identifier;
import io.tideline.client.InboxState;
import io.tideline.client.Message;
import io.tideline.client.ScanSpec;
import io.tideline.client.TidelineClient;
import io.tideline.client.TidelineException;
import io.tideline.client.TimelineHead;
import io.tideline.client.Unread;
import io.tideline.client.UnreadResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * An instant messenger: what its servers, or its clients if they may, do with Tideline.
 *
 * <p>Nothing is kept here; all is in the stores, so any number of these work side by side. Failures
 * are {@link TidelineException}s. A send that failed is repeated with its key: each member gets it
 * once.
 *
 * <p>Thread-safe.
 */
public final class Im {

  /** What names users and groups: leaves room for both ends of a conversation in a message key. */
  private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_.-]{1,40}");

  /** Timelines of one call. */
  private static final int TIMELINES_MAX = 1_000;

  private final TidelineClient client;
  private final Members members;
  private final InboxWriter inboxes;

  public Im(TidelineClient client) {
    this.client = client;
    this.members = new Members(client);
    this.inboxes = new InboxWriter(client, members);
  }

  /** Creates the stores that are absent; inboxes keep entries for 14 days. */
  public void createStores() {
    createStores(ImStores.INBOX_TTL);
  }

  /** As {@link #createStores()}, with another time for the inboxes. */
  public void createStores(Duration inboxTtl) {
    ImStores.create(client, inboxTtl);
  }

  // --- Conversations and their members. ---

  /**
   * The conversation of two users; made if there is none.
   *
   * @return its id, the same for both
   */
  public String single(String user, String other) {
    requireName(user);
    requireName(other);
    String conversation =
        user.compareTo(other) < 0 ? "single:" + user + ":" + other : "single:" + other + ":" + user;
    create(conversation, "single", List.of(user, other));
    return conversation;
  }

  /**
   * A group with this name and these members, if there is none of that name; else nothing is done.
   *
   * @return its id
   */
  public String group(String name, Collection<String> users) {
    String conversation = groupId(name);
    users.forEach(Im::requireName);
    create(conversation, "group", users);
    return conversation;
  }

  /** The id of the group with this name. */
  public static String groupId(String name) {
    return "group:" + requireName(name);
  }

  /**
   * The meta comes last: if it is there, the members are. Until then whoever wants the conversation
   * writes the same members again.
   */
  private void create(String conversation, String kind, Collection<String> users) {
    if (exists(conversation)) {
      return;
    }
    for (String user : users) {
      if (members.member(conversation, user).isEmpty()) {
        members.add(conversation, user, 0, new Members.Member(newKey(), true));
      }
    }
    try {
      client.meta().insert(ImStores.conversation(conversation), Message.of("kind", kind));
    } catch (TidelineException e) {
      if (e.code() != ErrorCode.META_ALREADY_EXISTS && !e.isOutcomeUnknown()) {
        throw e;
      }
    }
  }

  public boolean exists(String conversation) {
    return client.meta().get(ImStores.conversation(conversation)).isPresent();
  }

  /** The members now, by name. */
  public List<String> members(String conversation) {
    return members.inboxes(conversation).stream().map(user -> ImStores.text(user, 0)).toList();
  }

  /**
   * Makes a user a member: he sees what is written from now on. Does nothing if he is one. If this
   * fails, repeat it: it goes on where it came to.
   *
   * <p>The message that tells of it goes to his inbox too. With it his devices find what was
   * written between the id he begins after and the moment from which senders knew of him.
   */
  public void join(String conversation, String user) {
    requireName(user);
    Optional<Members.Member> present = members.member(conversation, user);
    Members.Member member = present.orElseGet(() -> new Members.Member(newKey(), false));
    if (member.isAnnounced()) {
      return;
    }
    if (present.isEmpty()) {
      members.add(conversation, user, head(conversation).lastSequenceId(), member);
    }
    append(conversation, ImMessage.membership(user, user + " joined"), member.key() + "+");
    members.announced(conversation, user);
  }

  /**
   * Ends a membership: the user keeps what was written until now. Does nothing if he is no member.
   * If this fails, repeat it: it goes on where it came to.
   */
  public void leave(String conversation, String user) {
    Optional<Members.Member> member = members.member(conversation, user);
    if (member.isEmpty()) {
      return;
    }
    // He gets it as the last one.
    long last =
        append(conversation, ImMessage.membership(user, user + " left"), member.get().key() + "-");
    members.end(conversation, user, last);
    boolean unused = members.remove(conversation, user);
  }

  // --- Messages. ---

  /** A key for one message: made once, and used for each attempt to send it. */
  public static String newKey() {
    return UUID.randomUUID().toString();
  }

  /**
   * Sends a text to all members.
   *
   * @param messageKey names the message; if this fails, repeat it with the same one
   * @return its id in the conversation
   */
  public long send(String conversation, String sender, String text, String messageKey) {
    return append(conversation, ImMessage.text(sender, text), messageKey);
  }

  /** The conversation first: what an inbox names must be there. */
  private long append(String conversation, Message message, String messageKey) {
    long id =
        client
            .append(
                AppendItem.of(ImStores.conversation(conversation), message)
                    .withMessageKey(messageKey))
            .sequenceId();
    inboxes.copy(conversation, id, message, messageKey);
    return id;
  }

  /**
   * Replaces a message's text; every device learns of it. If it fails, look at the message before
   * trying again: the text may be there, and the inboxes not told.
   */
  public void edit(String conversation, long id, String text) {
    client
        .update(
            ImStores.conversation(conversation),
            id,
            EntryUpdate.builder().set(ImMessage.TEXT, text).announced().build())
        .changeSequenceId()
        .ifPresent(change -> inboxes.notice(conversation, change));
  }

  /**
   * Takes a message's content back; every device learns of it. Copies in inboxes that were not read
   * yet keep the content until they expire; devices show it until they come to the change.
   */
  public void recall(String conversation, long id) {
    client
        .recall(ImStores.conversation(conversation), id, true)
        .ifPresent(change -> inboxes.notice(conversation, change));
  }

  /** A message as it is now; empty if there is none with this id. */
  public Optional<ImMessage> message(String conversation, long id) {
    return client
        .get(ImStores.conversation(conversation), id)
        .filter(entry -> entry.kind() == EntryKind.MESSAGE)
        .map(ImMessage::of);
  }

  /**
   * The messages before an id, newest first, as they are now.
   *
   * @param before exclusive; {@link Long#MAX_VALUE} for the newest
   */
  public List<ImMessage> history(String conversation, String user, long before, int limit) {
    ConversationRange part = members.memberships(user).get(conversation);
    if (part == null) {
      return List.of();
    }
    List<ImMessage> messages = new ArrayList<>();
    ScanSpec.Builder spec =
        ScanSpec.builder(ImStores.conversation(conversation)).backward().from(part.after() + 1);
    long last = Math.min(before - 1, part.through());
    if (last < Long.MAX_VALUE - 1) {
      spec.to(Math.max(last, part.after()) + 1);
    }
    for (Entry entry : client.scan(spec.build())) {
      if (entry.kind() == EntryKind.MESSAGE) {
        messages.add(ImMessage.of(entry));
      }
      if (messages.size() >= limit) {
        break;
      }
    }
    return messages;
  }

  // --- What a user sees of his conversations. ---

  /** A user's conversations, those with the latest activity first, with what is unread. */
  public List<ConversationSummary> conversations(String user) {
    Map<String, ConversationRange> ranges = members.memberships(user);
    Map<String, Unread> unread = unread(ranges.keySet(), user);
    List<ConversationSummary> summaries = new ArrayList<>();
    heads(ranges.keySet())
        .forEach(
            (conversation, head) ->
                summaries.add(
                    summary(
                        conversation,
                        head,
                        Objects.requireNonNull(ranges.get(conversation)),
                        Objects.requireNonNull(unread.get(conversation)))));
    summaries.sort(
        Comparator.comparing(ConversationSummary::lastActivity)
            .reversed()
            .thenComparing(ConversationSummary::conversation));
    return summaries;
  }

  private static ConversationSummary summary(
      String conversation, TimelineHead head, ConversationRange range, Unread unread) {
    long last = Math.min(head.lastSequenceId(), range.through());
    long read = Math.max(unread.cursorSequenceId(), range.after());
    return new ConversationSummary(
        conversation, last, Math.max(0, last - read), head.lastAppendTime());
  }

  private Map<String, Unread> unread(Collection<String> conversations, String user) {
    Map<String, Unread> unread = new HashMap<>();
    for (List<Identifier> part : parts(conversations)) {
      for (UnreadResult result : client.cursors().unread(ImStores.CONVERSATIONS, user, part)) {
        unread.put(ImStores.text(result.timeline().identifier(), 0), result.orThrow());
      }
    }
    return unread;
  }

  private Map<String, TimelineHead> heads(Collection<String> conversations) {
    Map<String, TimelineHead> heads = new HashMap<>();
    for (List<Identifier> part : parts(conversations)) {
      for (HeadResult result : client.heads(ImStores.CONVERSATIONS, part)) {
        heads.put(ImStores.text(result.timeline().identifier(), 0), result.orThrow());
      }
    }
    return heads;
  }

  private static List<List<Identifier>> parts(Collection<String> conversations) {
    List<Identifier> all = conversations.stream().map(Identifier::of).toList();
    List<List<Identifier>> parts = new ArrayList<>();
    for (int from = 0; from < all.size(); from += TIMELINES_MAX) {
      parts.add(all.subList(from, Math.min(all.size(), from + TIMELINES_MAX)));
    }
    return parts;
  }

  private TimelineHead head(String conversation) {
    return client.head(ImStores.conversation(conversation));
  }

  /** Says that a user has read a conversation up to an id; cursors only move forward. */
  public void markRead(String conversation, String user, long id) {
    Cursor unused = client.cursors().commit(ImStores.conversation(conversation), user, id);
  }

  // --- Devices. ---

  /** A device of a user that stands where the state says. */
  public ImDevice device(String user, InboxState state) {
    return new ImDevice(client, members, requireName(user), state);
  }

  /** Where a device stands that begins with what comes from now on. */
  public InboxState stateNow(String user) {
    // The inbox first: what comes between the two is in both and is dropped there.
    long inbox = client.head(ImStores.inbox(user)).lastSequenceId();
    Map<Identifier, Long> positions = new HashMap<>();
    heads(members.memberships(user).keySet())
        .forEach(
            (conversation, head) ->
                positions.put(Identifier.of(conversation), head.lastSequenceId()));
    return InboxState.of(inbox, positions);
  }

  private static String requireName(String name) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "the name '" + name + "' is not 1 to 40 letters, digits, '_', '.' or '-'");
    }
    return name;
  }
}
