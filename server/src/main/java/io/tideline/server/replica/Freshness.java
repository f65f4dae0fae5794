package io.tideline.server.replica;

/** How much a view of a partition must show. */
public sealed interface Freshness {

  /** Everything acknowledged before the read, by any replica. */
  Freshness LINEARIZABLE = new Linearizable();

  /** As linearizable while clocks run at nearly the same rate. */
  Freshness LEASE = new Lease();

  /** The leader is asked, which makes sure that it still leads. */
  record Linearizable() implements Freshness {}

  /** The leader trusts its clock, if the node is configured for it; else as linearizable. */
  record Lease() implements Freshness {}

  /**
   * What a session has seen, from a replica that is known to be no older than a bound.
   *
   * @param index log index that must be applied; 0 for any
   */
  record Applied(long index) implements Freshness {

    public Applied {
      if (index < 0) {
        throw new IllegalArgumentException("log index " + index);
      }
    }
  }
}
