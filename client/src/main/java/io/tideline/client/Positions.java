package io.tideline.client;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A device's positions while one pull moves them on. Not thread-safe. */
final class Positions {

  private final Map<Identifier, Long> positions;

  Positions(InboxState state) {
    this.positions = new HashMap<>(state.positions());
  }

  @Nullable Long get(Identifier conversation) {
    return positions.get(conversation);
  }

  /** The id after which to read: the device's position, but nothing from before the user joined. */
  long beginAt(Identifier conversation, ConversationRange range) {
    return Math.max(positions.getOrDefault(conversation, 0L), range.after());
  }

  void moveTo(Identifier conversation, long sequenceId) {
    positions.put(conversation, sequenceId);
  }

  /**
   * Delivers what was read of a conversation after {@code after}, says what is gone, and moves on
   * to where the read ended.
   *
   * @param through the last id to deliver; the read may have gone further
   * @return the new position
   */
  long read(
      Identifier conversation,
      long after,
      long through,
      List<Entry> entries,
      Coverage coverage,
      List<? super InboxEvent.Lost> losses,
      List<? super InboxEvent.Delivered> delivered) {
    if (coverage.isTrimmed() && coverage.firstRetainedSequenceId() > after + 1) {
      losses.add(
          new InboxEvent.Lost(
              conversation, after + 1, Math.min(through, coverage.firstRetainedSequenceId() - 1)));
    }
    for (Entry entry : entries) {
      if (entry.sequenceId() <= through) {
        delivered.add(
            new InboxEvent.Delivered(conversation, entry, InboxEvent.Source.CONVERSATION));
      }
    }
    long position = Math.max(after, Math.min(through, coverage.nextSequenceId() - 1));
    moveTo(conversation, position);
    return position;
  }

  InboxState toState(long inboxPosition) {
    return InboxState.of(inboxPosition, positions);
  }
}
