package io.tideline.server.service;

import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_INVALID_NAME;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_NOT_FINITE;

import io.tideline.proto.v1.GeoPoint;
import io.tideline.proto.v1.Message;
import io.tideline.proto.v1.Value;
import java.util.List;
import java.util.Map;

/**
 * Rules for free-schema content: a message, meta, or the changed fields of either.
 *
 * @param bytesMax limit of an encoded message, {@link Limits#MESSAGE_BYTES_FLOOR} to {@link
 *     Limits#MESSAGE_BYTES_CEILING}
 */
record MessageValidator(int bytesMax) {

  private static final String SHRINK =
      "shorten its values or keep large content elsewhere and store a reference";

  MessageValidator {
    if (bytesMax < Limits.MESSAGE_BYTES_FLOOR || bytesMax > Limits.MESSAGE_BYTES_CEILING) {
      throw new IllegalArgumentException("message limit of " + bytesMax + " bytes");
    }
  }

  /** A whole message: 1 to 1,024 fields. */
  void validate(FieldPath path, boolean present, Message message) {
    Check.required(present, path, "give a message with at least one field");
    Check.count(
        path.field("fields"), message.getFieldsCount(), Limits.FIELDS_MAX, "use fewer fields");
    Check.bytes(path, message.getSerializedSize(), bytesMax, SHRINK);
    validateFields(path.field("fields"), message.getFieldsMap());
  }

  /** Named values; their number and total size are the caller's to check. */
  void validateFields(FieldPath path, Map<String, Value> fields) {
    for (Map.Entry<String, Value> field : fields.entrySet()) {
      Check.fieldName(path, field.getKey());
      validateValue(path, field.getKey(), field.getValue());
    }
  }

  /** An update's set_fields and remove_fields; what they lead to is the caller's to check. */
  void validateChange(Map<String, Value> setFields, List<String> removeFields) {
    FieldPath set = FieldPath.of("set_fields");
    FieldPath remove = FieldPath.of("remove_fields");
    Check.required(
        !setFields.isEmpty() || !removeFields.isEmpty(), set, "set or remove at least one field");
    Check.countAtMost(set, setFields.size(), Limits.FIELDS_MAX, "set fewer fields");
    Check.countAtMost(remove, removeFields.size(), Limits.FIELDS_MAX, "remove fewer fields");
    validateFields(set, setFields);
    for (int i = 0; i < removeFields.size(); i++) {
      String name = removeFields.get(i);
      Check.fieldName(remove.index(i), name);
      if (setFields.containsKey(name)) {
        throw Check.refuse(
            ERROR_REASON_INVALID_NAME,
            remove.index(i),
            name,
            "not in set_fields as well",
            "is also in set_fields; either set or remove a field");
      }
    }
  }

  /**
   * What is left of {@code present} after a change that passed {@link #validateChange}: a whole
   * message.
   *
   * @param orElse what to do instead of leaving no field
   */
  Message changed(
      Message present, Map<String, Value> setFields, List<String> removeFields, String orElse) {
    Message.Builder merged = present.toBuilder().putAllFields(setFields);
    removeFields.forEach(merged::removeFields);
    Message fields = merged.build();
    Check.required(
        fields.getFieldsCount() > 0,
        FieldPath.of("remove_fields"),
        "the update would leave no field: keep one, or use " + orElse);
    validate(FieldPath.of("set_fields"), true, fields);
    return fields;
  }

  private static void validateValue(FieldPath path, String name, Value value) {
    switch (value.getKindCase()) {
      case KIND_NOT_SET ->
          Check.required(false, path.key(name), "set exactly one kind of value, or omit the field");
      case DOUBLE_VALUE -> finite(path.key(name), value.getDoubleValue());
      case GEO_POINT_VALUE -> validateGeoPoint(path.key(name), value.getGeoPointValue());
      case STRING_VALUE, INT64_VALUE, BOOL_VALUE, BYTES_VALUE, STRING_LIST_VALUE -> {}
    }
  }

  /** The operand of a comparison follows the rules of a message field. */
  static void validateOperand(FieldPath path, Value value) {
    switch (value.getKindCase()) {
      case KIND_NOT_SET -> Check.required(false, path, "set exactly one kind of value");
      case DOUBLE_VALUE -> finite(path, value.getDoubleValue());
      case GEO_POINT_VALUE -> validateGeoPoint(path, value.getGeoPointValue());
      case STRING_VALUE, INT64_VALUE, BOOL_VALUE, BYTES_VALUE, STRING_LIST_VALUE -> {}
    }
  }

  private static void validateGeoPoint(FieldPath path, GeoPoint point) {
    degrees(path.field("latitude"), point.getLatitude(), 90);
    degrees(path.field("longitude"), point.getLongitude(), 180);
  }

  private static void degrees(FieldPath path, double value, int max) {
    finite(path, value);
    if (value < -max || value > max) {
      String limit = -max + ".." + max;
      throw Check.refuse(
          io.tideline.proto.v1.ErrorReason.ERROR_REASON_OUT_OF_RANGE,
          path,
          value,
          limit,
          "is " + value + " degrees, outside " + limit + "; use WGS 84 degrees");
    }
  }

  private static void finite(FieldPath path, double value) {
    if (!Double.isFinite(value)) {
      throw Check.refuse(
          ERROR_REASON_NOT_FINITE,
          path,
          value,
          "a finite number",
          "is " + value + ", which cannot be ordered or indexed; omit the field instead");
    }
  }
}
