package io.tideline.it.badinput;

import static io.tideline.it.badinput.BadRequest.invalid;
import static io.tideline.it.badinput.BadRequest.missing;
import static io.tideline.it.badinput.BadRequest.refused;
import static io.tideline.it.badinput.Samples.append;
import static io.tideline.it.badinput.Samples.appendField;
import static io.tideline.it.badinput.Samples.appendMessage;
import static io.tideline.it.badinput.Samples.item;
import static io.tideline.it.badinput.Samples.put;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_CONDITION_FAILED;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_DEDUP_WINDOW_EXPIRED;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_INVALID_NAME;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_MESSAGE_KEY_REUSED;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_NOT_FINITE;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_OUT_OF_RANGE;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_SEQUENCE_ID_EXISTS;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_SEQUENCE_MODE;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_TIMELINE_NOT_FOUND;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_TOO_LARGE;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_TOO_MANY;

import io.grpc.Status;
import io.tideline.it.harness.Wire;
import io.tideline.proto.v1.AppendRequest;
import io.tideline.proto.v1.BatchAppendItem;
import io.tideline.proto.v1.BatchAppendRequest;
import io.tideline.proto.v1.GeoPoint;
import io.tideline.proto.v1.Message;
import io.tideline.proto.v1.PutRequest;
import io.tideline.proto.v1.TimelineId;
import io.tideline.proto.v1.TrimRequest;
import io.tideline.proto.v1.Value;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Wrong writes: messages, keys, batches, ids, and writes that do not fit the store. */
final class BadWrites {

  private static final String INT64_RANGE = "-9223372036854775807..9223372036854775806";

  private BadWrites() {}

  static Stream<BadRequest> all() {
    return Stream.of(messages(), values(), keys(), batches(), states()).flatMap(rows -> rows);
  }

  private static Stream<BadRequest> messages() {
    return Stream.of(
        missing("no message", call(append().clearMessage()), "message"),
        missing(
            "message without fields",
            call(appendMessage(Message.getDefaultInstance())),
            "message.fields"),
        invalid(
            "1,025 fields",
            call(appendMessage(Samples.fields(1_025))),
            ERROR_REASON_TOO_MANY,
            "message.fields",
            "1025",
            "1024"),
        invalid(
            "1 MiB + 1",
            call(appendMessage(Samples.mebibytePlus(1))),
            ERROR_REASON_TOO_LARGE,
            "message",
            "1048577 bytes",
            "1048576 bytes"),
        invalid(
            "field with an empty name",
            call(appendField("", Value.newBuilder().setBoolValue(true))),
            ERROR_REASON_INVALID_NAME,
            "message.fields",
            "",
            "1..255 bytes"),
        invalid(
            "field name of 256 bytes",
            call(appendField("é".repeat(128), Value.newBuilder().setBoolValue(true))),
            ERROR_REASON_TOO_LARGE,
            "message.fields",
            "é".repeat(128),
            "255 bytes"),
        missing(
            "value of no kind",
            call(appendField("x", Value.newBuilder())),
            "message.fields[\"x\"]"));
  }

  private static Stream<BadRequest> values() {
    return Stream.of(
        notFinite("NaN", Double.NaN),
        notFinite("positive infinity", Double.POSITIVE_INFINITY),
        notFinite("negative infinity", Double.NEGATIVE_INFINITY),
        invalid(
            "latitude 90.5",
            call(appendField("here", point(90.5, 0))),
            ERROR_REASON_OUT_OF_RANGE,
            "message.fields[\"here\"].latitude",
            "90.5",
            "-90..90"),
        invalid(
            "longitude -180.1",
            call(appendField("here", point(0, -180.1))),
            ERROR_REASON_OUT_OF_RANGE,
            "message.fields[\"here\"].longitude",
            "-180.1",
            "-180..180"),
        invalid(
            "latitude NaN",
            call(appendField("here", point(Double.NaN, 0))),
            ERROR_REASON_NOT_FINITE,
            "message.fields[\"here\"].latitude",
            "NaN",
            "a finite number"));
  }

  private static BadRequest notFinite(String name, double value) {
    return invalid(
        name,
        call(appendField("score", Value.newBuilder().setDoubleValue(value))),
        ERROR_REASON_NOT_FINITE,
        "message.fields[\"score\"]",
        String.valueOf(value),
        "a finite number");
  }

  private static Value.Builder point(double latitude, double longitude) {
    return Value.newBuilder()
        .setGeoPointValue(GeoPoint.newBuilder().setLatitude(latitude).setLongitude(longitude));
  }

