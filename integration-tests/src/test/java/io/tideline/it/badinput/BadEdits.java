package io.tideline.it.badinput;

import static io.tideline.it.badinput.BadRequest.invalid;
import static io.tideline.it.badinput.BadRequest.missing;
import static io.tideline.it.badinput.BadRequest.refused;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_CONDITION_FAILED;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_ENTRY_NOT_FOUND;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_INVALID_NAME;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_NOT_FINITE;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_NOT_RETAINED;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_OUT_OF_RANGE;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_SEQUENCE_MODE;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_STORE_NOT_FOUND;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_TIMELINE_NOT_FOUND;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_TOO_DEEP;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_TOO_LARGE;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_TOO_MANY;

import io.grpc.Status;
import io.tideline.it.harness.Wire;
import io.tideline.proto.v1.DeleteRequest;
import io.tideline.proto.v1.DeleteTimelineRequest;
import io.tideline.proto.v1.RecallRequest;
import io.tideline.proto.v1.UpdateRequest;
import io.tideline.proto.v1.Value;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Update, Recall, Delete and DeleteTimeline. The sample timeline has entries 2 and 3. */
final class BadEdits {

  private static final String INT64_RANGE = "-9223372036854775807..9223372036854775806";
  private static final String DENSE_RANGE = "1..9223372036854775806";

  private BadEdits() {}

  static Stream<BadRequest> all() {
    return Stream.of(updates(), recalls(), deletes(), timelines()).flatMap(rows -> rows);
  }

  private static Stream<BadRequest> updates() {
    return Stream.of(
        missing("update of nothing", call(update().clearSetFields()), "set_fields"),
        missing("update of no timeline", call(update().clearTimeline()), "timeline"),
        invalid(
            "update at the smallest int64",
            call(update().setSequenceId(Long.MIN_VALUE)),
            ERROR_REASON_OUT_OF_RANGE,
            "sequence_id",
            Long.toString(Long.MIN_VALUE),
            INT64_RANGE),
        invalid(
            "update at id 0 of a DENSE store",
            call(update().setSequenceId(0)),
            ERROR_REASON_OUT_OF_RANGE,
            "sequence_id",
            "0",
            DENSE_RANGE),
        invalid(
            "update to NaN",
            call(update().putSetFields("d", Value.newBuilder().setDoubleValue(Double.NaN).build())),
            ERROR_REASON_NOT_FINITE,
            "set_fields[\"d\"]",
            "NaN",
            "a finite number"),
        invalid(
            "update that sets and removes a field",
            call(update().addRemoveFields("text")),
            ERROR_REASON_INVALID_NAME,
            "remove_fields[0]",
            "text",
            "not in set_fields as well"),
        invalid(
            "update that removes 1,025 fields",
            call(
                update()
                    .addAllRemoveFields(IntStream.range(0, 1_025).mapToObj(i -> "f" + i).toList())),
            ERROR_REASON_TOO_MANY,
            "remove_fields",
            "1025",
            "1024"),
        refused(
            "update with a condition of 11 levels",
            call(update().setCondition(Samples.filter(11))),
            Status.Code.INVALID_ARGUMENT,
            ERROR_REASON_TOO_DEEP),
        refused(
            "update to more than 1 MiB",
            call(update().putAllSetFields(Samples.mebibytePlus(0).getFieldsMap())),
            Status.Code.INVALID_ARGUMENT,
            ERROR_REASON_TOO_LARGE),
        missing(
            "update that leaves no field",
            call(update().clearSetFields().addRemoveFields("text")),
            "remove_fields"),
        refused(
                "update at another revision",
                call(update().setExpectedRevision(7)),
                Status.Code.FAILED_PRECONDITION,
                ERROR_REASON_CONDITION_FAILED)
            .naming("expected_revision", "0"),
        refused(
                "update of an id that was not given yet",
                call(update().setSequenceId(99)),
                Status.Code.NOT_FOUND,
                ERROR_REASON_ENTRY_NOT_FOUND)
            .naming("sequence_id", "99"),
        refused(
                "update of a trimmed entry",
                call(update().setSequenceId(1)),
                Status.Code.FAILED_PRECONDITION,
                ERROR_REASON_NOT_RETAINED)
            .naming("sequence_id", "1"),
        refused(
                "announced update in a MANUAL store",
                call(
                    update()
                        .setStore(Samples.MANUAL)
                        .setTimeline(Samples.MANUAL_TIMELINE)
                        .setSequenceId(Samples.MANUAL_ID)
                        .setAnnounce(true)),
                Status.Code.FAILED_PRECONDITION,
                ERROR_REASON_SEQUENCE_MODE)
            .naming("announce", "true"));
  }

