package io.tideline.server.service;

import com.google.protobuf.ByteString;
import io.tideline.proto.v1.Comparison;
import io.tideline.proto.v1.ComparisonOperator;
import io.tideline.proto.v1.Filter;
import io.tideline.proto.v1.Message;
import io.tideline.proto.v1.Value;
import java.util.Arrays;
import java.util.OptionalInt;

/** Decides whether the fields of a message or of meta meet a validated filter. */
final class FilterEvaluator {

  private FilterEvaluator() {}

  static boolean matches(Filter filter, Message fields) {
    return switch (filter.getConditionCase()) {
      case COMPARISON -> matches(filter.getComparison(), fields);
      case AND -> filter.getAnd().getFiltersList().stream().allMatch(f -> matches(f, fields));
      case OR -> filter.getOr().getFiltersList().stream().anyMatch(f -> matches(f, fields));
      case NOT -> !matches(filter.getNot(), fields);
      case EXISTS -> fields.containsFields(filter.getExists());
      case CONDITION_NOT_SET ->
          throw new IllegalArgumentException("a filter without a condition was not refused");
    };
  }

  private static boolean matches(Comparison comparison, Message fields) {
    Value operand = comparison.getValue();
    Value found = fields.getFieldsMap().get(comparison.getFieldName());
    if (found == null) {
      return false;
    }
    if (comparison.getOperator() == ComparisonOperator.COMPARISON_OPERATOR_CONTAINS) {
      return found.getKindCase() == Value.KindCase.STRING_LIST_VALUE
          && found.getStringListValue().getValuesList().contains(operand.getStringValue());
    }
    if (found.getKindCase() != operand.getKindCase()) {
      return false;
    }
    return switch (comparison.getOperator()) {
      case COMPARISON_OPERATOR_EQUAL -> areEqual(found, operand);
      case COMPARISON_OPERATOR_NOT_EQUAL -> !areEqual(found, operand);
      case COMPARISON_OPERATOR_LESS -> order(found, operand).orElse(0) < 0;
      case COMPARISON_OPERATOR_GREATER -> order(found, operand).orElse(0) > 0;
      case COMPARISON_OPERATOR_LESS_OR_EQUAL -> order(found, operand).orElse(1) <= 0;
      case COMPARISON_OPERATOR_GREATER_OR_EQUAL -> order(found, operand).orElse(-1) >= 0;
      case COMPARISON_OPERATOR_PREFIX ->
          found.getStringValue().startsWith(operand.getStringValue());
      case COMPARISON_OPERATOR_CONTAINS, COMPARISON_OPERATOR_UNSPECIFIED, UNRECOGNIZED ->
          throw new IllegalArgumentException("an unknown operator was not refused");
    };
  }

  /** Zero and minus zero are one number, unlike in a comparison of messages. */
  private static boolean areEqual(Value a, Value b) {
    return a.getKindCase() == Value.KindCase.DOUBLE_VALUE
        ? a.getDoubleValue() == b.getDoubleValue()
        : a.equals(b);
  }

  /** How two values of the same kind compare; empty for kinds without an order. */
  private static OptionalInt order(Value a, Value b) {
    return switch (a.getKindCase()) {
      case STRING_VALUE ->
          OptionalInt.of(compareCodePoints(a.getStringValue(), b.getStringValue()));
      case INT64_VALUE -> OptionalInt.of(Long.compare(a.getInt64Value(), b.getInt64Value()));
      case DOUBLE_VALUE -> OptionalInt.of(compareNumbers(a.getDoubleValue(), b.getDoubleValue()));
      case BOOL_VALUE -> OptionalInt.of(Boolean.compare(a.getBoolValue(), b.getBoolValue()));
      case BYTES_VALUE -> OptionalInt.of(compareBytes(a.getBytesValue(), b.getBytesValue()));
      case STRING_LIST_VALUE, GEO_POINT_VALUE, KIND_NOT_SET -> OptionalInt.empty();
    };
  }

  private static int compareNumbers(double a, double b) {
    return a == b ? 0 : Double.compare(a, b);
  }

  private static int compareBytes(ByteString a, ByteString b) {
    return ByteString.unsignedLexicographicalComparator().compare(a, b);
  }

  /** As their UTF-8 bytes compare, which is how every part of the system orders text. */
  private static int compareCodePoints(String a, String b) {
    return Arrays.compare(a.codePoints().toArray(), b.codePoints().toArray());
  }
}
