package io.tideline.client;

/** One thing that {@link InboxSync} tells, in the order in which it happened. */
public sealed interface InboxEvent {

  /** Where the content of a delivered entry was read. */
  enum Source {
    INBOX,
    CONVERSATION
  }

  /**
   * The next entry of a conversation: a message, or a CHANGE that names an entry which was edited,
   * recalled or deleted. Per conversation ids ascend and none comes twice. Ids that are left out
   * are those of deleted entries and of {@link Lost} ranges.
   *
   * @param conversation the conversation
   * @param entry with its id in the conversation. From the inbox: content, revision and append time
   *     are those of the copy
   * @param source where it was read
   */
  record Delivered(Identifier conversation, Entry entry, Source source) implements InboxEvent {}

  /**
   * An inbox entry that stands for no conversation's entry: a notice of the application, an entry
   * that was recalled in the inbox itself, a CHANGE of the inbox.
   *
   * @param entry with its id in the inbox
   */
  record Own(Entry entry) implements InboxEvent {}

  /**
   * An inbox entry that names an id which its conversation does not have: it was written to the
   * inbox before the conversation, or names the wrong one. Nothing is skipped in the conversation:
   * should it get that id, the entry is delivered from there.
   *
   * @param entry with its id in the inbox
   * @param reference what it names
   * @param lastSequenceId the conversation's last id
   */
  record Unplaced(Entry entry, InboxReference reference, long lastSequenceId)
      implements InboxEvent {}

  /**
   * The conversations are read from now on, in place of the inbox.
   *
   * @param from first inbox id that is gone
   * @param through last inbox id that is gone; {@code from - 1} if the application asked to read
   *     the conversations and nothing is gone
   */
  record FellBack(long from, long through) implements InboxEvent {}

  /**
   * Every conversation was read to its end as it was after {@link FellBack}; the inbox is read
   * again.
   *
   * @param after the inbox is read after this id
   */
  record Back(long after) implements InboxEvent {}

  /**
   * Entries of a conversation that the device did not have and that are gone from the conversation
   * too: expired, trimmed or beyond retention.
   *
   * @param conversation the conversation
   * @param from first id that is gone
   * @param through last id that is gone
   */
  record Lost(Identifier conversation, long from, long through) implements InboxEvent {}
}
