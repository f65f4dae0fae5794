package io.tideline.tools.im;

import io.tideline.client.ConversationRange;
import io.tideline.client.Identifier;
import io.tideline.client.Message;
import io.tideline.client.Meta;
import io.tideline.client.MetaListSpec;
import io.tideline.client.MetaUpdate;
import io.tideline.client.Projection;
import io.tideline.client.TidelineClient;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Who is in which conversation, kept twice, as it is asked twice: by conversation for senders, by
 * user for devices.
 *
 * <p>The two are written one after the other. A user who joins has his membership first, so that
 * his devices know the conversation when his inbox gets its first message; of a user who leaves the
 * end is written first, so that his devices stop there, whatever is still sent to him.
 *
 * <p>Each method that writes may be repeated after it failed.
 */
final class Members {

  private static final String AFTER = "after";
  private static final String THROUGH = "through";

  private static final String SINCE = "since";
  private static final String KEY = "key";
  private static final String ANNOUNCED = "announced";

  private static final int PAGE_SIZE = 1_000;

  private final TidelineClient client;

  Members(TidelineClient client) {
    this.client = client;
  }

  /** Who gets what is sent now. */
  List<Identifier> inboxes(String conversation) {
    List<Identifier> users = new ArrayList<>();
    MetaListSpec spec =
        MetaListSpec.of(ImStores.MEMBERS)
            .withPrefix(conversation)
            .withPageSize(PAGE_SIZE)
            .withProjection(Projection.noFields());
    for (Meta meta : client.meta().list(spec)) {
      users.add(Identifier.of(ImStores.text(meta.timeline().identifier(), 1)));
    }
    return users;
  }

  /** A user's conversations, with those he has left. */
  Map<String, ConversationRange> memberships(String user) {
    Map<String, ConversationRange> memberships = new HashMap<>();
    MetaListSpec spec =
        MetaListSpec.of(ImStores.MEMBERSHIPS).withPrefix(user).withPageSize(PAGE_SIZE);
    for (Meta meta : client.meta().list(spec)) {
      memberships.put(ImStores.text(meta.timeline().identifier(), 1), range(meta.fields()));
    }
    return memberships;
  }

  Map<Identifier, ConversationRange> ranges(String user) {
    Map<Identifier, ConversationRange> ranges = new HashMap<>();
    memberships(user)
        .forEach((conversation, range) -> ranges.put(Identifier.of(conversation), range));
    return ranges;
  }

  /** A user's place in a conversation as the device sees it; empty if he never was a member. */
  private Optional<ConversationRange> membership(String conversation, String user) {
    return client
        .meta()
        .get(ImStores.membership(user, conversation))
        .map(meta -> range(meta.fields()));
  }

  /**
   * A member.
   *
   * @param key what the messages that tell of his coming and leaving begin their keys with: whoever
   *     repeats a part of it sends none twice
   * @param isAnnounced whether the members were told that he came
   */
  record Member(String key, boolean isAnnounced) {}

  /** Who senders know as a member; empty if they know no such user. */
  Optional<Member> member(String conversation, String user) {
    return client
        .meta()
        .get(ImStores.member(conversation, user))
        .map(
            meta ->
                new Member(
                    meta.fields().getString(KEY).orElseThrow(),
                    meta.fields().getBoolean(ANNOUNCED).orElse(false)));
  }

  private static ConversationRange range(Message fields) {
    return new ConversationRange(
        fields.getLong(AFTER).orElse(0), fields.getLong(THROUGH).orElse(Long.MAX_VALUE));
  }

  /**
   * The user sees what comes after this id; after the former one if that was written already, by an
   * attempt that did not come to its end: devices may have read on from there.
   */
  void add(String conversation, String user, long lastSequenceId, Member member) {
    long after =
        membership(conversation, user)
            .filter(range -> range.through() == Long.MAX_VALUE)
            .map(ConversationRange::after)
            .orElse(lastSequenceId);
    client
        .meta()
        .put(ImStores.membership(user, conversation), Message.builder().put(AFTER, after).build());
    client
        .meta()
        .put(
            ImStores.member(conversation, user),
            Message.builder()
                .put(SINCE, after)
                .put(KEY, member.key())
                .put(ANNOUNCED, member.isAnnounced())
                .build());
  }

  /** The members were told of the user. */
  void announced(String conversation, String user) {
    client
        .meta()
        .update(
            ImStores.member(conversation, user), MetaUpdate.builder().set(ANNOUNCED, true).build());
  }

  /** Nothing more is sent to the user. */
  boolean remove(String conversation, String user) {
    return client.meta().delete(ImStores.member(conversation, user));
  }

  /** The user sees nothing beyond this id. */
  void end(String conversation, String user, long through) {
    client
        .meta()
        .update(
            ImStores.membership(user, conversation),
            MetaUpdate.builder().set(THROUGH, through).build());
  }
}