  private static Stream<BadRequest> recalls() {
    RecallRequest.Builder recall =
        RecallRequest.newBuilder()
            .setStore(Samples.DENSE)
            .setTimeline(Samples.TIMELINE)
            .setSequenceId(99);
    return Stream.of(
        refused(
                "recall of an id that was not given yet",
                w -> w.timelines().recall(recall.build()),
                Status.Code.NOT_FOUND,
                ERROR_REASON_ENTRY_NOT_FOUND)
            .naming("sequence_id", "99"),
        refused(
            "recall in an unknown store",
            w -> w.timelines().recall(recall.clone().setStore("absent").build()),
            Status.Code.NOT_FOUND,
            ERROR_REASON_STORE_NOT_FOUND),
        invalid(
            "recall of id -1 of a DENSE store",
            w -> w.timelines().recall(recall.clone().setSequenceId(-1).build()),
            ERROR_REASON_OUT_OF_RANGE,
            "sequence_id",
            "-1",
            DENSE_RANGE));
  }

  private static Stream<BadRequest> deletes() {
    DeleteRequest.Builder delete =
        DeleteRequest.newBuilder()
            .setStore(Samples.DENSE)
            .setTimeline(Samples.TIMELINE)
            .setSequenceId(99);
    return Stream.of(
        refused(
                "delete of an id that was not given yet",
                w -> w.timelines().delete(delete.build()),
                Status.Code.NOT_FOUND,
                ERROR_REASON_ENTRY_NOT_FOUND)
            .naming("sequence_id", "99"),
        refused(
                "delete of a trimmed entry",
                w -> w.timelines().delete(delete.clone().setSequenceId(1).build()),
                Status.Code.FAILED_PRECONDITION,
                ERROR_REASON_NOT_RETAINED)
            .naming("sequence_id", "1"),
        invalid(
            "delete at the largest int64",
            w -> w.timelines().delete(delete.clone().setSequenceId(Long.MAX_VALUE).build()),
            ERROR_REASON_OUT_OF_RANGE,
            "sequence_id",
            Long.toString(Long.MAX_VALUE),
            INT64_RANGE));
  }

  private static Stream<BadRequest> timelines() {
    return Stream.of(
        missing(
            "delete of a timeline without a name",
            w ->
                w.timelines()
                    .deleteTimeline(
                        DeleteTimelineRequest.newBuilder().setStore(Samples.DENSE).build()),
            "timeline"),
        refused(
            "delete of an unknown timeline",
            w ->
                w.timelines()
                    .deleteTimeline(
                        DeleteTimelineRequest.newBuilder()
                            .setStore(Samples.DENSE)
                            .setTimeline(Wire.id("nobody"))
                            .build()),
            Status.Code.NOT_FOUND,
            ERROR_REASON_TIMELINE_NOT_FOUND));
  }

  private static UpdateRequest.Builder update() {
    return UpdateRequest.newBuilder()
        .setStore(Samples.DENSE)
        .setTimeline(Samples.TIMELINE)
        .setSequenceId(2)
        .putSetFields("text", Wire.string("edited"));
  }

  private static Consumer<Wire> call(UpdateRequest.Builder request) {
    UpdateRequest built = request.build();
    return wire -> wire.timelines().update(built);
  }
}
