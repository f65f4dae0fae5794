package io.tideline.it.badinput;

import static io.tideline.it.badinput.BadRequest.invalid;
import static io.tideline.it.badinput.BadRequest.missing;
import static io.tideline.it.badinput.BadRequest.refused;
import static io.tideline.it.badinput.Samples.putMeta;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_CONDITION_FAILED;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_IDENTIFIER_ARITY;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_INVALID_NAME;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_INVALID_TOKEN;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_INVERTED_RANGE;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_META_ALREADY_EXISTS;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_META_NOT_FOUND;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_NOT_FINITE;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_OUT_OF_RANGE;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_TOO_LARGE;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_TOO_MANY;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.tideline.it.harness.Wire;
import io.tideline.proto.v1.GetMetaRequest;
import io.tideline.proto.v1.ListMetaRequest;
import io.tideline.proto.v1.Message;
import io.tideline.proto.v1.PutMetaRequest;
import io.tideline.proto.v1.UpdateMetaRequest;
import io.tideline.proto.v1.Value;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Wrong requests to {@code MetaService}. */
final class BadMetaRequests {

  private BadMetaRequests() {}

  static Stream<BadRequest> all() {
    return Stream.of(writes(), lists()).flatMap(rows -> rows);
  }

  private static Stream<BadRequest> writes() {
    Value nan = Value.newBuilder().setDoubleValue(Double.NaN).build();
    return Stream.of(
        missing("meta without fields", put(putMeta().clearFields()), "fields"),
        invalid(
            "meta of 1,025 fields",
            put(putMeta().setFields(Samples.fields(1_025))),
            ERROR_REASON_TOO_MANY,
            "fields.fields",
            "1025",
            "1024"),
        invalid(
            "meta of 1 MiB + 1",
            put(putMeta().setFields(Samples.mebibytePlus(1))),
            ERROR_REASON_TOO_LARGE,
            "fields",
            "1048577 bytes",
            "1048576 bytes"),
        invalid(
            "meta with NaN",
            put(putMeta().setFields(Message.newBuilder().putFields("d", nan))),
            ERROR_REASON_NOT_FINITE,
            "fields.fields[\"d\"]",
            "NaN",
            "a finite number"),
        refused(
            "put of meta that must not exist",
            put(putMeta().setMustNotExist(true)),
            Status.Code.ALREADY_EXISTS,
            ERROR_REASON_META_ALREADY_EXISTS),
        missing("update of nothing", update(update()), "set_fields"),
        invalid(
            "update that sets and removes a field",
            update(update().putSetFields("a", Wire.string("1")).addRemoveFields("a")),
            ERROR_REASON_INVALID_NAME,
            "remove_fields[0]",
            "a",
            "not in set_fields as well"),
        refused(
            "update at another revision",
            update(update().putSetFields("a", Wire.string("1")).setExpectedRevision(77)),
            Status.Code.FAILED_PRECONDITION,
            ERROR_REASON_CONDITION_FAILED),
        refused(
            "update of absent meta",
            update(update().setTimeline(Wire.id("nobody")).putSetFields("a", Wire.string("1"))),
            Status.Code.NOT_FOUND,
            ERROR_REASON_META_NOT_FOUND),
        refused(
            "get of absent meta",
            w ->
                w.meta()
                    .getMeta(
                        GetMetaRequest.newBuilder()
                            .setStore(Samples.DENSE)
                            .setTimeline(Wire.id("nobody"))
                            .build()),
            Status.Code.NOT_FOUND,
            ERROR_REASON_META_NOT_FOUND));
  }

  private static Stream<BadRequest> lists() {
    return Stream.of(
        invalid(
            "list with limit 0",
            list(list().setLimit(0)),
            ERROR_REASON_OUT_OF_RANGE,
            "limit",
            "0",
            "1..1000"),
        invalid(
            "list with limit 1,001",
            list(list().setLimit(1_001)),
            ERROR_REASON_OUT_OF_RANGE,
            "limit",
            "1001",
            "1..1000"),
        invalid(
            "list from beyond to",
            list(list().setStart(Wire.id("b")).setEnd(Wire.id("a"))),
            ERROR_REASON_INVERTED_RANGE,
            "start",
            "",
            ""),
        invalid(
            "list with a prefix longer than the schema",
            list(list().addPrefix(Wire.identifierValue("a")).addPrefix(Wire.identifierValue("b"))),
            ERROR_REASON_IDENTIFIER_ARITY,
            "prefix",
            "2 fields",
            "1 fields"),
        invalid(
            "list with a made-up token",
            list(list().setPageToken(ByteString.copyFromUtf8("made up"))),
            ERROR_REASON_INVALID_TOKEN,
            "page_token",
            "",
            ""));
  }

  private static Consumer<Wire> put(PutMetaRequest.Builder request) {
    PutMetaRequest built = request.build();
    return wire -> wire.meta().putMeta(built);
  }

  private static UpdateMetaRequest.Builder update() {
    return UpdateMetaRequest.newBuilder().setStore(Samples.DENSE).setTimeline(Samples.TIMELINE);
  }

  private static Consumer<Wire> update(UpdateMetaRequest.Builder request) {
    UpdateMetaRequest built = request.build();
    return wire -> wire.meta().updateMeta(built);
  }

  private static ListMetaRequest.Builder list() {
    return ListMetaRequest.newBuilder().setStore(Samples.DENSE);
  }

  private static Consumer<Wire> list(ListMetaRequest.Builder request) {
    ListMetaRequest built = request.build();
    return wire -> wire.meta().listMeta(built);
  }
}
