package io.tideline.server.service;

import static io.tideline.server.service.Samples.timeline;
import static io.tideline.server.service.ValidationCase.ok;
import static io.tideline.server.service.ValidationCase.refused;

import io.tideline.manager.IdentifierType;
import io.tideline.proto.v1.AlterStoreRequest;
import io.tideline.proto.v1.CreateStoreRequest;
import io.tideline.proto.v1.IdentifierField;
import io.tideline.proto.v1.IdentifierValue;
import io.tideline.proto.v1.StoreOptions;
import io.tideline.proto.v1.TimelineId;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Limits of stores and identifiers: at them, and over them. */
final class StoreValidationTest {

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
    return Stream.of(refusedStores(), refusedIdentifiers()).flatMap(s -> s);
  }

  private static Stream<ValidationCase> refusedStores() {
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
            "retention that cannot be counted",
            StoreOptions.newBuilder()
                .setSequenceMode(io.tideline.proto.v1.SequenceMode.SEQUENCE_MODE_MONOTONIC)
                .setRetentionMaxEntries(1_000_001),
            "OUT_OF_RANGE",
            "options.retention_max_entries",
            "DENSE"),
        options(
            "retention of too many bytes",
            StoreOptions.newBuilder().setRetentionMaxBytes((256L << 20) + 1),
            "OUT_OF_RANGE",
            "options.retention_max_bytes",
            "0..268435456"),
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

  private static Stream<ValidationCase> refusedIdentifiers() {
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

  static Stream<ValidationCase> acceptedRequests() {
    return Stream.of(
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
                    Samples.schema(IdentifierType.STRING))));
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

  private static ValidationCase store(
      String name, CreateStoreRequest.Builder request, String reason, String field, String said) {
    return refused(name, () -> StoreValidator.validate(request.build()), reason, field, said);
  }

  private static ValidationCase options(
      String name, StoreOptions.Builder options, String reason, String field, String said) {
    return store(name, create().setOptions(options), reason, field, said);
  }

  private static ValidationCase identifier(
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
}
