package io.tideline.server.service;

import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_INVALID_NAME;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_INVERTED_RANGE;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_NOT_IMPLEMENTED;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_OUT_OF_RANGE;

import io.tideline.manager.IdentifierField;
import io.tideline.proto.v1.AlterStoreRequest;
import io.tideline.proto.v1.CreateStoreRequest;
import io.tideline.proto.v1.IdentifierType;
import io.tideline.proto.v1.SequenceMode;
import io.tideline.proto.v1.StorageType;
import io.tideline.proto.v1.StoreOptions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** Rules for requests about stores. */
final class StoreValidator {

  /** Names of {@link StoreOptions} fields that can be altered, as the contract lists them. */
  static final Set<String> ALTERABLE_FIELDS =
      Set.of(
          "ttl_ms",
          "retention_max_entries",
          "retention_max_bytes",
          "storage_type",
          "replicas",
          "dedup_window_ms");

  private static final Pattern STORE_NAME = Pattern.compile(Limits.STORE_NAME_FORM);
  private static final Pattern IDENTIFIER_FIELD_NAME =
      Pattern.compile(Limits.IDENTIFIER_FIELD_NAME_FORM);

  private StoreValidator() {}

  static void validateName(FieldPath path, String name) {
    Check.required(!name.isEmpty(), path, "name a store, " + Limits.STORE_NAME_FORM);
    if (!STORE_NAME.matcher(name).matches()) {
      throw Check.refuse(
          ERROR_REASON_INVALID_NAME,
          path,
          name,
          Limits.STORE_NAME_FORM,
          "is not a store name; use lower-case letters, digits, '_' and '-', beginning with a"
              + " letter, at most 63 characters");
    }
  }

  static void validate(CreateStoreRequest request) {
    validateName(FieldPath.of("name"), request.getName());
    validateSchema(FieldPath.of("identifier_schema"), request.getIdentifierSchemaList());
    FieldPath options = FieldPath.of("options");
    validateOptions(options, request.getOptions(), ALTERABLE_FIELDS);
    Check.known(
        options.field("sequence_mode"),
        request.getOptions().getSequenceMode(),
        request.getOptions().getSequenceModeValue(),
        SequenceMode.SEQUENCE_MODE_MANUAL_VALUE);
    validateRetention(
        request.getOptions(), StoreProtos.mode(request.getOptions().getSequenceMode()));
    Check.countAtMost(
        splitPointsPath(),
        request.getInitialPartitions().getSplitPointsCount(),
        Limits.SPLIT_POINTS_MAX,
        "begin with fewer partitions");
  }

  /** The encoded split points of a new store; they ascend strictly. */
  static List<byte[]> encodeSplitPoints(CreateStoreRequest request, List<IdentifierField> schema) {
    List<byte[]> encoded = new ArrayList<>();
    FieldPath path = splitPointsPath();
    for (int i = 0; i < request.getInitialPartitions().getSplitPointsCount(); i++) {
      byte[] point =
          Identifiers.encode(
              path.index(i), true, request.getInitialPartitions().getSplitPoints(i), schema);
      if (i > 0 && Arrays.compareUnsigned(encoded.getLast(), point) >= 0) {
        throw Check.refuse(
            ERROR_REASON_INVERTED_RANGE,
            path.index(i),
            "",
            "strictly ascending",
            "is not after the split point before it; sort the split points and drop equal ones");
      }
      encoded.add(point);
    }
    return encoded;
  }

  static void validate(AlterStoreRequest request) {
    validateName(FieldPath.of("name"), request.getName());
    FieldPath path = FieldPath.of("update_fields");
    Check.required(
        request.getUpdateFieldsCount() > 0, path, "name the options to change: " + alterable());
    Set<String> named = new HashSet<>();
    for (int i = 0; i < request.getUpdateFieldsCount(); i++) {
      String field = request.getUpdateFields(i);
      if (!ALTERABLE_FIELDS.contains(field)) {
        throw Check.refuse(
            ERROR_REASON_INVALID_NAME,
            path.index(i),
            field,
            alterable(),
            "is not an option that can be changed; those are " + alterable());
      }
      named.add(field);
    }
    validateOptions(FieldPath.of("options"), request.getOptions(), named);
  }

