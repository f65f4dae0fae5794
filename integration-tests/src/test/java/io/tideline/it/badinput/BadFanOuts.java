package io.tideline.it.badinput;

import static io.tideline.it.badinput.BadRequest.invalid;
import static io.tideline.it.badinput.BadRequest.missing;
import static io.tideline.it.badinput.BadRequest.refused;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_IDENTIFIER_ARITY;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_INVALID_NAME;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_NOT_FINITE;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_OUT_OF_RANGE;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_SEQUENCE_MODE;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_STORE_NOT_FOUND;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_TOO_LARGE;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_TOO_MANY;

import io.grpc.Status;
import io.tideline.it.harness.Wire;
import io.tideline.proto.v1.FanOutRequest;
import io.tideline.proto.v1.FanOutTarget;
import io.tideline.proto.v1.Message;
import io.tideline.proto.v1.Value;
import java.util.Collections;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Wrong fan-outs: keys, messages, targets, and stores that do not fit. */
final class BadFanOuts {

  private static final String NAME_FORM = "[a-z][a-z0-9_-]{0,62}";

  private BadFanOuts() {}

  static Stream<BadRequest> all() {
    return Stream.of(contents(), targets(), states()).flatMap(rows -> rows);
  }

  private static Stream<BadRequest> contents() {
    return Stream.of(
        missing("fan-out without a message key", call(fanOut().clearMessageKey()), "message_key"),
        invalid(
            "fan-out with a message key of 129 bytes",
            call(fanOut().setMessageKey("k".repeat(129))),
            ERROR_REASON_TOO_LARGE,
            "message_key",
            "129 bytes",
            "128 bytes"),
        missing("fan-out of no message", call(fanOut().clearMessage()), "message"),
        invalid(
            "fan-out of NaN",
            call(
                fanOut()
                    .setMessage(
                        Message.newBuilder()
                            .putFields(
                                "d", Value.newBuilder().setDoubleValue(Double.NaN).build()))),
            ERROR_REASON_NOT_FINITE,
            "message.fields[\"d\"]",
            "NaN",
            "a finite number"),
        invalid(
            "fan-out first tried before 1970",
            call(fanOut().setFirstAttemptTimeMs(-1)),
            ERROR_REASON_OUT_OF_RANGE,
            "first_attempt_time_ms",
            "-1",
            "0..9223372036854775807"));
  }

  private static Stream<BadRequest> targets() {
    return Stream.of(
        missing("fan-out to nobody", call(fanOut().clearInboxes()), "inboxes"),
        invalid(
            "fan-out to 10,001 inboxes",
            call(fanOut().addAllInboxes(Collections.nCopies(10_000, Samples.TIMELINE))),
            ERROR_REASON_TOO_MANY,
            "inboxes",
            "10001",
            "10000"),
        invalid(
            "fan-out that would write more than 256 MiB",
            call(
                fanOut()
                    .setMessage(Samples.mebibytePlus(-100))
                    .addAllInboxes(Collections.nCopies(256, Samples.TIMELINE))),
            ERROR_REASON_TOO_LARGE,
            "inboxes",
            "",
            "268435456 bytes"),
        invalid(
            "fan-out to an inbox of two fields",
            call(fanOut().addInboxes(Wire.id("a", "b"))),
            ERROR_REASON_IDENTIFIER_ARITY,
            "inboxes[1]",
            "2 fields",
            "1 fields"),
        missing(
            "fan-out to an inbox of no fields",
            call(fanOut().addInboxes(io.tideline.proto.v1.TimelineId.getDefaultInstance())),
            "inboxes[1]"),
        missing(
            "fan-out to a conversation without a timeline",
            call(fanOut().setConversation(FanOutTarget.newBuilder().setStore(Samples.DENSE))),
            "conversation.timeline"),
        invalid(
            "fan-out to a conversation of a wrong store name",
            call(
                fanOut()
                    .setConversation(
                        FanOutTarget.newBuilder().setStore("No").setTimeline(Samples.TIMELINE))),
            ERROR_REASON_INVALID_NAME,
            "conversation.store",
            "No",
            NAME_FORM),
        invalid(
            "fan-out to inboxes of a wrong store name",
            call(fanOut().setInboxStore("No")),
            ERROR_REASON_INVALID_NAME,
            "inbox_store",
            "No",
            NAME_FORM));
  }

  private static Stream<BadRequest> states() {
    return Stream.of(
        refused(
            "fan-out to inboxes of an unknown store",
            call(fanOut().setInboxStore("nowhere")),
            Status.Code.NOT_FOUND,
            ERROR_REASON_STORE_NOT_FOUND),
        refused(
                "fan-out to inboxes of a MANUAL store",
                call(fanOut().setInboxStore(Samples.MANUAL)),
                Status.Code.FAILED_PRECONDITION,
                ERROR_REASON_SEQUENCE_MODE)
            .naming("inbox_store", "MANUAL"),
        refused(
                "fan-out to a conversation of a MANUAL store",
                call(
                    fanOut()
                        .setConversation(
                            FanOutTarget.newBuilder()
                                .setStore(Samples.MANUAL)
                                .setTimeline(Samples.MANUAL_TIMELINE))),
                Status.Code.FAILED_PRECONDITION,
                ERROR_REASON_SEQUENCE_MODE)
            .naming("conversation.store", "MANUAL"));
  }

  private static FanOutRequest.Builder fanOut() {
    return FanOutRequest.newBuilder()
        .setMessageKey("fan-out")
        .setMessage(Wire.text("hello"))
        .setInboxStore(Samples.DENSE)
        .addInboxes(Samples.TIMELINE);
  }

  private static Consumer<Wire> call(FanOutRequest.Builder request) {
    FanOutRequest built = request.build();
    return wire -> wire.timelines().fanOut(built);
  }
}
