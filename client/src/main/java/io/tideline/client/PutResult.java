package io.tideline.client;

import java.time.Instant;

/**
 * An acknowledged put into a MANUAL store.
 *
 * @param lastSequenceId the timeline's largest id after the write
 * @param replaced true if an entry of this id existed and was replaced
 * @param appendTime when the server accepted it
 */
public record PutResult(long lastSequenceId, boolean replaced, Instant appendTime) {}
