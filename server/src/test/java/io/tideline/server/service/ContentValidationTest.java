package io.tideline.server.service;

import static io.tideline.server.service.Samples.filterOfDepth;
import static io.tideline.server.service.Samples.message;
import static io.tideline.server.service.Samples.messageOfFields;
import static io.tideline.server.service.Samples.messageOfSize;
import static io.tideline.server.service.Samples.number;
import static io.tideline.server.service.Samples.scan;
import static io.tideline.server.service.Samples.text;
import static io.tideline.server.service.ValidationCase.ok;
import static io.tideline.server.service.ValidationCase.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tideline.proto.v1.Comparison;
import io.tideline.proto.v1.ComparisonOperator;
import io.tideline.proto.v1.Filter;
import io.tideline.proto.v1.FilterList;
import io.tideline.proto.v1.GeoPoint;
import io.tideline.proto.v1.ListMetaRequest;
import io.tideline.proto.v1.Message;
import io.tideline.proto.v1.Projection;
import io.tideline.proto.v1.PutMetaRequest;
import io.tideline.proto.v1.UpdateMetaRequest;
import io.tideline.proto.v1.Value;
import java.util.Collections;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Limits of messages, filters and meta: at them, and over them. */
final class ContentValidationTest {

  private static final MessageValidator MESSAGES =
      new MessageValidator(Limits.MESSAGE_BYTES_DEFAULT);

  private static final TimelineValidator TIMELINES = new TimelineValidator(MESSAGES);

  private static final MetaValidator METAS = new MetaValidator(MESSAGES);

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
    return Stream.of(refusedMessages(), refusedFilters(), refusedMeta()).flatMap(s -> s);
  }

  private static Stream<ValidationCase> refusedMessages() {
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

  private static Stream<ValidationCase> refusedFilters() {
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

  private static Stream<ValidationCase> refusedMeta() {
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
            "also in set_fields"),
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

  static Stream<ValidationCase> acceptedRequests() {
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
        ok("10 levels", () -> TIMELINES.validate(scan().setFilter(filterOfDepth(10)).build())),
        ok(
            "1,024 conditions",
            () -> TIMELINES.validate(scan().setFilter(filterOfConditions(1024)).build())));
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

  private static Message field(String name, Value value) {
    return Message.newBuilder().putFields(name, value).build();
  }

  private static Value geo(double latitude, double longitude) {
    return Value.newBuilder()
        .setGeoPointValue(GeoPoint.newBuilder().setLatitude(latitude).setLongitude(longitude))
        .build();
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

  private static ValidationCase content(
      String name, Message message, String reason, String field, String inMessage) {
    return refused(
        name,
        () -> MESSAGES.validate(FieldPath.of("message"), true, message),
        reason,
        field,
        inMessage);
  }

  private static ValidationCase filter(
      String name, Filter filter, String reason, String field, String inMessage) {
    return refused(
        name, () -> TIMELINES.validate(scan().setFilter(filter).build()), reason, field, inMessage);
  }
}
