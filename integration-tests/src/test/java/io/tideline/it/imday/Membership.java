package io.tideline.it.imday;

import java.util.Optional;

/**
 * What belongs to a user of a conversation: ids in {@code (after, through]}.
 *
 * @param timeline the conversation
 * @param user who is or was in it
 * @param after the last id before it
 * @param through its last id: of his leaving, or the conversation's last
 * @param toldFrom all messages after this id must be in his inbox: senders knew of him
 * @param leave how it ended, if it did
 */
record Membership(
    Timeline timeline,
    String user,
    long after,
    long through,
    long toldFrom,
    Optional<Step.Leave> leave) {

  DayRecord.Place place() {
    return new DayRecord.Place(timeline.conversation().id(), user);
  }
}
