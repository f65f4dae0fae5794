package io.tideline.server.service;

import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_TOO_DEEP;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_TOO_MANY;

import io.tideline.proto.v1.Comparison;
import io.tideline.proto.v1.ComparisonOperator;
import io.tideline.proto.v1.Filter;
import io.tideline.proto.v1.Projection;
import io.tideline.proto.v1.Value;
import java.util.List;

/** Rules for filters and projections. */
final class FilterValidator {

  private static final int OPERATOR_MAX = ComparisonOperator.COMPARISON_OPERATOR_CONTAINS_VALUE;

  private final FieldPath root;
  private int conditions;

  private FilterValidator(FieldPath root) {
    this.root = root;
  }

  static void validate(FieldPath path, boolean present, Filter filter) {
    if (present) {
      new FilterValidator(path).filter(path, filter, 1);
    }
  }

  static void validate(FieldPath path, Projection projection) {
    FieldPath names = path.field("field_names");
    Check.countAtMost(
        names, projection.getFieldNamesCount(), Limits.PROJECTION_FIELDS_MAX, "name fewer fields");
    for (int i = 0; i < projection.getFieldNamesCount(); i++) {
      Check.fieldName(names.index(i), projection.getFieldNames(i));
    }
  }

  private void filter(FieldPath path, Filter filter, int depth) {
    if (depth > Limits.FILTER_DEPTH_MAX) {
      throw Check.refuse(
          ERROR_REASON_TOO_DEEP,
          root,
          "more than " + Limits.FILTER_DEPTH_MAX + " levels",
          Limits.FILTER_DEPTH_MAX + " levels",
          "is nested deeper than " + Limits.FILTER_DEPTH_MAX + " levels; flatten it");
    }
    if (++conditions > Limits.FILTER_CONDITIONS_MAX) {
      throw Check.refuse(
          ERROR_REASON_TOO_MANY,
          root,
          "more than " + Limits.FILTER_CONDITIONS_MAX,
          Integer.toString(Limits.FILTER_CONDITIONS_MAX),
          "has more than " + Limits.FILTER_CONDITIONS_MAX + " conditions; split the read");
    }
    switch (filter.getConditionCase()) {
      case COMPARISON -> comparison(path.field("comparison"), filter.getComparison());
      case AND -> list(path.field("and"), filter.getAnd().getFiltersList(), depth);
      case OR -> list(path.field("or"), filter.getOr().getFiltersList(), depth);
      case NOT -> filter(path.field("not"), filter.getNot(), depth + 1);
      case EXISTS -> Check.fieldName(path.field("exists"), filter.getExists());
      case CONDITION_NOT_SET -> Check.required(false, path, "set a condition, or omit the filter");
    }
  }

  private void list(FieldPath path, List<Filter> filters, int depth) {
    FieldPath elements = path.field("filters");
    for (int i = 0; i < filters.size(); i++) {
      filter(elements.index(i), filters.get(i), depth + 1);
    }
  }

  private static void comparison(FieldPath path, Comparison comparison) {
    Check.fieldName(path.field("field_name"), comparison.getFieldName());
    Check.knownAndSet(
        path.field("operator"),
        comparison.getOperator(),
        comparison.getOperatorValue(),
        OPERATOR_MAX);
    Check.required(comparison.hasValue(), path.field("value"), "give the value to compare with");
    MessageValidator.validateOperand(path.field("value"), comparison.getValue());
    ComparisonOperator operator = comparison.getOperator();
    if (operator == ComparisonOperator.COMPARISON_OPERATOR_PREFIX
        || operator == ComparisonOperator.COMPARISON_OPERATOR_CONTAINS) {
      Check.required(
          comparison.getValue().getKindCase() == Value.KindCase.STRING_VALUE,
          path.field("value").field("string_value"),
          "PREFIX and CONTAINS compare with a string");
    }
  }
}
