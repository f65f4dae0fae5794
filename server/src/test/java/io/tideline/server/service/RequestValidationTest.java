package io.tideline.server.service;

import static io.tideline.server.service.Samples.append;
import static io.tideline.server.service.Samples.filterOfDepth;
import static io.tideline.server.service.Samples.message;
import static io.tideline.server.service.Samples.messageOfFields;
import static io.tideline.server.service.Samples.messageOfSize;
import static io.tideline.server.service.Samples.number;
import static io.tideline.server.service.Samples.scan;
import static io.tideline.server.service.Samples.text;
import static io.tideline.server.service.Samples.timeline;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import io.tideline.manager.IdentifierType;
import io.tideline.manager.SequenceMode;
import io.tideline.proto.v1.AlterStoreRequest;
import io.tideline.proto.v1.BatchAppendItem;
import io.tideline.proto.v1.BatchAppendRequest;
import io.tideline.proto.v1.Comparison;
import io.tideline.proto.v1.ComparisonOperator;
import io.tideline.proto.v1.CreateStoreRequest;
import io.tideline.proto.v1.ErrorReason;
import io.tideline.proto.v1.Filter;
import io.tideline.proto.v1.FilterList;
import io.tideline.proto.v1.GeoPoint;
import io.tideline.proto.v1.GetRequest;
import io.tideline.proto.v1.HeadsRequest;
import io.tideline.proto.v1.IdentifierField;
import io.tideline.proto.v1.IdentifierValue;
import io.tideline.proto.v1.LatestRequest;
import io.tideline.proto.v1.ListMetaRequest;
import io.tideline.proto.v1.Message;
import io.tideline.proto.v1.Projection;
import io.tideline.proto.v1.PutMetaRequest;
import io.tideline.proto.v1.PutRequest;
import io.tideline.proto.v1.ReadOptions;
import io.tideline.proto.v1.RouteHint;
import io.tideline.proto.v1.StoreOptions;
import io.tideline.proto.v1.SyncPosition;
import io.tideline.proto.v1.SyncRequest;
import io.tideline.proto.v1.TimelineId;
import io.tideline.proto.v1.TrimRequest;
import io.tideline.proto.v1.UpdateMetaRequest;
import io.tideline.proto.v1.Value;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every limit of a request: what lies at it passes, what lies over it is refused by name. */
final class RequestValidationTest {

  private static final MessageValidator MESSAGES =
      new MessageValidator(Limits.MESSAGE_BYTES_DEFAULT);
  private static final TimelineValidator TIMELINES = new TimelineValidator(MESSAGES);
  private static final MetaValidator METAS = new MetaValidator(MESSAGES);

  /** One row of the table. */
  private record Case(
      String name, Runnable validation, ErrorReason reason, String field, String inMessage) {
    @Override
    public String toString() {
      return name;
    }
  }

  @ParameterizedTest
  @MethodSource("refused")
  void refusalNamesReasonFieldAndLimit(Case row) {
    FailureException thrown = catchThrowableOfType(FailureException.class, row.validation()::run);
    assertThat(thrown).as("refused").isNotNull();
    Failure failure = thrown.failure();
    assertThat(failure.reason()).isEqualTo(row.reason());
    assertThat(failure.field()).isEqualTo(row.field());
    assertThat(failure.message()).startsWith(row.field()).contains(row.inMessage());
    assertThat(failure.limit()).isNotEmpty();
  }

  @ParameterizedTest
  @MethodSource("accepted")
  void whatLiesAtALimitPasses(Case row) {
    assertThatCode(row.validation()::run).doesNotThrowAnyException();
  }

  static Stream<Case> refused() {
    return Stream.of(
            refusedMessages(),
            refusedAppends(),
            refusedReads(),
            refusedFilters(),
            refusedMeta(),
            refusedStores(),
            refusedIdentifiers())
        .flatMap(s -> s);
  }

