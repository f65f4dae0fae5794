package io.tideline.server.service;

import static io.tideline.server.service.Samples.append;
import static io.tideline.server.service.Samples.message;
import static io.tideline.server.service.Samples.messageOfSize;
import static io.tideline.server.service.Samples.number;
import static io.tideline.server.service.Samples.scan;
import static io.tideline.server.service.Samples.timeline;
import static io.tideline.server.service.ValidationCase.ok;
import static io.tideline.server.service.ValidationCase.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import io.tideline.manager.SequenceMode;
import io.tideline.proto.v1.BatchAppendItem;
import io.tideline.proto.v1.BatchAppendRequest;
import io.tideline.proto.v1.GetRequest;
import io.tideline.proto.v1.HeadsRequest;
import io.tideline.proto.v1.LatestRequest;
import io.tideline.proto.v1.Message;
import io.tideline.proto.v1.PutRequest;
import io.tideline.proto.v1.ReadOptions;
import io.tideline.proto.v1.RouteHint;
import io.tideline.proto.v1.SyncPosition;
import io.tideline.proto.v1.SyncRequest;
import io.tideline.proto.v1.TrimRequest;
import io.tideline.proto.v1.Value;
import java.util.Collections;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Limits of writes and reads of timelines: at them, and over them. */
final class TimelineValidationTest {

  private static final MessageValidator MESSAGES =
      new MessageValidator(Limits.MESSAGE_BYTES_DEFAULT);

  private static final TimelineValidator TIMELINES = new TimelineValidator(MESSAGES);

  @ParameterizedTest
  @MethodSource("refusedRequests")
  void refusalNamesReasonFieldAndLimit(ValidationCase row) {
    row.assertRefused();
  }

  @ParameterizedTest
  @MethodSource("acceptedRequests")
  void whatLiesAtALimitPasses(ValidationCase row) {
    row.assertAccepted();
  }

  static Stream<ValidationCase> refusedRequests() {
    return Stream.of(refusedAppends(), refusedReads()).flatMap(s -> s);
  }

  private static Stream<ValidationCase> refusedAppends() {
    return Stream.of(
        refused(
            "no store",
            () -> TIMELINES.validate(append().clearStore().build()),
            "REQUIRED",
            "store",
            "name a store"),
        refused(
            "store name",
            () -> TIMELINES.validate(append().setStore("IM").build()),
            "INVALID_NAME",
            "store",
            "lower-case"),
        refused(
            "no message at all",
            () -> TIMELINES.validate(append().clearMessage().build()),
            "REQUIRED",
            "message",
            "missing"),
        refused(
            "129-byte key",
            () -> TIMELINES.validate(append().setMessageKey("k".repeat(129)).build()),
            "TOO_LARGE",
            "message_key",
            "129"),
        refused(
            "129-byte key of 43 characters",
            () -> TIMELINES.validate(append().setMessageKey("键".repeat(43)).build()),
            "TOO_LARGE",
            "message_key",
            "129"),
        refused(
            "negative expected id",
            () -> TIMELINES.validate(append().setExpectedLastSequenceId(-1).build()),
            "OUT_OF_RANGE",
            "expected_last_sequence_id",
            "-1"),
        refused(
            "reserved expected id",
            () -> TIMELINES.validate(append().setExpectedLastSequenceId(Long.MAX_VALUE).build()),
            "OUT_OF_RANGE",
            "expected_last_sequence_id",
            "outside"),
        refused(
            "negative time",
            () -> TIMELINES.validate(append().setFirstAttemptTimeMs(-5).build()),
            "OUT_OF_RANGE",
            "first_attempt_time_ms",
            "-5"),
        refused(
            "negative partition",
            () ->
                TIMELINES.validate(
                    append().setRoute(RouteHint.newBuilder().setPartitionId(-1)).build()),
            "OUT_OF_RANGE",
            "route.partition_id",
            "-1"),
        refused(
            "empty batch",
            () -> TIMELINES.validate(batch(0, message("x"))),
            "REQUIRED",
            "items",
            "1 to 1000"),
        refused(
            "1,001 items",
            () -> TIMELINES.validate(batch(1001, message("x"))),
            "TOO_MANY",
            "items",
            "1001"),
        refused(
            "batch over 4 MiB",
            () -> TIMELINES.validate(batch(5, messageOfSize(900_000))),
            "TOO_LARGE",
            "items",
            "4194304"),
        refused(
            "bad item",
            () ->
                TIMELINES.validate(
                    batch(3, message("x")).toBuilder()
                        .setItems(2, item(field("a", number(Double.NaN))))
                        .build()),
            "NOT_FINITE",
            "items[2].message.fields[\"a\"]",
            "NaN"),
        refused(
            "put at the smallest int64",
            () -> TIMELINES.validate(put(Long.MIN_VALUE)),
            "OUT_OF_RANGE",
            "sequence_id",
            "reserved"),
        refused(
            "put at the largest int64",
            () -> TIMELINES.validate(put(Long.MAX_VALUE)),
            "OUT_OF_RANGE",
            "sequence_id",
            "reserved"),
        refused(
            "trim through an extreme",
            () ->
                TIMELINES.validate(
                    TrimRequest.newBuilder()
                        .setStore("im")
                        .setThroughSequenceId(Long.MAX_VALUE)
                        .build()),
            "OUT_OF_RANGE",
            "through_sequence_id",
            "reserved"));
  }

