package io.tideline.server.service;

import com.google.protobuf.ByteString;
import io.tideline.lsm.ReadView;
import io.tideline.proto.v1.ReadOptions;
import io.tideline.server.replica.Freshness;
import io.tideline.server.replica.Partition;
import io.tideline.server.replica.ReadOutcome;
import java.util.concurrent.CompletableFuture;

/**
 * Gets the views of one call at the freshness it asks for, and keeps what its session sees by them.
 *
 * <p>Threading: safe for the threads of the call.
 */
final class Reads {

  private static final FieldPath SESSION_TOKEN = FieldPath.of("read").field("session_token");

  private final ReadOptions options;
  private final CallContext context;
  private final SessionToken given;

  // Guarded by this.
  private SessionToken seen;

  /** For validated options. */
  Reads(ReadOptions options, CallContext context) {
    this.options = options;
    this.context = context;
    this.given =
        options.getSessionToken().isEmpty()
            ? SessionToken.NONE
            : SessionToken.decode(SESSION_TOKEN, options.getSessionToken());
    this.seen = given;
  }

  /** Waits for the view of a partition; the caller closes it. */
  ReadView view(Partition partition) throws Exception {
    CompletableFuture<ReadOutcome> future = partition.read(freshness(partition));
    try {
      return switch (context.awaitRead(future)) {
        case ReadOutcome.Ready(ReadView view) -> {
          note(partition.partitionId(), view.state().position().index());
          yield view;
        }
        case ReadOutcome.Refused refused ->
            throw Outcomes.toFailure(refused.refusal()).toException();
      };
    } catch (Throwable e) {
      closeWhenReady(future);
      throw e;
    }
  }

  /** Adds what another node's answer has shown. */
  synchronized void note(ByteString token) {
    if (!token.isEmpty()) {
      seen = seen.and(SessionToken.decode(SESSION_TOKEN, token));
    }
  }

  /** What the session has seen after this call, for the reply. */
  synchronized ByteString token() {
    return seen.encode();
  }

  private Freshness freshness(Partition partition) {
    return switch (options.getConsistency()) {
      case READ_CONSISTENCY_SESSION -> given.due(partition.partitionId());
      case READ_CONSISTENCY_LEASE -> Freshness.LEASE;
      case READ_CONSISTENCY_UNSPECIFIED, READ_CONSISTENCY_LINEARIZABLE, UNRECOGNIZED ->
          Freshness.LINEARIZABLE;
    };
  }

  private synchronized void note(long partitionId, long appliedIndex) {
    seen = seen.and(partitionId, appliedIndex);
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
