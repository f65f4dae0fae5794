package io.tideline.client;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One page of an inbox, put into the order of the conversations; see {@link InboxSync}. Used once,
 * by one thread.
 */
final class InboxPage {

  private final TidelineClient conversations;
  private final InboxSyncSpec spec;
  private final SyncResult inbox;
  private final Positions positions;
  private final List<InboxEvent> events = new ArrayList<>();

  /**
   * The page's copies by what they stand for: of concurrent messages the later id often is first.
   */
  private final Map<InboxReference, Entry> copies = new HashMap<>();

  /** The last inbox id that is done with. */
  private long handled;

  /** What the application says; asked at most once. */
  private @Nullable Map<Identifier, ConversationRange> ranges;

  InboxPage(TidelineClient conversations, InboxSyncSpec spec, InboxState state, SyncResult inbox) {
    this.conversations = conversations;
    this.spec = spec;
    this.inbox = inbox;
    this.positions = new Positions(state);
    this.handled = state.inboxPosition();
  }

  List<InboxEvent> events() {
    return events;
  }

  InboxState state() {
    return positions.toState(handled);
  }

  boolean hasMore() {
    return inbox.coverage().hasMore() || handled + 1 < inbox.coverage().nextSequenceId();
  }

  /** Delivers the page, or its beginning if that and what it lacked are a pull's fill. */
  void deliver() {
    List<Optional<InboxReference>> references =
        inbox.entries().stream().map(spec::referenceOf).toList();
    for (int i = 0; i < references.size(); i++) {
      Entry entry = inbox.entries().get(i);
      references
          .get(i)
          .filter(InboxReference::isCopy)
          .ifPresent(reference -> copies.putIfAbsent(reference, entry));
    }
    for (int i = 0; i < references.size(); i++) {
      Entry entry = inbox.entries().get(i);
      if (isFull()) {
        return;
      }
      if (references.get(i).isEmpty()) {
        events.add(new InboxEvent.Own(entry));
      } else if (!deliver(entry, references.get(i).get())) {
        return;
      }
      handled = entry.sequenceId();
    }
    // Past deleted entries at the end as well.
    handled = Math.max(handled, inbox.coverage().nextSequenceId() - 1);
  }

  private boolean isFull() {
    return events.size() >= spec.limit();
  }

  /** Returns false if the pull is full before it came to the entry. */
  private boolean deliver(Entry entry, InboxReference reference) {
    Identifier conversation = reference.conversation();
    long id = reference.sequenceId();
    Long known = positions.get(conversation);
    long position;
    long through;
    if (known != null && id <= known + 1) {
      position = known;
      through = Long.MAX_VALUE;
    } else {
      ConversationRange range = ranges().get(conversation);
      position = begin(known, id, conversation, range);
      through = range == null ? Long.MAX_VALUE : range.through();
    }
    long last = Math.min(id, through);
    while (position < last) {
      if (isFull()) {
        positions.moveTo(conversation, position);
        return false;
      }
      Entry copy = copies.get(InboxReference.copyOf(conversation, position + 1));
      if (copy != null) {
        position++;
        events.add(
            new InboxEvent.Delivered(
                conversation, withId(copy, position), InboxEvent.Source.INBOX));
        positions.moveTo(conversation, position);
        continue;
      }
      long end = missingThrough(conversation, position, last);
      Page page = read(conversation, position, end);
      long before = position;
      position =
          positions.read(
              conversation, position, end, page.entries(), page.coverage(), events, events);
      if (position == before) {
        // Those who read after a write that was acknowledged see it; so it was not written.
        events.add(new InboxEvent.Unplaced(entry, reference, page.coverage().lastSequenceId()));
        return true;
      }
    }
    return true;
  }

  private long begin(
      @Nullable Long known, long id, Identifier conversation, @Nullable ConversationRange range) {
    if (range != null) {
      return positions.beginAt(conversation, range);
    }
    // Nobody says where it begins for the user: with the first that reached him.
    return known == null ? id - 1 : known;
  }

  /** The last id that is missing before one that this page has, as far as the pull has room. */
  private long missingThrough(Identifier conversation, long after, long last) {
    long end = Math.min(last, after + spec.limit() - events.size());
    for (long id = after + 2; id <= end; id++) {
      if (copies.containsKey(InboxReference.copyOf(conversation, id))) {
        return id - 1;
      }
    }
    return end;
  }

  private Page read(Identifier conversation, long after, long through) {
    return conversations.scanPage(
        ScanSpec.builder(spec.conversation(conversation))
            .from(after + 1)
            .to(through + 1)
            .pageSize(spec.limit())
            .build());
  }

  private Map<Identifier, ConversationRange> ranges() {
    if (ranges == null) {
      ranges = spec.conversations();
    }
    return ranges;
  }

  private static Entry withId(Entry copy, long sequenceId) {
    return new Entry(
        sequenceId,
        copy.appendTime(),
        copy.kind(),
        copy.message(),
        copy.revision(),
        copy.recalled(),
        copy.targetSequenceId(),
        copy.changeType());
  }
}
