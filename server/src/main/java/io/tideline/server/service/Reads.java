package io.tideline.server.service;

import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_PARTITION_UNAVAILABLE;

import com.google.protobuf.ByteString;
import io.tideline.lsm.ReadView;
import io.tideline.proto.v1.ReadConsistency;
import io.tideline.proto.v1.ReadOptions;
import io.tideline.server.replica.Partition;
import io.tideline.server.replica.ReadOutcome;
import java.util.concurrent.CompletableFuture;

/**
 * Gets views of partitions at the freshness a read asks for.
 *
 * <p>Every read of this version is linearizable, which is at least what LEASE and SESSION ask for.
 */
final class Reads {

  /** Retry hint when a replica is behind a session. */
  private static final long RETRY_AFTER_MILLIS = 50;

  private Reads() {}

  /** Waits for the view of a partition; the caller closes it. */
  static ReadView view(Partition partition, ReadOptions options, CallContext context)
      throws Exception {
    CompletableFuture<ReadOutcome> future = partition.read();
    try {
      return accept(partition, context.awaitRead(future), options);
    } catch (Throwable e) {
      closeWhenReady(future);
      throw e;
    }
  }

  /** The token a session passes on after this read. */
  static ByteString token(Partition partition, ReadView view) {
    return SessionToken.of(partition.partitionId(), view.state().position().index()).encode();
  }

  private static ReadView accept(Partition partition, ReadOutcome outcome, ReadOptions options) {
    return switch (outcome) {
      case ReadOutcome.Ready ready -> {
        refuseIfBehindSession(partition, ready.view(), options);
        yield ready.view();
      }
      case ReadOutcome.Refused refused -> throw Outcomes.toFailure(refused.refusal()).toException();
    };
  }

  private static void refuseIfBehindSession(
      Partition partition, ReadView view, ReadOptions options) {
    if (options.getConsistency() != ReadConsistency.READ_CONSISTENCY_SESSION
        || options.getSessionToken().isEmpty()) {
      return;
    }
    long due =
        SessionToken.decode(FieldPath.of("read").field("session_token"), options.getSessionToken())
            .appliedIndexes()
            .getOrDefault(partition.partitionId(), 0L);
    long applied = view.state().position().index();
    if (applied < due) {
      throw Failure.of(
              ERROR_REASON_PARTITION_UNAVAILABLE,
              "this replica has applied log index "
                  + applied
                  + " of partition "
                  + partition.partitionId()
                  + ", but the session has seen "
                  + due
                  + "; retry, or read without the token if the data was restored from a copy")
          .withRetryAfterMillis(RETRY_AFTER_MILLIS)
          .toException();
    }
  }

  /** A view that arrives after its reader gave up, or that was refused, must not be held. */
  private static void closeWhenReady(CompletableFuture<ReadOutcome> future) {
    var unused =
        future.thenAccept(
            outcome -> {
              if (outcome instanceof ReadOutcome.Ready(ReadView view)) {
                view.close();
              }
            });
  }
}
