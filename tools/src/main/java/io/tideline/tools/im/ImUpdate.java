package io.tideline.tools.im;

import io.tideline.client.EntryKind;

/** One thing a device learns, in order; of one conversation in the order of its ids. */
public sealed interface ImUpdate {

  /** A new message. */
  record Received(String conversation, ImMessage message) implements ImUpdate {}

  /**
   * A message was edited or recalled.
   *
   * @param changeId id of the entry that tells of it, see {@link EntryKind#CHANGE}
   * @param message as it is now
   */
  record Changed(String conversation, long changeId, ImMessage message) implements ImUpdate {}

  /**
   * A message was deleted, or has expired since it was changed.
   *
   * @param changeId id of the entry that tells of it
   * @param id the message that is not there any more
   */
  record Removed(String conversation, long changeId, long id) implements ImUpdate {}

  /** These ids of the conversation are gone and the device never had them. */
  record Lost(String conversation, long from, long through) implements ImUpdate {}

  /** The inbox had expired before the device came, or it was asked to: conversations are read. */
  record ReadingConversations(long lostInboxEntries) implements ImUpdate {}

  /** The device reads its inbox again. */
  record ReadingInbox() implements ImUpdate {}
}
