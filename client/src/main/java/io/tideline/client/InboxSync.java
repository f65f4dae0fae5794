package io.tideline.client;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Brings one device of one user up to date: reads the user's inbox, and his conversations where the
 * inbox is not enough. Get it from {@link TidelineClient#inboxSync}.
 *
 * <pre>{@code
 * InboxSync sync = client.inboxSync(spec, InboxState.fromBytes(stored));
 * while (true) {
 *   InboxBatch batch = sync.pull();
 *   database.transaction(() -> { show(batch.events()); store(batch.state().toBytes()); });
 *   if (!batch.hasMore()) waitForNews();
 * }
 * }</pre>
 *
 * <p><b>The rule of the sender.</b> Append to the conversation first; then write to the inboxes,
 * with the message the conversation and the id that it got there. So what an inbox names is in its
 * conversation, and the device knows by the ids alone what it has: it remembers one number for each
 * conversation, whatever it has read.
 *
 * <p><b>What follows.</b> An inbox entry with the conversation's next id is delivered as it is.
 * With an id the device has, it is dropped: a copy, or one that arrived by another way. With a
 * later id something is missing that was written earlier: inboxes get concurrent messages in any
 * order, and a sender may have died between the conversation and the inboxes. Then what is missing
 * is read in the conversation before the entry is delivered.
 *
 * <p><b>Falling back.</b> When entries that the device has not read are gone from the inbox, every
 * conversation is read from the device's position to its end. Whatever the lost inbox entries named
 * was in the conversations before they were read. Then the inbox is read on at the first entry it
 * retained; messages that arrived meanwhile are there, or were read already and are dropped.
 * Another trim during that time is found then, and handled in the same way.
 *
 * <p><b>Memory</b> is that of one pull's entries, and one position for each conversation. A pull
 * that fails leaves everything as it was; repeat it.
 *
 * <p>Not thread-safe.
 */
public final class InboxSync {

  /** Within one pull; ascending times within a timeline keep each conversation in id order. */
  private static final Comparator<InboxEvent.Delivered> BY_TIME =
      Comparator.comparing(delivered -> delivered.entry().appendTime());

  private final TidelineClient client;

  /** What an inbox names must be found: a replica that lags would not show it. */
  private final TidelineClient conversations;

  private final InboxSyncSpec spec;
  private InboxState state;

  /** Set while the conversations are read in place of the inbox. */
  private @Nullable FallBack fallBack;

  /** What the next pull tells before it reads. */
  private InboxEvent.@Nullable FellBack untold;

  /**
   * @param resumeAfter where the inbox is read on afterwards
   * @param unread the conversations whose end was not reached yet
   */
  private record FallBack(long resumeAfter, Map<Identifier, ConversationRange> unread) {

    /** Ends the ranges where they end by now; what has begun since is for the inbox. */
    void endWith(Map<Identifier, ConversationRange> ranges) {
      unread.replaceAll(
          (conversation, range) -> {
            long end = ranges.getOrDefault(conversation, range).through();
            return new ConversationRange(
                range.after(), Math.max(range.after(), Math.min(range.through(), end)));
          });
    }
  }

  InboxSync(TidelineClient client, InboxSyncSpec spec, InboxState state) {
    this.client = client;
    this.conversations = client.withReadConsistency(ReadConsistency.LINEARIZABLE);
    this.spec = spec;
    this.state = state;
  }

  /** Where the device stands after the last pull. */
  public InboxState state() {
    return state;
  }

  /** Whether the conversations are read in place of the inbox. */
  public boolean isFallenBack() {
    return fallBack != null;
  }

  /**
   * Has the next pulls read every conversation to its end, though nothing is known to be missing.
   * Finds at once what a sender wrote to a conversation before it died and to no inbox; without it
   * that is found with the conversation's next message. For the start of a device, say.
   */
  public void readConversations() {
    if (fallBack == null) {
      fallBackBehind(state.inboxPosition());
    }
  }

  private void fallBackBehind(long lastLost) {
    fallBack = new FallBack(lastLost, new LinkedHashMap<>(spec.conversations()));
    untold = new InboxEvent.FellBack(state.inboxPosition() + 1, lastLost);
  }

  /**
   * Reads what comes next, in one to a few calls. Empty without {@link InboxBatch#hasMore} if there
   * is nothing new.
   *
   * <p>Errors: those of {@link TidelineClient#sync} and {@link TidelineClient#scanPage}. While the
   * conversations are read, those that can be reached are delivered first.
   */
  public InboxBatch pull() {
    if (untold != null) {
      return tell(untold);
    }
    return fallBack == null ? pullInbox() : pullConversations(fallBack);
  }

  private InboxBatch tell(InboxEvent.FellBack event) {
    untold = null;
    return new InboxBatch(List.of(event), state, true);
  }

  private InboxBatch pullInbox() {
    long position = state.inboxPosition();
    SyncResult inbox =
        client
            .sync(
                SyncSpec.builder(spec.inbox().store())
                    .after(spec.inbox().identifier(), position)
                    .limit(spec.limit())
                    .limitPerTimeline(spec.limit())
                    .build())
            .get(0)
            .orThrow();
    long firstRetained = inbox.coverage().firstRetainedSequenceId();
    if (inbox.coverage().isTrimmed() && firstRetained > position + 1) {
      fallBackBehind(firstRetained - 1);
      return pull();
    }
    InboxPage page = new InboxPage(conversations, spec, state, inbox);
    page.deliver();
    state = page.state();
    return new InboxBatch(page.events(), state, page.hasMore());
  }

  private InboxBatch pullConversations(FallBack now) {
    Positions positions = new Positions(state);
    SyncSpec.Builder reads =
        SyncSpec.builder(spec.conversationStore())
            .limit(spec.limit())
            .limitPerTimeline(spec.limit());
    int asked = 0;
    for (Iterator<Map.Entry<Identifier, ConversationRange>> left = now.unread.entrySet().iterator();
        left.hasNext() && asked < Limits.ITEMS_MAX; ) {
      Map.Entry<Identifier, ConversationRange> conversation = left.next();
      long after = positions.beginAt(conversation.getKey(), conversation.getValue());
      if (after >= conversation.getValue().through()) {
        left.remove();
      } else {
        reads.after(conversation.getKey(), after);
        asked++;
      }
    }
    if (asked == 0) {
      fallBack = null;
      state = positions.toState(now.resumeAfter);
      return new InboxBatch(List.of(new InboxEvent.Back(now.resumeAfter)), state, true);
    }
    List<InboxEvent> losses = new ArrayList<>();
    List<InboxEvent.Delivered> delivered = new ArrayList<>();
    SyncSpec asking = reads.build();
    List<SyncResult> results = requireAny(conversations.sync(asking));
    // Asked after the read: a membership that has ended since the last pull has ended here as well.
    now.endWith(spec.conversations());
    for (SyncResult result : results) {
      Identifier conversation = result.timeline().identifier();
      long through = through(now.unread.get(conversation));
      long after = asking.positions().getOrDefault(conversation, 0L);
      positions.read(
          conversation, after, through, result.entries(), result.coverage(), losses, delivered);
      if (!result.coverage().hasMore()) {
        now.unread.remove(conversation);
      }
    }
    delivered.sort(BY_TIME);
    state = positions.toState(state.inboxPosition());
    losses.addAll(delivered);
    return new InboxBatch(losses, state, true);
  }

  private static long through(@Nullable ConversationRange range) {
    return range == null ? Long.MAX_VALUE : range.through();
  }

  /** The timelines that could be read; if none could, why. */
  private static List<SyncResult> requireAny(List<SyncResult> results) {
    List<SyncResult> read = results.stream().filter(result -> result.error() == null).toList();
    return read.isEmpty() ? List.of(results.get(0).orThrow()) : read;
  }
}
