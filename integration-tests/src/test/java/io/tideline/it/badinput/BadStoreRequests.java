package io.tideline.it.badinput;

import static io.tideline.it.badinput.BadRequest.invalid;
import static io.tideline.it.badinput.BadRequest.missing;
import static io.tideline.it.badinput.BadRequest.refused;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_IDENTIFIER_ARITY;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_INVALID_NAME;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_INVERTED_RANGE;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_OUT_OF_RANGE;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_STORE_ALREADY_EXISTS;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_STORE_NOT_FOUND;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_TOO_MANY;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_UNKNOWN_ENUM_VALUE;

import io.grpc.Status;
import io.tideline.it.harness.Wire;
import io.tideline.proto.v1.AlterStoreRequest;
import io.tideline.proto.v1.CreateStoreRequest;
import io.tideline.proto.v1.DescribeStoreRequest;
import io.tideline.proto.v1.DropStoreRequest;
import io.tideline.proto.v1.IdentifierField;
import io.tideline.proto.v1.IdentifierType;
import io.tideline.proto.v1.InitialPartitions;
import io.tideline.proto.v1.SequenceMode;
import io.tideline.proto.v1.StoreOptions;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** Wrong requests to {@code StoreService}. */
final class BadStoreRequests {

  private static final String NAME_FORM = "[a-z][a-z0-9_-]{0,62}";
  private static final String ABSENT = "absent";

  private BadStoreRequests() {}

  static Stream<BadRequest> all() {
    return Stream.of(names(), schemas(), options(), partitions(), states()).flatMap(rows -> rows);
  }

  private static Stream<BadRequest> names() {
    return Stream.of(
        missing("store without a name", create(r -> r.setName("")), "name"),
        invalid(
            "store name with capitals",
            create(r -> r.setName("Chats")),
            ERROR_REASON_INVALID_NAME,
            "name",
            "Chats",
            NAME_FORM),
        invalid(
            "store name of 64 characters",
            create(r -> r.setName("a".repeat(64))),
            ERROR_REASON_INVALID_NAME,
            "name",
            "a".repeat(64),
            NAME_FORM),
        invalid(
            "store name that is a path",
            create(r -> r.setName("../etc")),
            ERROR_REASON_INVALID_NAME,
            "name",
            "../etc",
            NAME_FORM),
        missing(
            "describe without a name",
            w -> w.stores().describeStore(DescribeStoreRequest.getDefaultInstance()),
            "name"));
  }

  private static Stream<BadRequest> schemas() {
    return Stream.of(
        missing(
            "no identifier schema", create(r -> r.clearIdentifierSchema()), "identifier_schema"),
        invalid(
            "schema of 5 fields",
            create(
                r -> {
                  for (int i = 1; i < 5; i++) {
                    r.addIdentifierSchema(string("f" + i));
                  }
                  return r;
                }),
            ERROR_REASON_TOO_MANY,
            "identifier_schema",
            "5",
            "4"),
        invalid(
            "identifier field named twice",
            create(r -> r.addIdentifierSchema(string("name"))),
            ERROR_REASON_INVALID_NAME,
            "identifier_schema[1].name",
            "name",
            "unique in the schema"),
        invalid(
            "identifier field name with a dash",
            create(r -> r.setIdentifierSchema(0, string("user-id"))),
            ERROR_REASON_INVALID_NAME,
            "identifier_schema[0].name",
            "user-id",
            "[A-Za-z_][A-Za-z0-9_]{0,254}"),
        invalid(
            "identifier field without a type",
            create(r -> r.setIdentifierSchema(0, IdentifierField.newBuilder().setName("n"))),
            ERROR_REASON_UNKNOWN_ENUM_VALUE,
            "identifier_schema[0].type",
            "0",
            "1..3"),
        invalid(
            "identifier field of unknown type",
            create(
                r ->
                    r.setIdentifierSchema(
                        0, IdentifierField.newBuilder().setName("n").setTypeValue(99))),
            ERROR_REASON_UNKNOWN_ENUM_VALUE,
            "identifier_schema[0].type",
            "99",
            "1..3"));
  }

