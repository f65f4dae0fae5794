package io.tideline.server.service;

import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_INVALID_NAME;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_OUT_OF_RANGE;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_REQUIRED;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_TOO_LARGE;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_TOO_MANY;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_UNKNOWN_ENUM_VALUE;

import com.google.common.base.Utf8;
import com.google.protobuf.ProtocolMessageEnum;
import io.tideline.proto.v1.ErrorReason;

/**
 * The single checks validators are made of; each throws a failure that names path, value and limit.
 */
final class Check {

  private Check() {}

  /**
   * A refusal.
   *
   * @param what the rest of the sentence that begins with the path: what is wrong and what to do
   */
  static FailureException refuse(
      ErrorReason reason, FieldPath path, Object value, String limit, String what) {
    String shown = Texts.shorten(String.valueOf(value), Limits.ERROR_VALUE_CHARS_MAX);
    return Failure.of(reason, path + " " + what)
        .withField(path.toString())
        .withValue(shown)
        .withLimit(limit)
        .toException();
  }

  static void required(boolean present, FieldPath path, String whatToDo) {
    if (!present) {
      throw refuse(ERROR_REASON_REQUIRED, path, "", "required", "is missing; " + whatToDo);
    }
  }

  static void range(FieldPath path, long value, long min, long max, String whatToDo) {
    if (value < min || value > max) {
      String limit = min + ".." + max;
      throw refuse(
          ERROR_REASON_OUT_OF_RANGE,
          path,
          value,
          limit,
          "is " + value + ", outside " + limit + "; " + whatToDo);
    }
  }

  static void bytes(FieldPath path, long size, long max, String whatToDo) {
    if (size > max) {
      throw refuse(
          ERROR_REASON_TOO_LARGE,
          path,
          size + " bytes",
          max + " bytes",
          "has " + size + " bytes, more than " + max + "; " + whatToDo);
    }
  }

  /** A list that must have an element and may have {@code max}. */
  static void count(FieldPath path, int count, int max, String whatToDo) {
    if (count == 0) {
      required(false, path, "give 1 to " + max);
    }
    countAtMost(path, count, max, whatToDo);
  }

  static void countAtMost(FieldPath path, int count, int max, String whatToDo) {
    if (count > max) {
      throw refuse(
          ERROR_REASON_TOO_MANY,
          path,
          count,
          Integer.toString(max),
          "has " + count + " elements, more than " + max + "; " + whatToDo);
    }
  }

  /** An enum whose unset value the contract gives a meaning. */
  static void known(FieldPath path, ProtocolMessageEnum value, int number, int max) {
    if (isUnrecognized(value)) {
      throw unknownEnum(path, number, "0.." + max);
    }
  }

  /** An enum that must be set. */
  static void knownAndSet(FieldPath path, ProtocolMessageEnum value, int number, int max) {
    if (isUnrecognized(value) || number == 0) {
      throw unknownEnum(path, number, "1.." + max);
    }
  }

  /** The name of a field of a message, of meta, of a filter or of a projection. */
  static void fieldName(FieldPath path, String name) {
    if (name.isEmpty()) {
      throw refuse(
          ERROR_REASON_INVALID_NAME,
          path,
          "",
          "1.." + Limits.FIELD_NAME_BYTES_MAX + " bytes",
          "has a field with an empty name; give it a name of 1 to "
              + Limits.FIELD_NAME_BYTES_MAX
              + " bytes");
    }
    // A char takes at most three bytes of UTF-8, so most names need no counting.
    if (name.length() * 3 > Limits.FIELD_NAME_BYTES_MAX) {
      int size = Utf8.encodedLength(name);
      if (size > Limits.FIELD_NAME_BYTES_MAX) {
        throw refuse(
            ERROR_REASON_TOO_LARGE,
            path,
            name,
            Limits.FIELD_NAME_BYTES_MAX + " bytes",
            "has a field name of "
                + size
                + " bytes, more than "
                + Limits.FIELD_NAME_BYTES_MAX
                + "; shorten it");
      }
    }
  }

  private static boolean isUnrecognized(ProtocolMessageEnum value) {
    return ((Enum<?>) value).name().equals("UNRECOGNIZED");
  }

  private static FailureException unknownEnum(FieldPath path, int number, String limit) {
    return refuse(
        ERROR_REASON_UNKNOWN_ENUM_VALUE,
        path,
        number,
        limit,
        "is "
            + number
            + ", a value this server does not know; use "
            + limit
            + ", or a newer server");
  }
}