  private static void validateSchema(
      FieldPath path, List<io.tideline.proto.v1.IdentifierField> schema) {
    Check.count(path, schema.size(), Limits.IDENTIFIER_FIELDS_MAX, "use fewer fields");
    Set<String> names = new HashSet<>();
    for (int i = 0; i < schema.size(); i++) {
      FieldPath field = path.index(i);
      String name = schema.get(i).getName();
      Check.required(!name.isEmpty(), field.field("name"), "name every identifier field");
      if (!IDENTIFIER_FIELD_NAME.matcher(name).matches()) {
        throw Check.refuse(
            ERROR_REASON_INVALID_NAME,
            field.field("name"),
            name,
            Limits.IDENTIFIER_FIELD_NAME_FORM,
            "is not an identifier field name; use letters, digits and '_', at most 255");
      }
      if (!names.add(name)) {
        throw Check.refuse(
            ERROR_REASON_INVALID_NAME,
            field.field("name"),
            name,
            "unique in the schema",
            "repeats \"" + Texts.shorten(name, 64) + "\"; give every field its own name");
      }
      Check.knownAndSet(
          field.field("type"),
          schema.get(i).getType(),
          schema.get(i).getTypeValue(),
          IdentifierType.IDENTIFIER_TYPE_BYTES_VALUE);
    }
  }

  /**
   * @param named the options that count
   */
  private static void validateOptions(FieldPath path, StoreOptions options, Set<String> named) {
    if (named.contains("ttl_ms") && options.getTtlMs() != 0) {
      Check.range(
          path.field("ttl_ms"),
          options.getTtlMs(),
          Limits.TTL_MILLIS_MIN,
          Limits.TTL_MILLIS_MAX,
          "give milliseconds, or 0 to keep entries for ever");
    }
    if (named.contains("dedup_window_ms") && options.getDedupWindowMs() != 0) {
      Check.range(
          path.field("dedup_window_ms"),
          options.getDedupWindowMs(),
          Limits.DEDUP_WINDOW_MILLIS_MIN,
          Limits.DEDUP_WINDOW_MILLIS_MAX,
          "give milliseconds, or 0 for the default of 24 hours");
    }
    if (named.contains("storage_type")) {
      Check.known(
          path.field("storage_type"),
          options.getStorageType(),
          options.getStorageTypeValue(),
          StorageType.STORAGE_TYPE_HDD_VALUE);
    }
    if (named.contains("retention_max_entries")) {
      Check.range(
          path.field("retention_max_entries"),
          options.getRetentionMaxEntries(),
          0,
          Long.MAX_VALUE,
          "0 sets no limit");
    }
    if (named.contains("retention_max_bytes")) {
      Check.range(
          path.field("retention_max_bytes"),
          options.getRetentionMaxBytes(),
          0,
          Limits.RETENTION_BYTES_MAX,
          "0 sets no limit");
    }
    if (named.contains("replicas")) {
      validateReplicas(path.field("replicas"), options.getReplicas());
    }
  }

  /**
   * Refuses more entries than a store can count.
   *
   * @param mode of the store; only ids of DENSE stores tell a number of entries by themselves
   */
  static void validateRetention(StoreOptions options, io.tideline.manager.SequenceMode mode) {
    if (mode == io.tideline.manager.SequenceMode.DENSE) {
      return;
    }
    Check.range(
        FieldPath.of("options").field("retention_max_entries"),
        options.getRetentionMaxEntries(),
        0,
        Limits.RETENTION_ENTRIES_COUNTED_MAX,
        "0 sets no limit; more entries can be kept in DENSE stores only");
  }

  private static void validateReplicas(FieldPath path, int replicas) {
    if (replicas != 0 && replicas != 1 && replicas != 3 && replicas != 5) {
      throw Check.refuse(
          ERROR_REASON_OUT_OF_RANGE,
          path,
          replicas,
          "0, 1, 3 or 5",
          "is " + replicas + "; use 1, 3 or 5 copies, or 0 for the cluster's default");
    }
  }

  /** Each copy is on a node of its own. */
  static void validateReplicasFit(int replicas, int nodes) {
    if (replicas > nodes) {
      throw Check.refuse(
          ERROR_REASON_OUT_OF_RANGE,
          FieldPath.of("options").field("replicas"),
          replicas,
          Integer.toString(nodes),
          "asks for "
              + replicas
              + " copies, but the cluster has "
              + nodes
              + (nodes == 1 ? " node" : " nodes")
              + "; ask for fewer, or 0 for the default");
    }
  }

  /** The copies of a store stay where they were placed when it was created. */
  static void validateReplicasStay(int present, int asked) {
    if (asked != present) {
      throw Check.refuse(
          ERROR_REASON_NOT_IMPLEMENTED,
          FieldPath.of("options").field("replicas"),
          asked,
          Integer.toString(present),
          "asks for "
              + asked
              + " copies, but this version cannot change how many a store has; create another"
              + " store and copy the timelines");
    }
  }

  private static FieldPath splitPointsPath() {
    return FieldPath.of("initial_partitions").field("split_points");
  }

  private static String alterable() {
    return String.join(", ", ALTERABLE_FIELDS.stream().sorted().toList());
  }
}
