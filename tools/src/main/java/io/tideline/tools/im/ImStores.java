package io.tideline.tools.im;

import io.tideline.client.ErrorCode;
import io.tideline.client.Identifier;
import io.tideline.client.IdentifierType;
import io.tideline.client.StoreSpec;
import io.tideline.client.TidelineClient;
import io.tideline.client.TidelineException;
import io.tideline.client.TimelineKey;
import java.time.Duration;
import java.util.List;

/** The stores of the messenger and the timelines in them. */
final class ImStores {

  /** One timeline for each conversation, kept; its meta says what kind of conversation it is. */
  static final String CONVERSATIONS = "im_conversations";

  /** One timeline for each user, kept for some days. */
  static final String INBOXES = "im_inboxes";

  /** Meta only: for each conversation its members now. */
  static final String MEMBERS = "im_members";

  /** Meta only: for each user the conversations he is or was in. */
  static final String MEMBERSHIPS = "im_memberships";

  /** Longer than most holidays; a device that comes later reads the conversations. */
  static final Duration INBOX_TTL = Duration.ofDays(14);

  private ImStores() {}

  /** Creates those that are absent. */
  static void create(TidelineClient client, Duration inboxTtl) {
    List.of(
            StoreSpec.builder(CONVERSATIONS).identifierField("conversation", IdentifierType.STRING),
            StoreSpec.builder(INBOXES).identifierField("user", IdentifierType.STRING).ttl(inboxTtl),
            StoreSpec.builder(MEMBERS)
                .identifierField("conversation", IdentifierType.STRING)
                .identifierField("user", IdentifierType.STRING),
            StoreSpec.builder(MEMBERSHIPS)
                .identifierField("user", IdentifierType.STRING)
                .identifierField("conversation", IdentifierType.STRING))
        .forEach(store -> createIfAbsent(client, store.build()));
  }

  private static void createIfAbsent(TidelineClient client, StoreSpec store) {
    try {
      client.stores().describe(store.name());
      return;
    } catch (TidelineException absent) {
      if (absent.code() != ErrorCode.STORE_NOT_FOUND) {
        throw absent;
      }
    }
    try {
      client.stores().create(store);
    } catch (TidelineException raced) {
      // Another was faster, or the answer to our first try was lost: then it is there.
      if (raced.code() != ErrorCode.STORE_ALREADY_EXISTS && !raced.isOutcomeUnknown()) {
        throw raced;
      }
      client.stores().describe(store.name());
    }
  }

  static TimelineKey conversation(String conversation) {
    return TimelineKey.of(CONVERSATIONS, conversation);
  }

  static TimelineKey inbox(String user) {
    return TimelineKey.of(INBOXES, user);
  }

  static TimelineKey member(String conversation, String user) {
    return TimelineKey.of(MEMBERS, conversation, user);
  }

  static TimelineKey membership(String user, String conversation) {
    return TimelineKey.of(MEMBERSHIPS, user, conversation);
  }

  /** A text field of an identifier of one of these stores. */
  static String text(Identifier identifier, int index) {
    if (identifier.values().get(index) instanceof io.tideline.client.Value.Text text) {
      return text.value();
    }
    throw new IllegalArgumentException(
        "identifier " + identifier + " has no text in field " + index);
  }
}
