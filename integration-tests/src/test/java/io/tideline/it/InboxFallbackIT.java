package io.tideline.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tideline.client.AppendItem;
import io.tideline.client.ConversationRange;
import io.tideline.client.Entry;
import io.tideline.client.EntryKind;
import io.tideline.client.EntryUpdate;
import io.tideline.client.Identifier;
import io.tideline.client.IdentifierType;
import io.tideline.client.InboxBatch;
import io.tideline.client.InboxEvent;
import io.tideline.client.InboxReference;
import io.tideline.client.InboxState;
import io.tideline.client.InboxSync;
import io.tideline.client.InboxSyncSpec;
import io.tideline.client.Message;
import io.tideline.client.StoreSpec;
import io.tideline.client.TidelineClient;
import io.tideline.client.TimelineKey;
import io.tideline.it.harness.NodeConfig;
import io.tideline.it.harness.Nodes;
import io.tideline.it.harness.ServerProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * An inbox that keeps entries for two seconds, a device that pulls all the time and one that comes
 * late, while messages are sent and edited.
 */
class InboxFallbackIT {

  private static final Duration TTL = Duration.ofSeconds(2);
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int CONVERSATIONS = 6;
  private static final TimelineKey INBOX = TimelineKey.of("inbox", "ana");

  @RegisterExtension final Nodes nodes = new Nodes();

  private final AtomicBoolean sending = new AtomicBoolean(true);

  /** What a device has stored: ids with text by conversation, and its position. */
  private static final class Device {
    final Map<Identifier, TreeMap<Long, String>> view = new HashMap<>();
    final List<InboxEvent> other = new ArrayList<>();
    InboxState state = InboxState.ofNewDevice();

    /** One run of the application: from what it has stored to where nothing is new. */
    void run(TidelineClient client) {
      InboxSync sync = client.inboxSync(spec(), InboxState.fromBytes(state.toBytes()));
      InboxBatch batch;
      do {
        batch = sync.pull();
        batch.events().forEach(this::take);
        state = batch.state();
      } while (batch.hasMore());
    }

    private void take(InboxEvent event) {
      if (!(event instanceof InboxEvent.Delivered delivered)) {
        other.add(event);
        return;
      }
      TreeMap<Long, String> conversation =
          view.computeIfAbsent(delivered.conversation(), c -> new TreeMap<>());
      long id = delivered.entry().sequenceId();
      assertThat(id).isEqualTo(conversation.isEmpty() ? 1 : conversation.lastKey() + 1);
      conversation.put(id, show(delivered.entry()));
    }

    long fallBacks() {
      return other.stream().filter(event -> event instanceof InboxEvent.FellBack).count();
    }
  }

  @Test
  void expiredInboxesFallBackToConversationsAndNothingIsMissed() throws Exception {
    ServerProcess node = nodes.start(NodeConfig.shortLived());
    try (TidelineClient client = TidelineClient.connect(node.endpoint())) {
      client
          .stores()
          .create(
              StoreSpec.builder("inbox")
                  .identifierField("user", IdentifierType.STRING)
                  .ttl(TTL)
                  .build());
      client
          .stores()
          .create(
              StoreSpec.builder("conversations")
                  .identifierField("id", IdentifierType.STRING)
                  .build());
      Device busy = new Device();
      Device late = new Device();
      CompletableFuture<Map<Identifier, TreeMap<Long, String>>> sent =
          CompletableFuture.supplyAsync(() -> send(client));

      late.run(client);
      await("what the late device has not read has expired")
          .atMost(PATIENCE)
          .pollInterval(Duration.ofMillis(50))
          .until(
              () -> {
                busy.run(client);
                return client.head(INBOX).firstRetainedSequenceId()
                    > late.state.inboxPosition() + 10;
              });
      late.run(client); // While messages arrive.
      sending.set(false);
      Map<Identifier, TreeMap<Long, String>> model = sent.get();
      busy.run(client);
      late.run(client);
      Device fresh = new Device();
      fresh.run(client);

      assertThat(busy.view).isEqualTo(model);
      assertThat(late.view).isEqualTo(model);
      assertThat(fresh.view).isEqualTo(model);
      assertThat(late.fallBacks()).isPositive();
      assertThat(fresh.fallBacks()).isPositive();
      assertThat(List.of(busy.other, late.other, fresh.other))
          .allSatisfy(
              events ->
                  assertThat(events)
                      .allMatch(
                          event ->
                              event instanceof InboxEvent.FellBack
                                  || event instanceof InboxEvent.Back));
    }
  }

  /** Sends, and edits some, until told to stop; returns what each conversation then has. */
  private Map<Identifier, TreeMap<Long, String>> send(TidelineClient client) {
    Map<Identifier, TreeMap<Long, String>> model = new HashMap<>();
    for (int i = 0; sending.get(); i++) {
      Identifier conversation = Identifier.of("c" + i % CONVERSATIONS);
      TreeMap<Long, String> entries = model.computeIfAbsent(conversation, c -> new TreeMap<>());
      String text = "message " + i;
      TimelineKey timeline = new TimelineKey("conversations", conversation);
      long id = client.append(timeline, Message.of("text", text)).sequenceId();
      entries.put(id, text);
      toInbox(client, conversation, id, Optional.of(text));
      if (i % 20 == 19) {
        long change =
            client
                .update(timeline, id, EntryUpdate.builder().set("edited", true).announced().build())
                .changeSequenceId()
                .orElseThrow();
        entries.put(change, "change of " + id);
        toInbox(client, conversation, change, Optional.empty());
      }
    }
    return model;
  }

  private static void toInbox(
      TidelineClient client, Identifier conversation, long id, Optional<String> text) {
    Message.Builder message =
        Message.builder().put("conversation", conversation.values().getFirst()).put("seq", id);
    text.ifPresent(content -> message.put("text", content));
    client.append(AppendItem.of(INBOX, message.build()).withMessageKey(conversation + "#" + id));
  }

  private static InboxSyncSpec spec() {
    Map<Identifier, ConversationRange> conversations =
        IntStream.range(0, CONVERSATIONS)
            .mapToObj(i -> Identifier.of("c" + i))
            .collect(Collectors.toMap(id -> id, id -> ConversationRange.all()));
    return InboxSyncSpec.builder(INBOX, "conversations")
        .reference(InboxFallbackIT::reference)
        .conversations(() -> conversations)
        .build();
  }

  private static Optional<InboxReference> reference(Entry entry) {
    return entry
        .message()
        .getString("conversation")
        .map(
            name ->
                new InboxReference(
                    Identifier.of(name),
                    entry.message().getLong("seq").orElseThrow(),
                    entry.message().getString("text").isPresent()));
  }

  private static String show(Entry entry) {
    return entry.kind() == EntryKind.CHANGE
        ? "change of " + entry.targetSequenceId()
        : entry.message().getString("text").orElseThrow();
  }
}
