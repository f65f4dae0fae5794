package io.tideline.server.replica;

import java.util.Objects;

/**
 * Why a partition did not take a call. Nothing was done.
 *
 * @param reason for programs
 * @param detail for people: what is full or missing, and what to do
 * @param used how much of the resource is in use, in its unit (bytes, count); 0 if none is meant
 * @param limit its limit in the same unit; 0 if none is meant
 * @param retryAfterMillis when to try again at the earliest; 0 for no hint
 */
public record Refusal(Reason reason, String detail, long used, long limit, long retryAfterMillis) {

  /** What stood in the way. */
  public enum Reason {
    /** Too many bytes of requests are in flight on this node. */
    IN_FLIGHT_BYTES,
    /** Memtable memory is used up; flushes are behind. */
    MEMTABLE_MEMORY,
    /** Too many runs wait for compaction. */
    COMPACTION_BACKLOG,
    /** Too much log is not flushed yet. */
    LOG_BACKLOG,
    /** The disk is full or nearly so. */
    DISK_FULL,
    /** Another replica leads the partition. */
    NOT_LEADER,
    /** The partition is starting or electing. */
    UNAVAILABLE,
    /** The node is shutting down. */
    SHUTTING_DOWN,
    /** The replica stopped after a fatal error; a restart of the node is needed. */
    REPLICA_FAILED
  }

  public Refusal {
    Objects.requireNonNull(reason, "reason");
    Objects.requireNonNull(detail, "detail");
  }

  /** A refusal that is not about a measured resource. */
  public static Refusal of(Reason reason, String detail, long retryAfterMillis) {
    return new Refusal(reason, detail, 0, 0, retryAfterMillis);
  }
}
