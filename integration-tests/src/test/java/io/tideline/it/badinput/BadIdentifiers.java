package io.tideline.it.badinput;

import static io.tideline.it.badinput.BadRequest.invalid;
import static io.tideline.it.badinput.BadRequest.missing;
import static io.tideline.it.badinput.BadRequest.refused;
import static io.tideline.it.badinput.Samples.append;
import static io.tideline.it.badinput.Samples.appendTyped;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_IDENTIFIER_ARITY;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_IDENTIFIER_TYPE;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_INVALID_NAME;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_STORE_NOT_FOUND;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_TOO_LARGE;

import io.grpc.Status;
import io.tideline.it.harness.Wire;
import io.tideline.proto.v1.AppendRequest;
import io.tideline.proto.v1.IdentifierValue;
import io.tideline.proto.v1.TimelineId;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Timelines and stores that are named wrongly. */
final class BadIdentifiers {

  private static final byte[] RAW = {1};

  private BadIdentifiers() {}

  static Stream<BadRequest> all() {
    return Stream.of(
        missing("no store", call(append().clearStore()), "store"),
        invalid(
            "store that cannot be",
            call(append().setStore("No such")),
            ERROR_REASON_INVALID_NAME,
            "store",
            "No such",
            "[a-z][a-z0-9_-]{0,62}"),
        refused(
            "unknown store",
            call(append().setStore("absent")),
            Status.Code.NOT_FOUND,
            ERROR_REASON_STORE_NOT_FOUND),
        missing("no timeline", call(append().clearTimeline()), "timeline"),
        missing(
            "identifier of no fields",
            call(append().setTimeline(TimelineId.getDefaultInstance())),
            "timeline"),
        invalid(
            "identifier of two fields where one is due",
            call(append().setTimeline(Wire.id("a", "b"))),
            ERROR_REASON_IDENTIFIER_ARITY,
            "timeline",
            "2 fields",
            "1 fields"),
        invalid(
            "identifier of two fields where three are due",
            call(appendTyped("room", 1L)),
            ERROR_REASON_IDENTIFIER_ARITY,
            "timeline",
            "2 fields",
            "3 fields"),
        wrongType("int64 where text is due", 0, appendTyped(1L, 1L, RAW), "INT64", "STRING"),
        wrongType("text where int64 is due", 1, appendTyped("a", "1", RAW), "STRING", "INT64"),
        wrongType("text where bytes are due", 2, appendTyped("a", 1L, "r"), "STRING", "BYTES"),
        missing("empty text", call(appendTyped("", 1L, RAW)), "timeline.fields[0]"),
        missing("empty bytes", call(appendTyped("a", 1L, new byte[0])), "timeline.fields[2]"),
        missing(
            "identifier field of no kind",
            call(
                append()
                    .setTimeline(
                        TimelineId.newBuilder().addFields(IdentifierValue.getDefaultInstance()))),
            "timeline.fields[0]"),
        invalid(
            "identifier over 4 KiB",
            call(append().setTimeline(Wire.id("x".repeat(5_000)))),
            ERROR_REASON_TOO_LARGE,
            "timeline",
            // Encoded: the text, a tag and a two-byte terminator at most.
            "",
            "4096 bytes"));
  }

  private static BadRequest wrongType(
      String name, int index, AppendRequest.Builder request, String given, String expected) {
    return invalid(
        name,
        call(request),
        ERROR_REASON_IDENTIFIER_TYPE,
        "timeline.fields[" + index + "]",
        given,
        expected);
  }

  private static Consumer<Wire> call(AppendRequest.Builder request) {
    AppendRequest built = request.build();
    return wire -> wire.timelines().append(built);
  }
}
