package io.tideline.server.service;

import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_CORRUPTION;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_INTERNAL;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_OUTCOME_UNKNOWN;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_REPLICA_FAILED;

import io.tideline.lsm.CorruptionException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells what serving a call threw as a {@link Failure}, and logs what is this server's doing. */
final class CallErrors {

  private static final Logger log = LoggerFactory.getLogger(CallErrors.class);

  /** Numbers defects since start, so that a caller's report finds its place in the log. */
  private static final AtomicLong INCIDENTS = new AtomicLong();

  private CallErrors() {}

  static Failure toFailure(Throwable thrown) {
    return switch (cause(thrown)) {
      case FailureException failure -> failure.failure();
      case InterruptedException interrupted ->
          Failure.of(
              ERROR_REASON_OUTCOME_UNKNOWN,
              "the node stopped while the call was served; a write may or may not have happened:"
                  + " retry it only with a message_key");
      case CorruptionException corruption -> {
        log.error("a call met damaged bytes at rest", corruption);
        yield Failure.of(
                ERROR_REASON_CORRUPTION,
                "stored bytes are damaged: "
                    + corruption.getMessage()
                    + "; run `tideline doctor` on the node and restore the file from a copy")
            .withValue(corruption.file() + " at offset " + corruption.offset());
      }
      case IOException io -> {
        log.error("a call failed on the disk", io);
        yield Failure.of(
            ERROR_REASON_REPLICA_FAILED,
            "the node could not read or write its disk: " + io.getMessage());
      }
      case Throwable defect -> {
        long incident = INCIDENTS.incrementAndGet();
        log.error("a call failed by a defect of this server (incident {})", incident, defect);
        yield Failure.of(
            ERROR_REASON_INTERNAL,
            "a defect of the server, incident "
                + incident
                + " in its log ("
                + defect.getClass().getSimpleName()
                + "); please report it");
      }
    };
  }

  private static Throwable cause(Throwable thrown) {
    Throwable e = thrown;
    while ((e instanceof ExecutionException
            || e instanceof CompletionException
            || e instanceof UncheckedIOException)
        && e.getCause() != null) {
      e = e.getCause();
    }
    return e;
  }
}
