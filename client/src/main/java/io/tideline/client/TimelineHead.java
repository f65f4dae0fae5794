package io.tideline.client;

import java.time.Instant;
import java.util.OptionalLong;

/**
 * The summary of a timeline; it outlives the timeline's entries.
 *
 * @param timeline the timeline
 * @param lastSequenceId largest id ever given, 0 if none
 * @param firstRetainedSequenceId smallest id still readable; last + 1 if nothing is retained
 * @param trimmedThroughSequenceId entries up to this one were trimmed on request, if any were
 * @param appendedCount entries ever appended, including those that are gone
 * @param epoch how often the timeline was deleted
 * @param lastAppendTime when the newest entry was accepted; the epoch of time if there is none
 * @param exists false if the timeline never had an entry
 */
public record TimelineHead(
    TimelineKey timeline,
    long lastSequenceId,
    long firstRetainedSequenceId,
    OptionalLong trimmedThroughSequenceId,
    long appendedCount,
    long epoch,
    Instant lastAppendTime,
    boolean exists) {}