  private static Stream<ValidationCase> refusedReads() {
    return Stream.of(
        refused(
            "limit 0",
            () -> TIMELINES.validate(scan().setLimit(0).build()),
            "OUT_OF_RANGE",
            "limit",
            "1..1000"),
        refused(
            "limit 1001",
            () -> TIMELINES.validate(scan().setLimit(1001).build()),
            "OUT_OF_RANGE",
            "limit",
            "1..1000"),
        refused(
            "huge limit",
            () -> TIMELINES.validate(scan().setLimit(Integer.MAX_VALUE).build()),
            "OUT_OF_RANGE",
            "limit",
            "2147483647"),
        refused(
            "negative limit",
            () -> TIMELINES.validate(scan().setLimit(-1).build()),
            "OUT_OF_RANGE",
            "limit",
            "-1"),
        refused(
            "limit_bytes 0",
            () -> TIMELINES.validate(scan().setLimitBytes(0).build()),
            "OUT_OF_RANGE",
            "limit_bytes",
            "1..4194304"),
        refused(
            "limit_bytes 4 MiB + 1",
            () -> TIMELINES.validate(scan().setLimitBytes((4 << 20) + 1).build()),
            "OUT_OF_RANGE",
            "limit_bytes",
            "4194305"),
        refused(
            "from beyond to",
            () -> TIMELINES.validate(scan().setFromSequenceId(9).setToSequenceId(8).build()),
            "INVERTED_RANGE",
            "from_sequence_id",
            "beyond to_sequence_id 8"),
        refused(
            "from at the largest int64",
            () -> TIMELINES.validate(scan().setFromSequenceId(Long.MAX_VALUE).build()),
            "OUT_OF_RANGE",
            "from_sequence_id",
            "reserved"),
        refused(
            "from time and id",
            () -> TIMELINES.validate(scan().setFromSequenceId(1).setFromTimeMs(1).build()),
            "OUT_OF_RANGE",
            "from_time_ms",
            "both set"),
        refused(
            "negative from time",
            () -> TIMELINES.validate(scan().setFromTimeMs(-1).build()),
            "OUT_OF_RANGE",
            "from_time_ms",
            "-1"),
        refused(
            "unknown direction",
            () -> TIMELINES.validate(scan().setDirectionValue(7).build()),
            "UNKNOWN_ENUM_VALUE",
            "direction",
            "7"),
        refused(
            "unknown consistency",
            () ->
                TIMELINES.validate(
                    scan().setRead(ReadOptions.newBuilder().setConsistencyValue(-1)).build()),
            "UNKNOWN_ENUM_VALUE",
            "read.consistency",
            "-1"),
        refused(
            "foreign session token",
            () ->
                TIMELINES.validate(
                    scan()
                        .setRead(
                            ReadOptions.newBuilder().setSessionToken(ByteString.copyFromUtf8("x")))
                        .build()),
            "INVALID_TOKEN",
            "read.session_token",
            "session_token"),
        refused(
            "no timelines", () -> TIMELINES.validate(heads(0)), "REQUIRED", "timelines", "1000"),
        refused(
            "1,001 heads", () -> TIMELINES.validate(heads(1001)), "TOO_MANY", "timelines", "1001"),
        refused(
            "1,001 latest",
            () ->
                TIMELINES.validate(
                    LatestRequest.newBuilder()
                        .setStore("im")
                        .addAllTimelines(Collections.nCopies(1001, timeline("c")))
                        .build()),
            "TOO_MANY",
            "timelines",
            "1001"),
        refused(
            "1,001 positions",
            () -> TIMELINES.validate(sync(1001).build()),
            "TOO_MANY",
            "positions",
            "1001"),
        refused(
            "sync limit 0",
            () -> TIMELINES.validate(sync(1).setLimit(0).build()),
            "OUT_OF_RANGE",
            "limit",
            "1..1000"),
        refused(
            "per timeline 0",
            () -> TIMELINES.validate(sync(1).setLimitPerTimeline(0).build()),
            "OUT_OF_RANGE",
            "limit_per_timeline",
            "1..1000"),
        refused(
            "extreme position",
            () ->
                TIMELINES.validate(
                    sync(1)
                        .setPositions(
                            0,
                            SyncPosition.newBuilder()
                                .setTimeline(timeline("c"))
                                .setAfterSequenceId(Long.MAX_VALUE))
                        .build()),
            "OUT_OF_RANGE",
            "positions[0].after_sequence_id",
            "reserved"),
        refused(
            "get id 0 of a DENSE store",
            () ->
                TimelineValidator.validateEntryId(
                    FieldPath.of("sequence_id"), 0, SequenceMode.DENSE),
            "OUT_OF_RANGE",
            "sequence_id",
            "begin at 1"),
        refused(
            "position below 0 in a MONOTONIC store",
            () ->
                TimelineValidator.validatePosition(
                    FieldPath.of("from_sequence_id"), -1, SequenceMode.MONOTONIC),
            "OUT_OF_RANGE",
            "from_sequence_id",
            "-1"),
        refused(
            "get at an extreme",
            () ->
                TIMELINES.validate(
                    GetRequest.newBuilder().setStore("im").setSequenceId(Long.MIN_VALUE).build()),
            "OUT_OF_RANGE",
            "sequence_id",
            "reserved"));
  }

