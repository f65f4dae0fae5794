package io.tideline.client;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An acknowledged append: it is on the disks of a quorum.
 *
 * @param sequenceId the id given to the message
 * @param previousSequenceId the timeline's last id before, 0 if this is the first
 * @param duplicate true if the message key was seen before: the ids are those of the first append
 *     and nothing was written now. A retry inside the client can cause it as well
 * @param appendTime when the server accepted it
 * @param dedupSince message keys first used before this time are no longer recognised; null for an
 *     append without a key
 */
public record AppendResult(
    long sequenceId,
    long previousSequenceId,
    boolean duplicate,
    Instant appendTime,
    @Nullable Instant dedupSince) {}
