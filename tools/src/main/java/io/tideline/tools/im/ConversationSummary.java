package io.tideline.tools.im;

import java.time.Instant;

/**
 * A line of a user's list of conversations.
 *
 * @param conversation its id
 * @param lastSequenceId the last id that belongs to the user
 * @param unread ids after his cursor, changes included
 * @param lastActivity when the conversation last got an entry
 */
public record ConversationSummary(
    String conversation, long lastSequenceId, long unread, Instant lastActivity) {}
