package io.tideline.tools.transfer;

import io.tideline.client.ErrorCode;
import io.tideline.client.IdentifierField;
import io.tideline.client.IdentifierType;
import io.tideline.client.SequenceMode;
import io.tideline.client.StoreInfo;
import io.tideline.client.StoreSpec;
import io.tideline.client.TidelineClient;
import io.tideline.client.TidelineException;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.ToolException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** The two kinds of store chat lives in: made if absent, checked if present. */
public final class ChatStores {
  private ChatStores() {}

  /** DENSE, one timeline per conversation, kept for ever. */
  public static StoreInfo conversations(TidelineClient client, String name) {
    return ensure(client, name, "conversation", Optional.empty());
  }

  /** DENSE, one timeline per user; {@code ttl} counts only if the store has to be made. */
  public static StoreInfo inboxes(TidelineClient client, String name, Optional<Duration> ttl) {
    return ensure(client, name, "user", ttl);
  }

  private static StoreInfo ensure(
      TidelineClient client, String name, String field, Optional<Duration> ttl) {
    StoreInfo store;
    try {
      store = client.stores().describe(name).store();
    } catch (TidelineException absent) {
      if (absent.code() != ErrorCode.STORE_NOT_FOUND) {
        throw absent;
      }
      store = create(client, name, field, ttl);
    }
    requireFit(store);
    return store;
  }

  private static StoreInfo create(
      TidelineClient client, String name, String field, Optional<Duration> ttl) {
    StoreSpec.Builder spec =
        StoreSpec.builder(name)
            .identifierField(field, IdentifierType.STRING)
            .sequenceMode(SequenceMode.DENSE);
    ttl.ifPresent(spec::ttl);
    try {
      return client.stores().create(spec.build()).store();
    } catch (TidelineException raced) {
      // Another client was faster, or the answer to our first try was lost.
      if (raced.code() == ErrorCode.STORE_ALREADY_EXISTS || raced.isOutcomeUnknown()) {
        return client.stores().describe(name).store();
      }
      throw raced;
    }
  }

  private static void requireFit(StoreInfo store) {
    List<IdentifierField> schema = store.identifierSchema();
    boolean oneString = schema.size() == 1 && schema.getFirst().type() == IdentifierType.STRING;
    if (!oneString || store.options().sequenceMode() != SequenceMode.DENSE) {
      throw new ToolException(
          ExitCode.FAILED,
          "store "
              + store.name()
              + " does not fit chat: it must be dense with one identifier field of type string",
          "See it with 'tideline store describe " + store.name() + "', or name another store.");
    }
  }
}
