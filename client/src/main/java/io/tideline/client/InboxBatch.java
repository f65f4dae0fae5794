package io.tideline.client;

import java.util.List;

/**
 * What one {@link InboxSync#pull} found.
 *
 * @param events in order; may be empty
 * @param state where the device stands once it has handled the events: store both together, and
 *     nothing comes twice or is missed, whenever the device stops
 * @param hasMore whether to pull again at once
 */
public record InboxBatch(List<InboxEvent> events, InboxState state, boolean hasMore) {

  public InboxBatch {
    events = List.copyOf(events);
  }
}