  private static Stream<BadRequest> keys() {
    return Stream.of(
        invalid(
            "message key of 129 bytes",
            call(append().setMessageKey("k".repeat(129))),
            ERROR_REASON_TOO_LARGE,
            "message_key",
            "129 bytes",
            "128 bytes"),
        invalid(
            "negative expected last id",
            call(append().setExpectedLastSequenceId(-1)),
            ERROR_REASON_OUT_OF_RANGE,
            "expected_last_sequence_id",
            "-1",
            "0..9223372036854775806"),
        invalid(
            "first attempt before 1970",
            call(append().setMessageKey("k").setFirstAttemptTimeMs(-1)),
            ERROR_REASON_OUT_OF_RANGE,
            "first_attempt_time_ms",
            "-1",
            "0..9223372036854775807"),
        refused(
            "first attempt outside the dedup window",
            call(append().setMessageKey("old").setFirstAttemptTimeMs(1)),
            Status.Code.FAILED_PRECONDITION,
            ERROR_REASON_DEDUP_WINDOW_EXPIRED),
        refused(
            "key of another message",
            call(append().setMessageKey(Samples.USED_KEY)),
            Status.Code.ABORTED,
            ERROR_REASON_MESSAGE_KEY_REUSED),
        refused(
                "expected last id that is not the last",
                call(append().setExpectedLastSequenceId(1)),
                Status.Code.FAILED_PRECONDITION,
                ERROR_REASON_CONDITION_FAILED)
            .naming("expected_last_sequence_id", "3"));
  }

  private static Stream<BadRequest> batches() {
    return Stream.of(
        missing("batch of nothing", batch(List.of()), "items"),
        invalid(
            "batch of 1,001 items",
            batch(Collections.nCopies(1_001, item().build())),
            ERROR_REASON_TOO_MANY,
            "items",
            "1001",
            "1000"),
        invalid(
            "batch over 4 MiB",
            batch(Collections.nCopies(5, item().setMessage(Samples.mebibytePlus(-100)).build())),
            ERROR_REASON_TOO_LARGE,
            "items",
            request(Collections.nCopies(5, item().setMessage(Samples.mebibytePlus(-100)).build()))
                    .getSerializedSize()
                + " bytes",
            "4194304 bytes"),
        missing(
            "batch whose last item has no message",
            batch(List.of(item().build(), item().build(), item().clearMessage().build())),
            "items[2].message"),
        missing(
            "batch whose second item names no timeline",
            batch(List.of(item().build(), item().clearTimeline().build())),
            "items[1].timeline"),
        invalid(
            "batch whose second item has NaN",
            batch(
                List.of(
                    item().build(),
                    item()
                        .setMessage(
                            Message.newBuilder()
                                .putFields(
                                    "d", Value.newBuilder().setDoubleValue(Double.NaN).build()))
                        .build())),
            ERROR_REASON_NOT_FINITE,
            "items[1].message.fields[\"d\"]",
            "NaN",
            "a finite number"));
  }

  private static Stream<BadRequest> states() {
    return Stream.of(
        refused(
            "append to a MANUAL store",
            call(append().setStore(Samples.MANUAL)),
            Status.Code.FAILED_PRECONDITION,
            ERROR_REASON_SEQUENCE_MODE),
        refused(
            "put into a DENSE store",
            call(put().setStore(Samples.DENSE)),
            Status.Code.FAILED_PRECONDITION,
            ERROR_REASON_SEQUENCE_MODE),
        extreme("put at the smallest int64", Long.MIN_VALUE),
        extreme("put at the largest int64", Long.MAX_VALUE),
        refused(
            "put on an id that exists",
            call(put()),
            Status.Code.ALREADY_EXISTS,
            ERROR_REASON_SEQUENCE_ID_EXISTS),
        refused(
            "trim of an unknown timeline",
            w -> w.timelines().trim(trim(Wire.id("nobody"), 1)),
            Status.Code.NOT_FOUND,
            ERROR_REASON_TIMELINE_NOT_FOUND),
        invalid(
            "trim beyond the last id",
            w -> w.timelines().trim(trim(Samples.TIMELINE, 4)),
            ERROR_REASON_OUT_OF_RANGE,
            "through_sequence_id",
            "4",
            "at most 3"));
  }

  private static BadRequest extreme(String name, long id) {
    return invalid(
        name,
        call(put().setSequenceId(id)),
        ERROR_REASON_OUT_OF_RANGE,
        "sequence_id",
        Long.toString(id),
        INT64_RANGE);
  }

  private static TrimRequest trim(TimelineId timeline, long through) {
    return TrimRequest.newBuilder()
        .setStore(Samples.DENSE)
        .setTimeline(timeline)
        .setThroughSequenceId(through)
        .build();
  }

  private static Consumer<Wire> call(AppendRequest.Builder request) {
    AppendRequest built = request.build();
    return wire -> wire.timelines().append(built);
  }

  private static Consumer<Wire> call(PutRequest.Builder request) {
    PutRequest built = request.build();
    return wire -> wire.timelines().put(built);
  }

  private static BatchAppendRequest request(List<BatchAppendItem> items) {
    return BatchAppendRequest.newBuilder().setStore(Samples.DENSE).addAllItems(items).build();
  }

  private static Consumer<Wire> batch(List<BatchAppendItem> items) {
    return wire -> wire.timelines().batchAppend(request(items));
  }
}
