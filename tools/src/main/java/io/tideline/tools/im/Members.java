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

/**
 * Who is in which conversation, kept twice, as it is asked twice: by conversation for senders, by
 * user for devices.
 *
 * <p>The two are written one after the other. A user who joins has his membership first, so that
 * his devices know the conversation when his inbox gets its first message; who leaves loses his
 * place among the members first, so that nothing more is sent to him.
 */
final class Members {

  private static final String AFTER = "after";
  private static final String THROUGH = "through";

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

  boolean isMember(String conversation, String user) {
    return client.meta().get(ImStores.member(conversation, user)).isPresent();
  }

  private static ConversationRange range(Message fields) {
    return new ConversationRange(
        fields.getLong(AFTER).orElse(0), fields.getLong(THROUGH).orElse(Long.MAX_VALUE));
  }

  /** The user sees what comes after this id. */
  void add(String conversation, String user, long after) {
    client
        .meta()
        .put(ImStores.membership(user, conversation), Message.builder().put(AFTER, after).build());
    client
        .meta()
        .put(ImStores.member(conversation, user), Message.builder().put("since", after).build());
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
