package io.tideline.server.service;

import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_NOT_FINITE;

import io.tideline.proto.v1.GeoPoint;
import io.tideline.proto.v1.Message;
import io.tideline.proto.v1.Value;
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