  private static Stream<BadRequest> options() {
    return Stream.of(
        invalid(
            "unknown sequence mode",
            options(o -> o.setSequenceModeValue(42)),
            ERROR_REASON_UNKNOWN_ENUM_VALUE,
            "options.sequence_mode",
            "42",
            "0..3"),
        invalid(
            "unknown storage type",
            options(o -> o.setStorageTypeValue(-1)),
            ERROR_REASON_UNKNOWN_ENUM_VALUE,
            "options.storage_type",
            "-1",
            "0..3"),
        invalid(
            "TTL below a second",
            options(o -> o.setTtlMs(999)),
            ERROR_REASON_OUT_OF_RANGE,
            "options.ttl_ms",
            "999",
            "1000..3153600000000"),
        invalid(
            "negative TTL",
            options(o -> o.setTtlMs(-1)),
            ERROR_REASON_OUT_OF_RANGE,
            "options.ttl_ms",
            "-1",
            "1000..3153600000000"),
        invalid(
            "dedup window below a minute",
            options(o -> o.setDedupWindowMs(59_999)),
            ERROR_REASON_OUT_OF_RANGE,
            "options.dedup_window_ms",
            "59999",
            "60000..604800000"),
        invalid(
            "two replicas",
            options(o -> o.setReplicas(2)),
            ERROR_REASON_OUT_OF_RANGE,
            "options.replicas",
            "2",
            "0, 1, 3 or 5"),
        invalid(
            "more copies than nodes",
            options(o -> o.setReplicas(3)),
            ERROR_REASON_OUT_OF_RANGE,
            "options.replicas",
            "3",
            "1"),
        invalid(
            "negative retention",
            options(o -> o.setRetentionMaxEntries(-1)),
            ERROR_REASON_OUT_OF_RANGE,
            "options.retention_max_entries",
            "-1",
            "0..9223372036854775807"),
        invalid(
            "retention of too many bytes",
            options(o -> o.setRetentionMaxBytes((256L << 20) + 1)),
            ERROR_REASON_OUT_OF_RANGE,
            "options.retention_max_bytes",
            "268435457",
            "0..268435456"),
        invalid(
            "retention that cannot be counted",
            options(
                o ->
                    o.setSequenceMode(SequenceMode.SEQUENCE_MODE_MONOTONIC)
                        .setRetentionMaxEntries(1_000_001)),
            ERROR_REASON_OUT_OF_RANGE,
            "options.retention_max_entries",
            "1000001",
            "0..1000000"),
        missing(
            "alter nothing",
            w ->
                w.stores()
                    .alterStore(AlterStoreRequest.newBuilder().setName(Samples.DENSE).build()),
            "update_fields"),
        invalid(
            "alter what is fixed",
            w ->
                w.stores()
                    .alterStore(
                        AlterStoreRequest.newBuilder()
                            .setName(Samples.DENSE)
                            .addUpdateFields("sequence_mode")
                            .build()),
            ERROR_REASON_INVALID_NAME,
            "update_fields[0]",
            "sequence_mode",
            "dedup_window_ms, replicas, retention_max_bytes, retention_max_entries,"
                + " storage_type, ttl_ms"));
  }

  private static Stream<BadRequest> partitions() {
    return Stream.of(
        invalid(
            "1,024 split points",
            create(
                r -> {
                  InitialPartitions.Builder partitions = r.getInitialPartitionsBuilder();
                  for (int i = 0; i < 1_024; i++) {
                    partitions.addSplitPoints(Wire.id("p%05d".formatted(i)));
                  }
                  return r;
                }),
            ERROR_REASON_TOO_MANY,
            "initial_partitions.split_points",
            "1024",
            "1023"),
        invalid(
            "split points that do not ascend",
            create(
                r -> {
                  r.getInitialPartitionsBuilder()
                      .addSplitPoints(Wire.id("b"))
                      .addSplitPoints(Wire.id("a"));
                  return r;
                }),
            ERROR_REASON_INVERTED_RANGE,
            "initial_partitions.split_points[1]",
            "",
            "strictly ascending"),
        invalid(
            "split point of another schema",
            create(
                r -> {
                  r.getInitialPartitionsBuilder().addSplitPoints(Wire.id("b", 1L));
                  return r;
                }),
            ERROR_REASON_IDENTIFIER_ARITY,
            "initial_partitions.split_points[0]",
            "2 fields",
            "1 fields"));
  }

  private static Stream<BadRequest> states() {
    return Stream.of(
        refused(
            "store that exists",
            create(r -> r.setName(Samples.DENSE)),
            Status.Code.ALREADY_EXISTS,
            ERROR_REASON_STORE_ALREADY_EXISTS),
        absent(
            "describe an unknown store",
            w ->
                w.stores()
                    .describeStore(DescribeStoreRequest.newBuilder().setName(ABSENT).build())),
        absent(
            "drop an unknown store",
            w -> w.stores().dropStore(DropStoreRequest.newBuilder().setName(ABSENT).build())),
        absent(
            "alter an unknown store",
            w ->
                w.stores()
                    .alterStore(
                        AlterStoreRequest.newBuilder()
                            .setName(ABSENT)
                            .addUpdateFields("ttl_ms")
                            .build())));
  }

  private static BadRequest absent(String name, Consumer<Wire> send) {
    return refused(name, send, Status.Code.NOT_FOUND, ERROR_REASON_STORE_NOT_FOUND);
  }

  private static IdentifierField string(String name) {
    return Wire.field(name, IdentifierType.IDENTIFIER_TYPE_STRING);
  }

  private static Consumer<Wire> create(UnaryOperator<CreateStoreRequest.Builder> spoil) {
    CreateStoreRequest.Builder request =
        CreateStoreRequest.newBuilder().setName("spoilt").addIdentifierSchema(string("name"));
    return wire -> wire.stores().createStore(spoil.apply(request.clone()).build());
  }

  private static Consumer<Wire> options(UnaryOperator<StoreOptions.Builder> spoil) {
    return create(r -> r.setOptions(spoil.apply(StoreOptions.newBuilder())));
  }
}
