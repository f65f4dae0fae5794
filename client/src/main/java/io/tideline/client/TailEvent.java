package io.tideline.client;

import java.time.Instant;
import java.util.Map;

/** What a {@link Tail} tells. */
public sealed interface TailEvent {

  /**
   * New entries of one timeline, right after those told before.
   *
   * @param result entries in the order of their ids, and what they cover. Status TRIMMED means that
   *     entries before the first one have expired or were trimmed, and are gone for good
   */
  record Entries(SyncResult result) implements TailEvent {}

  /**
   * Nothing else is new. The first one tells that history is over.
   *
   * @param serverTime the node's clock
   * @param coverages of each timeline: its last id, and where this tail stands
   */
  record Heartbeat(Instant serverTime, Map<TimelineKey, Coverage> coverages) implements TailEvent {

    public Heartbeat {
      coverages = Map.copyOf(coverages);
    }
  }
}
