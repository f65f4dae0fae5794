package io.tideline.server.service;

import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_IDENTIFIER_ARITY;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_IDENTIFIER_TYPE;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_TOO_LARGE;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.tideline.manager.IdentifierField;
import io.tideline.manager.IdentifierType;
import io.tideline.proto.v1.TimelineId;
import io.tideline.server.identifier.IdentifierCodec;
import io.tideline.server.identifier.IdentifierTooLargeException;
import io.tideline.server.identifier.IdentifierValue;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Between the contract's identifiers and encoded ones, checked against a store's schema. */
final class Identifiers {

  private Identifiers() {}

  /** The encoded form of a whole identifier. */
  static byte[] encode(
      FieldPath path, boolean present, TimelineId timeline, List<IdentifierField> schema) {
    if (!present || timeline.getFieldsCount() == 0) {
      Check.required(false, path, "give " + describe(schema));
    }
    if (timeline.getFieldsCount() != schema.size()) {
      throw wrongArity(path, timeline.getFieldsCount(), schema, describe(schema));
    }
    List<IdentifierValue> fields = toValues(path.field("fields"), timeline.getFieldsList(), schema);
    try {
      return IdentifierCodec.encode(fields);
    } catch (IdentifierTooLargeException e) {
      throw tooLarge(path, e);
    }
  }

  /** The encoded form of the leading fields of identifiers. */
  static byte[] encodePrefix(
      FieldPath path,
      List<io.tideline.proto.v1.IdentifierValue> prefix,
      List<IdentifierField> schema) {
    if (prefix.size() > schema.size()) {
      throw wrongArity(path, prefix.size(), schema, "at most " + describe(schema));
    }
    try {
      return IdentifierCodec.encodePrefix(toValues(path, prefix, schema));
    } catch (IdentifierTooLargeException e) {
      throw tooLarge(path, e);
    }
  }

  /** The contract's form of an encoded identifier. */
  static TimelineId decode(byte[] key) {
    TimelineId.Builder timeline = TimelineId.newBuilder();
    for (IdentifierValue value : IdentifierCodec.decode(key)) {
      timeline.addFields(toProto(value));
    }
    return timeline.build();
  }

  private static io.tideline.proto.v1.IdentifierValue toProto(IdentifierValue value) {
    var field = io.tideline.proto.v1.IdentifierValue.newBuilder();
    return switch (value) {
      case IdentifierValue.Text text -> field.setStringValue(text.value()).build();
      case IdentifierValue.Int64 number -> field.setInt64Value(number.value()).build();
      case IdentifierValue.Bytes bytes ->
          field.setBytesValue(UnsafeByteOperations.unsafeWrap(bytes.value())).build();
    };
  }

  private static List<IdentifierValue> toValues(
      FieldPath path,
      List<io.tideline.proto.v1.IdentifierValue> fields,
      List<IdentifierField> schema) {
    List<IdentifierValue> values = new ArrayList<>(fields.size());
    for (int i = 0; i < fields.size(); i++) {
      values.add(toValue(path, i, fields.get(i), schema.get(i)));
    }
    return values;
  }

  private static IdentifierValue toValue(
      FieldPath path,
      int index,
      io.tideline.proto.v1.IdentifierValue field,
      IdentifierField expected) {
    IdentifierType given =
        switch (field.getKindCase()) {
          case STRING_VALUE -> IdentifierType.STRING;
          case INT64_VALUE -> IdentifierType.INT64;
          case BYTES_VALUE -> IdentifierType.BYTES;
          case KIND_NOT_SET -> {
            Check.required(false, path.index(index), "give the " + describe(expected));
            throw new AssertionError("an unset kind was accepted");
          }
        };
    if (given != expected.type()) {
      throw Check.refuse(
          ERROR_REASON_IDENTIFIER_TYPE,
          path.index(index),
          given,
          expected.type().toString(),
          "has type " + given + " where the store's schema has the " + describe(expected));
    }
    return switch (given) {
      case STRING -> {
        Check.required(
            !field.getStringValue().isEmpty(),
            path.index(index),
            "an identifier text is not empty");
        yield new IdentifierValue.Text(field.getStringValue());
      }
      case INT64 -> new IdentifierValue.Int64(field.getInt64Value());
      case BYTES -> {
        ByteString bytes = field.getBytesValue();
        Check.required(!bytes.isEmpty(), path.index(index), "identifier bytes are not empty");
        yield new IdentifierValue.Bytes(bytes.toByteArray());
      }
    };
  }

  private static FailureException wrongArity(
      FieldPath path, int count, List<IdentifierField> schema, String what) {
    return Check.refuse(
        ERROR_REASON_IDENTIFIER_ARITY,
        path,
        count + " fields",
        schema.size() + " fields",
        "has " + count + " fields; give " + what);
  }

  private static FailureException tooLarge(FieldPath path, IdentifierTooLargeException e) {
    return Check.refuse(
        ERROR_REASON_TOO_LARGE,
        path,
        e.encodedBytes() + " bytes",
        Limits.IDENTIFIER_BYTES_MAX + " bytes",
        "encodes to "
            + e.encodedBytes()
            + " bytes, more than "
            + Limits.IDENTIFIER_BYTES_MAX
            + "; use shorter identifiers");
  }

  private static String describe(List<IdentifierField> schema) {
    return schema.size()
        + " fields, ("
        + schema.stream().map(Identifiers::describe).collect(Collectors.joining(", "))
        + ")";
  }

  private static String describe(IdentifierField field) {
    return field.type() + " " + field.name();
  }
}
