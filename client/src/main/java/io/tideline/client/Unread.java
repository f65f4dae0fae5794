package io.tideline.client;

/**
 * What a reader has not consumed of a timeline.
 *
 * @param count ids given after the cursor, never negative: in DENSE stores the exact number,
 *     entries that were deleted or have expired included
 * @param lastSequenceId the timeline's last id, 0 if it never had an entry
 * @param cursorSequenceId the last consumed id, 0 if none was committed
 */
public record Unread(long count, long lastSequenceId, long cursorSequenceId) {}
