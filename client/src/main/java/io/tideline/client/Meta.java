package io.tideline.client;

import java.time.Instant;

/**
 * The free-schema properties of one timeline.
 *
 * @param timeline whose they are
 * @param fields the properties
 * @param revision how often they were changed; 1 after the first put
 * @param updateTime when they were last changed
 */
public record Meta(TimelineKey timeline, Message fields, long revision, Instant updateTime) {}