  private static Stream<Case> refusedMessages() {
    return Stream.of(
        content("no message", Message.getDefaultInstance(), "REQUIRED", "message.fields", "1024"),
        content("1,025 fields", messageOfFields(1025), "TOO_MANY", "message.fields", "1025"),
        content("1 MiB + 1", messageOfSize((1 << 20) + 1), "TOO_LARGE", "message", "1048577"),
        content("empty name", field("", text("x")), "INVALID_NAME", "message.fields", "empty name"),
        content(
            "256-byte name",
            field("n".repeat(256), text("x")),
            "TOO_LARGE",
            "message.fields",
            "256 bytes"),
        content(
            "258-byte name of 86 characters",
            field("群".repeat(86), text("x")),
            "TOO_LARGE",
            "message.fields",
            "258 bytes"),
        content(
            "unset value",
            field("a", Value.getDefaultInstance()),
            "REQUIRED",
            "message.fields[\"a\"]",
            "kind of value"),
        content(
            "NaN", field("a", number(Double.NaN)), "NOT_FINITE", "message.fields[\"a\"]", "NaN"),
        content(
            "infinity",
            field("a", number(Double.NEGATIVE_INFINITY)),
            "NOT_FINITE",
            "message.fields[\"a\"]",
            "-Infinity"),
        content(
            "latitude",
            field("a", geo(90.1, 0)),
            "OUT_OF_RANGE",
            "message.fields[\"a\"].latitude",
            "-90..90"),
        content(
            "longitude",
            field("a", geo(0, -180.5)),
            "OUT_OF_RANGE",
            "message.fields[\"a\"].longitude",
            "-180..180"),
        content(
            "NaN latitude",
            field("a", geo(Double.NaN, 0)),
            "NOT_FINITE",
            "message.fields[\"a\"].latitude",
            "NaN"));
  }

