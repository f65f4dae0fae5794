package io.tideline.it.badinput;

import static io.tideline.it.badinput.BadRequest.invalid;
import static io.tideline.it.badinput.BadRequest.missing;
import static io.tideline.it.badinput.BadRequest.refused;
import static io.tideline.it.badinput.Samples.scan;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_ENTRY_NOT_FOUND;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_INVALID_TOKEN;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_INVERTED_RANGE;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_NOT_FINITE;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_NOT_RETAINED;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_OUT_OF_RANGE;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_TOO_DEEP;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_TOO_MANY;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_UNKNOWN_ENUM_VALUE;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.tideline.it.harness.Wire;
import io.tideline.proto.v1.Comparison;
import io.tideline.proto.v1.ComparisonOperator;
import io.tideline.proto.v1.Filter;
import io.tideline.proto.v1.FilterList;
import io.tideline.proto.v1.GetRequest;
import io.tideline.proto.v1.HeadsRequest;
import io.tideline.proto.v1.LatestRequest;
import io.tideline.proto.v1.ReadOptions;
import io.tideline.proto.v1.ScanRequest;
import io.tideline.proto.v1.SyncPosition;
import io.tideline.proto.v1.SyncRequest;
import io.tideline.proto.v1.TimelineId;
import io.tideline.proto.v1.Value;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Wrong reads: ranges, limits, filters, tokens, and reads of many timelines. */
final class BadReads {

  private static final String PAGE = "1..1000";
  private static final String PAGE_BYTES = "1..4194304";
  private static final String DENSE_POSITION = "0..9223372036854775806";

  private BadReads() {}

  static Stream<BadRequest> all() {
    return Stream.of(gets(), ranges(), limits(), filters(), options(), many())
        .flatMap(rows -> rows);
  }

  private static Stream<BadRequest> gets() {
    return Stream.of(
        invalid(
            "get id 0 of a DENSE store",
            get(0),
            ERROR_REASON_OUT_OF_RANGE,
            "sequence_id",
            "0",
            "1..9223372036854775806"),
        refused(
            "get an id not yet given", get(4), Status.Code.NOT_FOUND, ERROR_REASON_ENTRY_NOT_FOUND),
        refused(
            "get a trimmed id",
            get(1),
            Status.Code.FAILED_PRECONDITION,
            ERROR_REASON_NOT_RETAINED));
  }

  private static Stream<BadRequest> ranges() {
    return Stream.of(
        invalid(
            "from beyond to",
            call(scan().setFromSequenceId(3).setToSequenceId(2)),
            ERROR_REASON_INVERTED_RANGE,
            "from_sequence_id",
            "3",
            "at most to_sequence_id, 2"),
        invalid(
            "negative from in a DENSE store",
            call(scan().setFromSequenceId(-1)),
            ERROR_REASON_OUT_OF_RANGE,
            "from_sequence_id",
            "-1",
            DENSE_POSITION),
        invalid(
            "from the largest int64",
            call(scan().setFromSequenceId(Long.MAX_VALUE)),
            ERROR_REASON_OUT_OF_RANGE,
            "from_sequence_id",
            "9223372036854775807",
            "-9223372036854775807..9223372036854775806"),
        invalid(
            "from a time and from an id",
            call(scan().setFromSequenceId(1).setFromTimeMs(5)),
            ERROR_REASON_OUT_OF_RANGE,
            "from_time_ms",
            "",
            "not together with from_sequence_id"),
        invalid(
            "from before 1970",
            call(scan().setFromTimeMs(-1)),
            ERROR_REASON_OUT_OF_RANGE,
            "from_time_ms",
            "-1",
            "0..9223372036854775807"));
  }

  private static Stream<BadRequest> limits() {
    return Stream.of(
        outOfRange("limit 0", call(scan().setLimit(0)), "limit", "0", PAGE),
        outOfRange("limit -1", call(scan().setLimit(-1)), "limit", "-1", PAGE),
        outOfRange("limit 1,001", call(scan().setLimit(1_001)), "limit", "1001", PAGE),
        outOfRange(
            "huge limit", call(scan().setLimit(Integer.MAX_VALUE)), "limit", "2147483647", PAGE),
        outOfRange("0 bytes", call(scan().setLimitBytes(0)), "limit_bytes", "0", PAGE_BYTES),
        outOfRange(
            "4 MiB + 1",
            call(scan().setLimitBytes((4 << 20) + 1)),
            "limit_bytes",
            "4194305",
            PAGE_BYTES),
        outOfRange("sync limit 0", sync(r -> r.setLimit(0)), "limit", "0", PAGE),
        outOfRange(
            "sync limit per timeline 0",
            sync(r -> r.setLimitPerTimeline(0)),
            "limit_per_timeline",
            "0",
            PAGE),
        outOfRange("sync 0 bytes", sync(r -> r.setLimitBytes(0)), "limit_bytes", "0", PAGE_BYTES));
  }

