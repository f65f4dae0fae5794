package io.tideline.client;

import java.util.OptionalLong;

/**
 * A part of what was asked for that is gone for good: expired, trimmed or beyond retention.
 *
 * @param timeline the timeline
 * @param askedFrom the smallest id that was asked for; empty if the scan asked from the first or
 *     from a time
 * @param firstRetainedSequenceId the smallest id that is still there; last + 1 if nothing is
 */
public record Gap(TimelineKey timeline, OptionalLong askedFrom, long firstRetainedSequenceId) {}
