package io.tideline.server.service;

import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_OUTCOME_UNKNOWN;

import io.tideline.proto.v1.ErrorReason;
import io.tideline.server.replica.Refusal;
import io.tideline.server.replica.WriteOutcome;

/** What partitions answer, in the contract's words. */
final class Outcomes {

  private Outcomes() {}

  /** The applied write, or the failure it ended with. */
  static <R> WriteOutcome.Applied<R> applied(WriteOutcome<R> outcome) {
    return switch (outcome) {
      case WriteOutcome.Applied<R> applied -> applied;
      case WriteOutcome.Refused<R> refused -> throw toFailure(refused.refusal()).toException();
      case WriteOutcome.Unknown<R> unknown -> throw unknown(unknown.why()).toException();
    };
  }

  static Failure unknown(String why) {
    return Failure.of(
        ERROR_REASON_OUTCOME_UNKNOWN,
        "the write may or may not have happened ("
            + why
            + "); retry it only with a message_key, or read the timeline first");
  }

  static Failure toFailure(Refusal refusal) {
    Failure failure =
        Failure.of(reason(refusal.reason()), refusal.detail())
            .withRetryAfterMillis(refusal.retryAfterMillis());
    if (refusal.limit() == 0) {
      return failure;
    }
    return failure
        .withValue(Long.toString(refusal.used()))
        .withLimit(Long.toString(refusal.limit()));
  }

  private static ErrorReason reason(Refusal.Reason reason) {
    return switch (reason) {
      case IN_FLIGHT_BYTES -> ErrorReason.ERROR_REASON_IN_FLIGHT_BYTES;
      case MEMTABLE_MEMORY -> ErrorReason.ERROR_REASON_MEMTABLE_MEMORY;
      case COMPACTION_BACKLOG -> ErrorReason.ERROR_REASON_COMPACTION_BACKLOG;
      case LOG_BACKLOG -> ErrorReason.ERROR_REASON_LOG_BACKLOG;
      case DISK_FULL -> ErrorReason.ERROR_REASON_DISK_FULL;
      case NOT_LEADER -> ErrorReason.ERROR_REASON_NOT_LEADER;
      case UNAVAILABLE -> ErrorReason.ERROR_REASON_PARTITION_UNAVAILABLE;
      case SHUTTING_DOWN -> ErrorReason.ERROR_REASON_SHUTTING_DOWN;
      case REPLICA_FAILED -> ErrorReason.ERROR_REASON_REPLICA_FAILED;
    };
  }
}
