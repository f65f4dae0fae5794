package io.tideline.it.badinput;

import static io.tideline.it.badinput.BadRequest.invalid;
import static io.tideline.it.badinput.BadRequest.missing;
import static io.tideline.it.badinput.BadRequest.refused;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_IDENTIFIER_ARITY;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_INVALID_NAME;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_OUT_OF_RANGE;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_STORE_NOT_FOUND;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_TOO_MANY;

import io.grpc.Status;
import io.tideline.it.harness.Wire;
import io.tideline.proto.v1.SyncPosition;
import io.tideline.proto.v1.TailRequest;
import java.util.Collections;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Wrong tails: positions, pauses, stores. */
final class BadTails {

  private BadTails() {}

  static Stream<BadRequest> all() {
    return Stream.of(
        missing("tail of nothing", call(tail().clearPositions()), "positions"),
        invalid(
            "tail of 1,001 timelines",
            call(tail().addAllPositions(Collections.nCopies(1_000, position().build()))),
            ERROR_REASON_TOO_MANY,
            "positions",
            "1001",
            "1000"),
        missing(
            "tail of a timeline that is not named",
            call(tail().addPositions(SyncPosition.getDefaultInstance())),
            "positions[1].timeline"),
        invalid(
            "tail of a timeline of two fields",
            call(tail().addPositions(position().setTimeline(Wire.id("a", "b")))),
            ERROR_REASON_IDENTIFIER_ARITY,
            "positions[1].timeline",
            "2 fields",
            "1 fields"),
        invalid(
            "tail from a negative id",
            call(tail().addPositions(position().setAfterSequenceId(-1))),
            ERROR_REASON_OUT_OF_RANGE,
            "positions[1].after_sequence_id",
            "-1",
            "0..9223372036854775806"),
        invalid(
            "heartbeats every millisecond",
            call(tail().setHeartbeatIntervalMs(1)),
            ERROR_REASON_OUT_OF_RANGE,
            "heartbeat_interval_ms",
            "1",
            "1000..60000"),
        invalid(
            "heartbeats too seldom",
            call(tail().setHeartbeatIntervalMs(60_001)),
            ERROR_REASON_OUT_OF_RANGE,
            "heartbeat_interval_ms",
            "60001",
            "1000..60000"),
        invalid(
            "tail of a store with a wrong name",
            call(tail().setStore("No")),
            ERROR_REASON_INVALID_NAME,
            "store",
            "No",
            "[a-z][a-z0-9_-]{0,62}"),
        refused(
            "tail of an unknown store",
            call(tail().setStore("nowhere")),
            Status.Code.NOT_FOUND,
            ERROR_REASON_STORE_NOT_FOUND));
  }

  private static SyncPosition.Builder position() {
    return SyncPosition.newBuilder().setTimeline(Samples.TIMELINE);
  }

  private static TailRequest.Builder tail() {
    return TailRequest.newBuilder().setStore(Samples.DENSE).addPositions(position());
  }

  private static Consumer<Wire> call(TailRequest.Builder request) {
    TailRequest built = request.build();
    return wire -> wire.timelines().tail(built).next();
  }
}
