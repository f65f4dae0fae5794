package io.tideline.tools.im;

import io.tideline.client.Entry;
import io.tideline.client.EntryKind;
import io.tideline.client.ErrorCode;
import io.tideline.client.Identifier;
import io.tideline.client.InboxBatch;
import io.tideline.client.InboxEvent;
import io.tideline.client.InboxReference;
import io.tideline.client.InboxState;
import io.tideline.client.InboxSync;
import io.tideline.client.InboxSyncSpec;
import io.tideline.client.Projection;
import io.tideline.client.Tail;
import io.tideline.client.TailEvent;
import io.tideline.client.TailSpec;
import io.tideline.client.TidelineClient;
import io.tideline.client.TidelineException;
import io.tideline.client.TimelineKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One device of one user: what is new for it, in order.
 *
 * <p>Whoever keeps what a device has seen stores it together with {@link Pulled#state}. Not
 * thread-safe.
 */
public final class ImDevice implements AutoCloseable {

  private final TidelineClient client;
  private final Identifier user;
  private final InboxSync inbox;

  /** What was pulled and not handed out yet, because a message it names could not be read. */
  private @Nullable InboxBatch pending;

  /** Tells that the inbox has got something; opened when somebody waits for that. */
  private @Nullable Tail news;

  ImDevice(TidelineClient client, Members members, String user, InboxState state) {
    this.client = client;
    this.user = Identifier.of(user);
    this.inbox =
        client.inboxSync(
            InboxSyncSpec.builder(ImStores.inbox(user), ImStores.CONVERSATIONS)
                .reference(ImDevice::reference)
                .conversations(() -> members.ranges(user))
                .build(),
            state);
  }

  /** A copy has a sender; a notice of a change has none. */
  private static Optional<InboxReference> reference(Entry entry) {
    return entry
        .message()
        .getString(ImMessage.CONVERSATION)
        .map(
            conversation ->
                new InboxReference(
                    Identifier.of(conversation),
                    entry.message().getLong(ImMessage.SEQUENCE_ID).orElseThrow(),
                    entry.message().get(ImMessage.SENDER) != null));
  }

  /**
   * What one pull brought.
   *
   * @param updates in order
   * @param state where the device stands after them
   * @param hasMore whether to pull again at once
   */
  public record Pulled(List<ImUpdate> updates, InboxState state, boolean hasMore) {
    public Pulled {
      updates = List.copyOf(updates);
    }
  }

  /**
   * The next updates; none without {@code hasMore} if there is nothing new. After a failure the
   * next pull brings what this one would have.
   */
  public Pulled pull() {
    if (pending == null) {
      pending = inbox.pull();
    }
    InboxBatch batch = pending;
    List<ImUpdate> updates = new ArrayList<>();
    batch.events().forEach(event -> update(event).ifPresent(updates::add));
    pending = null;
    return new Pulled(updates, batch.state(), batch.hasMore());
  }

  /**
   * Waits until there may be something to pull, which the server tells at once.
   *
   * @param atMost how long
   */
  public void awaitNews(Duration atMost) throws InterruptedException {
    Tail tail = news;
    if (tail == null) {
      tail =
          client.tail(
              TailSpec.builder(ImStores.INBOXES)
                  .after(user, inbox.state().inboxPosition())
                  .projection(Projection.noFields())
                  .build());
      news = tail;
    }
    try {
      Optional<TailEvent> event = tail.next(atMost);
      while (event.isPresent()) {
        event = tail.next(Duration.ZERO);
      }
    } catch (TidelineException ended) {
      close();
      throw ended;
    }
  }

  /** Ends what {@link #awaitNews} has opened; it may be called again after that. */
  @Override
  public void close() {
    if (news != null) {
      news.close();
      news = null;
    }
  }

  /** Has the next pulls look into every conversation; see {@link InboxSync#readConversations}. */
  public void readConversations() {
    inbox.readConversations();
  }

  private Optional<ImUpdate> update(InboxEvent event) {
    return switch (event) {
      case InboxEvent.Delivered delivered ->
          Optional.of(update(ImStores.text(delivered.conversation(), 0), delivered.entry()));
      case InboxEvent.Lost lost ->
          Optional.of(
              new ImUpdate.Lost(
                  ImStores.text(lost.conversation(), 0), lost.from(), lost.through()));
      case InboxEvent.FellBack fell ->
          Optional.of(new ImUpdate.ReadingConversations(fell.through() - fell.from() + 1));
      case InboxEvent.Back _ -> Optional.of(new ImUpdate.ReadingInbox());
      // Nobody writes such here; what an inbox has that no conversation has is not a message.
      case InboxEvent.Own _ -> Optional.empty();
      case InboxEvent.Unplaced _ -> Optional.empty();
    };
  }

  private ImUpdate update(String conversation, Entry entry) {
    if (entry.kind() == EntryKind.MESSAGE) {
      return new ImUpdate.Received(conversation, ImMessage.of(entry));
    }
    long id = entry.sequenceId();
    return read(ImStores.conversation(conversation), entry.targetSequenceId())
        .<ImUpdate>map(target -> new ImUpdate.Changed(conversation, id, ImMessage.of(target)))
        .orElseGet(() -> new ImUpdate.Removed(conversation, id, entry.targetSequenceId()));
  }

  private Optional<Entry> read(TimelineKey conversation, long id) {
    try {
      return client.get(conversation, id);
    } catch (TidelineException gone) {
      if (gone.code() == ErrorCode.NOT_RETAINED) {
        return Optional.empty();
      }
      throw gone;
    }
  }
}
