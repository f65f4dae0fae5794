package io.tideline.it.badinput;

import static io.tideline.it.badinput.BadRequest.invalid;
import static io.tideline.it.badinput.BadRequest.missing;
import static io.tideline.it.badinput.BadRequest.refused;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_INVALID_NAME;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_INVALID_TOKEN;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_OUT_OF_RANGE;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_STORE_NOT_FOUND;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_TOO_LARGE;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_TOO_MANY;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_UNKNOWN_ENUM_VALUE;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.tideline.it.harness.Wire;
import io.tideline.proto.v1.CommitCursorsRequest;
import io.tideline.proto.v1.CountUnreadRequest;
import io.tideline.proto.v1.Cursor;
import io.tideline.proto.v1.CursorServiceGrpc;
import io.tideline.proto.v1.GetCursorsRequest;
import io.tideline.proto.v1.ListCursorsRequest;
import io.tideline.proto.v1.ReadOptions;
import java.util.Collections;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Wrong calls about cursors: readers, ids, timelines, pages. */
final class BadCursors {

  private static final String READER_FORM = "1..128 bytes";

  private BadCursors() {}

  static Stream<BadRequest> all() {
    return Stream.of(commits(), reads(), lists()).flatMap(rows -> rows);
  }

  private static Stream<BadRequest> commits() {
    return Stream.of(
        missing("commit of no cursor", commit(), "cursors"),
        invalid(
            "commit of 1,001 cursors",
            commit(Collections.nCopies(1_001, cursor().build()).toArray(Cursor[]::new)),
            ERROR_REASON_TOO_MANY,
            "cursors",
            "1001",
            "1000"),
        invalid(
            "commit for nobody",
            commit(cursor().build(), cursor().clearReader().build()),
            ERROR_REASON_INVALID_NAME,
            "cursors[1].reader",
            "",
            READER_FORM),
        invalid(
            "commit for a reader of 129 bytes",
            commit(cursor().setReader("r".repeat(129)).build()),
            ERROR_REASON_TOO_LARGE,
            "cursors[0].reader",
            "129 bytes",
            "128 bytes"),
        missing(
            "commit in no timeline",
            commit(cursor().clearTimeline().build()),
            "cursors[0].timeline"),
        invalid(
            "commit of a negative id",
            commit(cursor().setSequenceId(-1).build()),
            ERROR_REASON_OUT_OF_RANGE,
            "cursors[0].sequence_id",
            "-1",
            "0..9223372036854775806"),
        refused(
            "commit in an unknown store",
            wire ->
                cursors(wire)
                    .commitCursors(
                        CommitCursorsRequest.newBuilder()
                            .setStore("nowhere")
                            .addCursors(cursor())
                            .build()),
            Status.Code.NOT_FOUND,
            ERROR_REASON_STORE_NOT_FOUND));
  }

  private static Stream<BadRequest> reads() {
    return Stream.of(
        invalid(
            "cursors of nobody",
            get(get().clearReader()),
            ERROR_REASON_INVALID_NAME,
            "reader",
            "",
            READER_FORM),
        missing("cursors in no timeline", get(get().clearTimelines()), "timelines"),
        invalid(
            "cursors in 1,001 timelines",
            get(get().addAllTimelines(Collections.nCopies(1_000, Samples.TIMELINE))),
            ERROR_REASON_TOO_MANY,
            "timelines",
            "1001",
            "1000"),
        invalid(
            "cursors read in an unknown way",
            get(get().setRead(ReadOptions.newBuilder().setConsistencyValue(99))),
            ERROR_REASON_UNKNOWN_ENUM_VALUE,
            "read.consistency",
            "99",
            ""),
        invalid(
            "unread of nobody",
            unread(unread().clearReader()),
            ERROR_REASON_INVALID_NAME,
            "reader",
            "",
            READER_FORM),
        missing("unread of no timeline", unread(unread().clearTimelines()), "timelines"),
        invalid(
            "unread of 1,001 timelines",
            unread(unread().addAllTimelines(Collections.nCopies(1_000, Samples.TIMELINE))),
            ERROR_REASON_TOO_MANY,
            "timelines",
            "1001",
            "1000"));
  }

  private static Stream<BadRequest> lists() {
    return Stream.of(
        missing("readers of no timeline", list(list().clearTimeline()), "timeline"),
        invalid(
            "no reader on a page",
            list(list().setLimit(0)),
            ERROR_REASON_OUT_OF_RANGE,
            "limit",
            "0",
            "1..1000"),
        invalid(
            "1,001 readers on a page",
            list(list().setLimit(1_001)),
            ERROR_REASON_OUT_OF_RANGE,
            "limit",
            "1001",
            "1..1000"),
        invalid(
            "readers from a token of another listing",
            list(list().setPageToken(ByteString.copyFromUtf8("token"))),
            ERROR_REASON_INVALID_TOKEN,
            "page_token",
            "",
            ""));
  }

  private static Cursor.Builder cursor() {
    return Cursor.newBuilder().setTimeline(Samples.TIMELINE).setReader("ana").setSequenceId(1);
  }

  private static GetCursorsRequest.Builder get() {
    return GetCursorsRequest.newBuilder()
        .setStore(Samples.DENSE)
        .setReader("ana")
        .addTimelines(Samples.TIMELINE);
  }

  private static CountUnreadRequest.Builder unread() {
    return CountUnreadRequest.newBuilder()
        .setStore(Samples.DENSE)
        .setReader("ana")
        .addTimelines(Samples.TIMELINE);
  }

  private static ListCursorsRequest.Builder list() {
    return ListCursorsRequest.newBuilder().setStore(Samples.DENSE).setTimeline(Samples.TIMELINE);
  }

  private static Consumer<Wire> commit(Cursor... cursors) {
    CommitCursorsRequest.Builder request =
        CommitCursorsRequest.newBuilder().setStore(Samples.DENSE);
    for (Cursor cursor : cursors) {
      request.addCursors(cursor);
    }
    return wire -> cursors(wire).commitCursors(request.build());
  }

  private static Consumer<Wire> get(GetCursorsRequest.Builder request) {
    return wire -> cursors(wire).getCursors(request.build());
  }

  private static Consumer<Wire> unread(CountUnreadRequest.Builder request) {
    return wire -> cursors(wire).countUnread(request.build());
  }

  private static Consumer<Wire> list(ListCursorsRequest.Builder request) {
    return wire -> cursors(wire).listCursors(request.build());
  }

  private static CursorServiceGrpc.CursorServiceBlockingStub cursors(Wire wire) {
    return CursorServiceGrpc.newBlockingStub(wire.channel());
  }
}