  static Stream<ValidationCase> acceptedRequests() {
    return Stream.of(
        ok(
            "128-byte key",
            () -> TIMELINES.validate(append().setMessageKey("k".repeat(128)).build())),
        ok("1,000 items", () -> TIMELINES.validate(batch(1000, message("x")))),
        ok(
            "put near the extremes",
            () -> {
              TIMELINES.validate(put(Long.MIN_VALUE + 1));
              TIMELINES.validate(put(Long.MAX_VALUE - 1));
            }),
        ok(
            "limits",
            () -> TIMELINES.validate(scan().setLimit(1000).setLimitBytes(4 << 20).build())),
        ok(
            "smallest limits",
            () -> TIMELINES.validate(scan().setLimit(1).setLimitBytes(1).build())),
        ok("no limits", () -> TIMELINES.validate(scan().build())),
        ok(
            "empty range",
            () -> TIMELINES.validate(scan().setFromSequenceId(8).setToSequenceId(8).build())),
        ok("1,000 heads", () -> TIMELINES.validate(heads(1000))),
        ok("1,000 positions", () -> TIMELINES.validate(sync(1000).build())),
        ok(
            "MANUAL ids are any",
            () ->
                TimelineValidator.validateEntryId(
                    FieldPath.of("sequence_id"), -7, SequenceMode.MANUAL)));
  }

  @Test
  void longValuesAreShortenedInErrors() {
    FailureException thrown =
        catchThrowableOfType(
            FailureException.class,
            () -> TIMELINES.validate(append().setStore("X".repeat(10_000)).build()));
    assertThat(thrown.failure().value()).hasSize(Limits.ERROR_VALUE_CHARS_MAX).endsWith("…");
  }

  private static Message field(String name, Value value) {
    return Message.newBuilder().putFields(name, value).build();
  }

  private static BatchAppendItem item(Message message) {
    return BatchAppendItem.newBuilder().setTimeline(timeline("c")).setMessage(message).build();
  }

  private static BatchAppendRequest batch(int items, Message message) {
    return BatchAppendRequest.newBuilder()
        .setStore("im")
        .addAllItems(Collections.nCopies(items, item(message)))
        .build();
  }

  private static PutRequest put(long id) {
    return PutRequest.newBuilder()
        .setStore("im")
        .setSequenceId(id)
        .setMessage(message("x"))
        .build();
  }

  private static HeadsRequest heads(int count) {
    return HeadsRequest.newBuilder()
        .setStore("im")
        .addAllTimelines(Collections.nCopies(count, timeline("c")))
        .build();
  }

  private static SyncRequest.Builder sync(int count) {
    return SyncRequest.newBuilder()
        .setStore("im")
        .addAllPositions(
            Collections.nCopies(
                count, SyncPosition.newBuilder().setTimeline(timeline("c")).build()));
  }
}
