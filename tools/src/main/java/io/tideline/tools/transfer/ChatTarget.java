package io.tideline.tools.transfer;

import io.tideline.client.Identifier;
import io.tideline.client.TimelineKey;
import java.util.Optional;

/**
 * The stores a chat is written to.
 *
 * @param conversations store with one timeline per conversation
 * @param inboxes store with one timeline per user; empty for no inboxes
 */
public record ChatTarget(String conversations, Optional<String> inboxes) {

  public TimelineKey conversation(String name) {
    return new TimelineKey(conversations, Identifier.of(name));
  }

  /** Only with an inbox store. */
  public TimelineKey inbox(String user) {
    return new TimelineKey(inboxes.orElseThrow(), Identifier.of(user));
  }
}
