package io.tideline.client;

import java.time.Instant;

/**
 * One element of a timeline's queue.
 *
 * @param sequenceId position in the queue; from 1 in DENSE and MONOTONIC stores
 * @param appendTime when the server accepted it; never falls within one timeline
 * @param kind a message, or the notice of a change to another entry
 * @param message the content; empty if recalled, reduced if the read had a projection
 * @param revision how often it was updated or recalled; 0 as appended
 * @param recalled true if the content was taken back: the id stays, the content is gone
 * @param targetSequenceId in a change entry, the entry that changed; else 0
 * @param changeType in a change entry, what happened to the target
 */
public record Entry(
    long sequenceId,
    Instant appendTime,
    EntryKind kind,
    Message message,
    int revision,
    boolean recalled,
    long targetSequenceId,
    ChangeType changeType) {}
