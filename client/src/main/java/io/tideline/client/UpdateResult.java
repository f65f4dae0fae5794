package io.tideline.client;

import java.util.OptionalLong;

/**
 * What an update gave.
 *
 * @param revision the entry's revision after it; 1 after the first update
 * @param changeSequenceId id of the CHANGE entry that tells of it, if it was announced
 */
public record UpdateResult(int revision, OptionalLong changeSequenceId) {}
