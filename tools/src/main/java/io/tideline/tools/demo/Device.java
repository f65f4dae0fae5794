package io.tideline.tools.demo;

import io.tideline.client.Entry;
import io.tideline.client.Identifier;
import io.tideline.client.Message;
import io.tideline.client.SyncResult;
import io.tideline.client.SyncSpec;
import io.tideline.client.TidelineClient;
import java.util.ArrayList;
import java.util.List;

/** One device of a user: remembers where it stands in the inbox and pulls what comes after. */
final class Device {
  private final String name;
  private final String store;
  private final Identifier inbox;
  private final int pageSize;
  private final List<Message> messages = new ArrayList<>();
  private long position;
  private int calls;

  /**
   * @param name for people
   * @param pageSize entries per call
   */
  Device(String name, String store, String user, int pageSize) {
    this.name = name;
    this.store = store;
    this.inbox = Identifier.of(user);
    this.pageSize = pageSize;
  }

  /**
   * Pulls at most {@code callsMax} times, until there is nothing new.
   *
   * @return how many entries came
   */
  int sync(TidelineClient client, int callsMax) {
    int before = messages.size();
    boolean more = true;
    for (int call = 0; call < callsMax && more; call++) {
      SyncSpec request =
          SyncSpec.builder(store)
              .after(inbox, position)
              .limit(pageSize)
              .limitPerTimeline(pageSize)
              .build();
      SyncResult result = client.sync(request).getFirst().orThrow();
      calls++;
      for (Entry entry : result.entries()) {
        messages.add(entry.message());
        position = entry.sequenceId();
      }
      more = result.coverage().hasMore();
    }
    return messages.size() - before;
  }

  String name() {
    return name;
  }

  /** Last id it has. */
  long position() {
    return position;
  }

  int calls() {
    return calls;
  }

  List<Message> messages() {
    return messages;
  }
}