  private static Stream<Case> refusedAppends() {
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

  private static Stream<Case> refusedReads() {
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

  private static Stream<Case> refusedFilters() {
    return Stream.of(
        filter("11 levels", filterOfDepth(11), "TOO_DEEP", "filter", "10 levels"),
        filter("1,025 conditions", filterOfConditions(1025), "TOO_MANY", "filter", "1024"),
        filter("empty filter", Filter.getDefaultInstance(), "REQUIRED", "filter", "condition"),
        filter(
            "empty inner filter",
            Filter.newBuilder()
                .setOr(
                    FilterList.newBuilder()
                        .addFilters(filterOfDepth(1))
                        .addFilters(Filter.getDefaultInstance()))
                .build(),
            "REQUIRED",
            "filter.or.filters[1]",
            "condition"),
        filter(
            "no operator",
            comparison(0, text("x")),
            "UNKNOWN_ENUM_VALUE",
            "filter.comparison.operator",
            "0"),
        filter(
            "unknown operator",
            comparison(99, text("x")),
            "UNKNOWN_ENUM_VALUE",
            "filter.comparison.operator",
            "99"),
        filter("no operand", comparison(1, null), "REQUIRED", "filter.comparison.value", "compare"),
        filter(
            "unset operand",
            comparison(1, Value.getDefaultInstance()),
            "REQUIRED",
            "filter.comparison.value",
            "kind"),
        filter(
            "NaN operand",
            comparison(1, number(Double.NaN)),
            "NOT_FINITE",
            "filter.comparison.value",
            "NaN"),
        filter(
            "prefix of a number",
            comparison(ComparisonOperator.COMPARISON_OPERATOR_PREFIX_VALUE, number(1)),
            "REQUIRED",
            "filter.comparison.value.string_value",
            "string"),
        filter(
            "empty field name",
            Filter.newBuilder().setExists("").build(),
            "INVALID_NAME",
            "filter.exists",
            "empty"),
        refused(
            "1,025 projected fields",
            () ->
                TIMELINES.validate(
                    scan()
                        .setProjection(
                            Projection.newBuilder()
                                .addAllFieldNames(Collections.nCopies(1025, "a")))
                        .build()),
            "TOO_MANY",
            "projection.field_names",
            "1025"));
  }

  private static Stream<Case> refusedMeta() {
    return Stream.of(
        refused(
            "no fields",
            () -> METAS.validate(PutMetaRequest.newBuilder().setStore("im").build()),
            "REQUIRED",
            "fields",
            "missing"),
        refused(
            "empty update",
            () -> METAS.validate(UpdateMetaRequest.newBuilder().setStore("im").build()),
            "REQUIRED",
            "set_fields",
            "at least one"),
        refused(
            "set and removed",
            () ->
                METAS.validate(
                    UpdateMetaRequest.newBuilder()
                        .setStore("im")
                        .putSetFields("a", text("x"))
                        .addRemoveFields("a")
                        .build()),
            "INVALID_NAME",
            "remove_fields[0]",
            "set_fields as well"),
        refused(
            "negative revision",
            () ->
                METAS.validate(
                    UpdateMetaRequest.newBuilder()
                        .setStore("im")
                        .putSetFields("a", text("x"))
                        .setExpectedRevision(-1)
                        .build()),
            "OUT_OF_RANGE",
            "expected_revision",
            "-1"),
        refused(
            "list limit 0",
            () -> METAS.validate(ListMetaRequest.newBuilder().setStore("im").setLimit(0).build()),
            "OUT_OF_RANGE",
            "limit",
            "1..1000"));
  }

  private static Stream<Case> refusedStores() {
    return Stream.of(
        store("no name", create().clearName(), "REQUIRED", "name", "name a store"),
        store("64 characters", create().setName("a".repeat(64)), "INVALID_NAME", "name", "63"),
        store("leading digit", create().setName("1a"), "INVALID_NAME", "name", "letter"),
        store("no schema", create().clearIdentifierSchema(), "REQUIRED", "identifier_schema", "4"),
        store(
            "five fields",
            create()
                .clearIdentifierSchema()
                .addAllIdentifierSchema(
                    List.of(
                        schemaField("a"),
                        schemaField("b"),
                        schemaField("c"),
                        schemaField("d"),
                        schemaField("e"))),
            "TOO_MANY",
            "identifier_schema",
            "5"),
        store(
            "repeated name",
            create().addIdentifierSchema(schemaField("id")),
            "INVALID_NAME",
            "identifier_schema[1].name",
            "repeats"),
        store(
            "bad field name",
            create().setIdentifierSchema(0, schemaField("a-b")),
            "INVALID_NAME",
            "identifier_schema[0].name",
            "letters"),
        store(
            "no type",
            create().setIdentifierSchema(0, IdentifierField.newBuilder().setName("a")),
            "UNKNOWN_ENUM_VALUE",
            "identifier_schema[0].type",
            "0"),
        store(
            "unknown type",
            create()
                .setIdentifierSchema(0, IdentifierField.newBuilder().setName("a").setTypeValue(9)),
            "UNKNOWN_ENUM_VALUE",
            "identifier_schema[0].type",
            "9"),
        options(
            "unknown mode",
            StoreOptions.newBuilder().setSequenceModeValue(4),
            "UNKNOWN_ENUM_VALUE",
            "options.sequence_mode",
            "4"),
        options(
            "unknown storage",
            StoreOptions.newBuilder().setStorageTypeValue(4),
            "UNKNOWN_ENUM_VALUE",
            "options.storage_type",
            "4"),
        options(
            "ttl of 999 ms",
            StoreOptions.newBuilder().setTtlMs(999),
            "OUT_OF_RANGE",
            "options.ttl_ms",
            "1000.."),
        options(
            "negative ttl",
            StoreOptions.newBuilder().setTtlMs(-1),
            "OUT_OF_RANGE",
            "options.ttl_ms",
            "-1"),
        options(
            "huge ttl",
            StoreOptions.newBuilder().setTtlMs(Long.MAX_VALUE),
            "OUT_OF_RANGE",
            "options.ttl_ms",
            "outside"),
        options(
            "window of 59 s",
            StoreOptions.newBuilder().setDedupWindowMs(59_999),
            "OUT_OF_RANGE",
            "options.dedup_window_ms",
            "60000.."),
        options(
            "window of 7 d + 1",
            StoreOptions.newBuilder().setDedupWindowMs(604_800_001),
            "OUT_OF_RANGE",
            "options.dedup_window_ms",
            "604800000"),
        options(
            "two replicas",
            StoreOptions.newBuilder().setReplicas(2),
            "OUT_OF_RANGE",
            "options.replicas",
            "1, 3 or 5"),
        options(
            "three replicas on one node",
            StoreOptions.newBuilder().setReplicas(3),
            "NOT_IMPLEMENTED",
            "options.replicas",
            "one node"),
        options(
            "retention that would not be enforced",
            StoreOptions.newBuilder().setRetentionMaxEntries(10),
            "NOT_IMPLEMENTED",
            "options.retention_max_entries",
            "ttl_ms"),
        options(
            "negative retention",
            StoreOptions.newBuilder().setRetentionMaxBytes(-1),
            "OUT_OF_RANGE",
            "options.retention_max_bytes",
            "-1"),
        refused(
            "1,024 split points",
            () ->
                StoreValidator.validate(
                    create()
                        .setInitialPartitions(
                            io.tideline.proto.v1.InitialPartitions.newBuilder()
                                .addAllSplitPoints(Collections.nCopies(1024, timeline("c"))))
                        .build()),
            "TOO_MANY",
            "initial_partitions.split_points",
            "1024"),
        refused(
            "unsorted split points",
            () -> encodeSplits("b", "a"),
            "INVERTED_RANGE",
            "initial_partitions.split_points[1]",
            "not after"),
        refused(
            "equal split points",
            () -> encodeSplits("b", "b"),
            "INVERTED_RANGE",
            "initial_partitions.split_points[1]",
            "not after"),
        refused(
            "nothing to alter",
            () -> StoreValidator.validate(alter()),
            "REQUIRED",
            "update_fields",
            "ttl_ms"),
        refused(
            "unknown option",
            () -> StoreValidator.validate(alter("ttl")),
            "INVALID_NAME",
            "update_fields[0]",
            "ttl_ms"),
        refused(
            "fixed option",
            () -> StoreValidator.validate(alter("ttl_ms", "sequence_mode")),
            "INVALID_NAME",
            "update_fields[1]",
            "can be changed"));
  }

  private static Stream<Case> refusedIdentifiers() {
    return Stream.of(
        identifier("none", TimelineId.getDefaultInstance(), "REQUIRED", "timeline", "STRING f0"),
        identifier("two fields for one", twoFields(), "IDENTIFIER_ARITY", "timeline", "2 fields"),
        identifier(
            "number for text",
            TimelineId.newBuilder()
                .addFields(IdentifierValue.newBuilder().setInt64Value(1))
                .build(),
            "IDENTIFIER_TYPE",
            "timeline.fields[0]",
            "INT64"),
        identifier(
            "unset field",
            TimelineId.newBuilder().addFields(IdentifierValue.getDefaultInstance()).build(),
            "REQUIRED",
            "timeline.fields[0]",
            "STRING f0"),
        identifier("empty text", timeline(""), "REQUIRED", "timeline.fields[0]", "not empty"),
        identifier("4 KiB + 1", timeline("x".repeat(4095)), "TOO_LARGE", "timeline", "4097"));
  }

  static Stream<Case> accepted() {
    return Stream.of(
        ok("1,024 fields", () -> MESSAGES.validate(FieldPath.of("m"), true, messageOfFields(1024))),
        ok("1 MiB", () -> MESSAGES.validate(FieldPath.of("m"), true, messageOfSize(1 << 20))),
        ok(
            "255-byte name",
            () -> MESSAGES.validate(FieldPath.of("m"), true, field("n".repeat(255), text("x")))),
        ok(
            "255-byte name of 85 characters",
            () -> MESSAGES.validate(FieldPath.of("m"), true, field("群".repeat(85), text("x")))),
        ok("poles", () -> MESSAGES.validate(FieldPath.of("m"), true, field("a", geo(-90, 180)))),
        ok(
            "largest double",
            () -> MESSAGES.validate(FieldPath.of("m"), true, field("a", number(Double.MAX_VALUE)))),
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
        ok("10 levels", () -> TIMELINES.validate(scan().setFilter(filterOfDepth(10)).build())),
        ok(
            "1,024 conditions",
            () -> TIMELINES.validate(scan().setFilter(filterOfConditions(1024)).build())),
        ok(
            "63 characters",
            () -> StoreValidator.validate(create().setName("a".repeat(63)).build())),
        ok(
            "ttl of a second",
            () ->
                StoreValidator.validate(
                    create().setOptions(StoreOptions.newBuilder().setTtlMs(1000)).build())),
        ok(
            "week's window",
            () ->
                StoreValidator.validate(
                    create()
                        .setOptions(StoreOptions.newBuilder().setDedupWindowMs(604_800_000))
                        .build())),
        ok("sorted split points", () -> encodeSplits("a", "b", "c")),
        ok(
            "4 KiB identifier",
            () ->
                Identifiers.encode(
                    FieldPath.of("timeline"),
                    true,
                    timeline("x".repeat(4094)),
                    Samples.schema(IdentifierType.STRING))),
        ok(
            "MANUAL ids are any",
            () ->
                TimelineValidator.validateEntryId(
                    FieldPath.of("sequence_id"), -7, SequenceMode.MANUAL)));
  }

  @Test
  void configuredMessageLimitIsTheOneThatCounts() {
    MessageValidator large = new MessageValidator(4 << 20);
    assertThatCode(() -> large.validate(FieldPath.of("m"), true, messageOfSize(4 << 20)))
        .doesNotThrowAnyException();
    FailureException thrown =
        catchThrowableOfType(
            FailureException.class,
            () -> large.validate(FieldPath.of("m"), true, messageOfSize((4 << 20) + 1)));
    assertThat(thrown.failure().limit()).isEqualTo("4194304 bytes");
  }

  @Test
  void longValuesAreShortenedInErrors() {
    FailureException thrown =
        catchThrowableOfType(
            FailureException.class,
            () -> TIMELINES.validate(append().setStore("X".repeat(10_000)).build()));
    assertThat(thrown.failure().value()).hasSize(Limits.ERROR_VALUE_CHARS_MAX).endsWith("…");
  }

  // --- Rows ---

  private static Case refused(
      String name, Runnable validation, String reason, String field, String inMessage) {
    return new Case(
        name, validation, ErrorReason.valueOf("ERROR_REASON_" + reason), field, inMessage);
  }

  private static Case ok(String name, Runnable validation) {
    return new Case(name, validation, ErrorReason.ERROR_REASON_UNSPECIFIED, "", "");
  }

  private static Case content(
      String name, Message message, String reason, String field, String inMessage) {
    return refused(
        name,
        () -> MESSAGES.validate(FieldPath.of("message"), true, message),
        reason,
        field,
        inMessage);
  }

  private static Case filter(
      String name, Filter filter, String reason, String field, String inMessage) {
    return refused(
        name, () -> TIMELINES.validate(scan().setFilter(filter).build()), reason, field, inMessage);
  }

  private static Case store(
      String name, CreateStoreRequest.Builder request, String reason, String field, String said) {
    return refused(name, () -> StoreValidator.validate(request.build()), reason, field, said);
  }

  private static Case options(
      String name, StoreOptions.Builder options, String reason, String field, String said) {
    return store(name, create().setOptions(options), reason, field, said);
  }

  private static Case identifier(
      String name, TimelineId timeline, String reason, String field, String inMessage) {
    return refused(
        name,
        () ->
            Identifiers.encode(
                FieldPath.of("timeline"), true, timeline, Samples.schema(IdentifierType.STRING)),
        reason,
        field,
        inMessage);
  }

  private static Message field(String name, Value value) {
    return Message.newBuilder().putFields(name, value).build();
  }

  private static Value geo(double latitude, double longitude) {
    return Value.newBuilder()
        .setGeoPointValue(GeoPoint.newBuilder().setLatitude(latitude).setLongitude(longitude))
        .build();
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

  private static Filter comparison(int operator, @org.jspecify.annotations.Nullable Value value) {
    Comparison.Builder comparison =
        Comparison.newBuilder().setFieldName("a").setOperatorValue(operator);
    if (value != null) {
      comparison.setValue(value);
    }
    return Filter.newBuilder().setComparison(comparison).build();
  }

  /** An AND with its operands: that many conditions in all. */
  private static Filter filterOfConditions(int count) {
    return Filter.newBuilder()
        .setAnd(
            FilterList.newBuilder().addAllFilters(Collections.nCopies(count - 1, filterOfDepth(1))))
        .build();
  }

  private static CreateStoreRequest.Builder create() {
    return CreateStoreRequest.newBuilder().setName("im").addIdentifierSchema(schemaField("id"));
  }

  private static IdentifierField schemaField(String name) {
    return IdentifierField.newBuilder()
        .setName(name)
        .setType(io.tideline.proto.v1.IdentifierType.IDENTIFIER_TYPE_STRING)
        .build();
  }

  private static void encodeSplits(String... points) {
    var partitions = io.tideline.proto.v1.InitialPartitions.newBuilder();
    for (String point : points) {
      partitions.addSplitPoints(timeline(point));
    }
    StoreValidator.encodeSplitPoints(
        create().setInitialPartitions(partitions).build(), Samples.schema(IdentifierType.STRING));
  }

  private static AlterStoreRequest alter(String... fields) {
    return AlterStoreRequest.newBuilder().setName("im").addAllUpdateFields(List.of(fields)).build();
  }

  private static TimelineId twoFields() {
    return timeline("a").toBuilder().addFields(timeline("b").getFields(0)).build();
  }
}