  private static Stream<BadRequest> filters() {
    Value nan = Value.newBuilder().setDoubleValue(Double.NaN).build();
    return Stream.of(
        invalid(
            "filter of 11 levels",
            call(scan().setFilter(Samples.filter(11))),
            ERROR_REASON_TOO_DEEP,
            "filter",
            "more than 10 levels",
            "10 levels"),
        invalid(
            "filter of 1,025 conditions",
            call(scan().setFilter(conditions(1_025))),
            ERROR_REASON_TOO_MANY,
            "filter",
            "more than 1024",
            "1024"),
        missing(
            "filter without a condition",
            call(scan().setFilter(Filter.getDefaultInstance())),
            "filter"),
        invalid(
            "comparison without an operator",
            call(scan().setFilter(compare(0, Wire.string("a")))),
            ERROR_REASON_UNKNOWN_ENUM_VALUE,
            "filter.comparison.operator",
            "0",
            "1..8"),
        invalid(
            "comparison with an unknown operator",
            call(scan().setFilter(compare(99, Wire.string("a")))),
            ERROR_REASON_UNKNOWN_ENUM_VALUE,
            "filter.comparison.operator",
            "99",
            "1..8"),
        missing(
            "comparison with nothing",
            call(
                scan()
                    .setFilter(
                        compare(
                            ComparisonOperator.COMPARISON_OPERATOR_EQUAL_VALUE,
                            Value.getDefaultInstance()))),
            "filter.comparison.value"),
        invalid(
            "comparison with NaN",
            call(scan().setFilter(compare(ComparisonOperator.COMPARISON_OPERATOR_LESS_VALUE, nan))),
            ERROR_REASON_NOT_FINITE,
            "filter.comparison.value",
            "NaN",
            "a finite number"));
  }

  private static Stream<BadRequest> options() {
    ReadOptions token =
        ReadOptions.newBuilder().setSessionToken(ByteString.copyFromUtf8("made up")).build();
    return Stream.of(
        invalid(
            "unknown direction",
            call(scan().setDirectionValue(7)),
            ERROR_REASON_UNKNOWN_ENUM_VALUE,
            "direction",
            "7",
            "0..2"),
        invalid(
            "unknown consistency",
            call(scan().setRead(ReadOptions.newBuilder().setConsistencyValue(9))),
            ERROR_REASON_UNKNOWN_ENUM_VALUE,
            "read.consistency",
            "9",
            "0..3"),
        invalid(
            "session token of somebody else",
            call(scan().setRead(token)),
            ERROR_REASON_INVALID_TOKEN,
            "read.session_token",
            "",
            ""));
  }

  private static Stream<BadRequest> many() {
    List<TimelineId> tooMany = Collections.nCopies(1_001, Samples.TIMELINE);
    HeadsRequest.Builder heads = HeadsRequest.newBuilder().setStore(Samples.DENSE);
    LatestRequest.Builder latest = LatestRequest.newBuilder().setStore(Samples.DENSE);
    SyncPosition position = SyncPosition.newBuilder().setTimeline(Samples.TIMELINE).build();
    return Stream.of(
        missing("heads of nothing", w -> w.timelines().heads(heads.clone().build()), "timelines"),
        tooMany(
            "heads of 1,001 timelines",
            w -> w.timelines().heads(heads.clone().addAllTimelines(tooMany).build()),
            "timelines"),
        missing(
            "latest of nothing", w -> w.timelines().latest(latest.clone().build()), "timelines"),
        tooMany(
            "latest of 1,001 timelines",
            w -> w.timelines().latest(latest.clone().addAllTimelines(tooMany).build()),
            "timelines"),
        missing("sync of nothing", sync(SyncRequest.Builder::clearPositions), "positions"),
        tooMany(
            "sync of 1,001 timelines",
            sync(r -> r.addAllPositions(Collections.nCopies(1_000, position))),
            "positions"));
  }

  private static BadRequest outOfRange(
      String name, Consumer<Wire> send, String field, String value, String limit) {
    return invalid(name, send, ERROR_REASON_OUT_OF_RANGE, field, value, limit);
  }

  private static BadRequest tooMany(String name, Consumer<Wire> send, String field) {
    return invalid(name, send, ERROR_REASON_TOO_MANY, field, "1001", "1000");
  }

  /** An OR of conditions, itself counted. */
  private static Filter conditions(int count) {
    FilterList.Builder list = FilterList.newBuilder();
    for (int i = 1; i < count; i++) {
      list.addFilters(Filter.newBuilder().setExists("f" + i));
    }
    return Filter.newBuilder().setOr(list).build();
  }

  private static Filter compare(int operator, Value value) {
    Comparison.Builder comparison =
        Comparison.newBuilder().setFieldName("text").setOperatorValue(operator).setValue(value);
    return Filter.newBuilder().setComparison(comparison).build();
  }

  private static Consumer<Wire> get(long id) {
    GetRequest request =
        GetRequest.newBuilder()
            .setStore(Samples.DENSE)
            .setTimeline(Samples.TIMELINE)
            .setSequenceId(id)
            .build();
    return wire -> wire.timelines().get(request);
  }

  private static Consumer<Wire> call(ScanRequest.Builder request) {
    ScanRequest built = request.build();
    return wire -> wire.timelines().scan(built);
  }

  private static Consumer<Wire> sync(Consumer<SyncRequest.Builder> spoil) {
    SyncRequest.Builder request = SyncRequest.newBuilder().setStore(Samples.DENSE);
    request.addPositionsBuilder().setTimeline(Samples.TIMELINE);
    spoil.accept(request);
    SyncRequest built = request.build();
    return wire -> wire.timelines().sync(built);
  }
}
