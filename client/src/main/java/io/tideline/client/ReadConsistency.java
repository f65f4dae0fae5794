package io.tideline.client;

/** How fresh reads must be. */
public enum ReadConsistency {

  /** They see every write acknowledged before they began. The default. */
  LINEARIZABLE(io.tideline.proto.v1.ReadConsistency.READ_CONSISTENCY_LINEARIZABLE),

  /**
   * As {@link #LINEARIZABLE} while the clocks of the servers run at nearly the same rate; cheaper.
   * Only on servers configured for it ({@code raft.lease_reads}); on others it is the same.
   */
  LEASE(io.tideline.proto.v1.ReadConsistency.READ_CONSISTENCY_LEASE),

  /**
   * They see what their session has written and read, and never go back; beyond that they may be
   * some seconds old (10 by default, a setting of the servers). Any replica that has come so far
   * answers, also while there is no leader.
   */
  SESSION(io.tideline.proto.v1.ReadConsistency.READ_CONSISTENCY_SESSION);

  private final io.tideline.proto.v1.ReadConsistency wire;

  ReadConsistency(io.tideline.proto.v1.ReadConsistency wire) {
    this.wire = wire;
  }

  io.tideline.proto.v1.ReadConsistency toWire() {
    return wire;
  }
}
