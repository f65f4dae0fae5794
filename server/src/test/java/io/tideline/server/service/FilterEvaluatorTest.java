package io.tideline.server.service;

import static io.tideline.server.service.Samples.number;
import static io.tideline.server.service.Samples.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.proto.v1.Comparison;
import io.tideline.proto.v1.ComparisonOperator;
import io.tideline.proto.v1.Filter;
import io.tideline.proto.v1.FilterList;
import io.tideline.proto.v1.Message;
import io.tideline.proto.v1.StringList;
import io.tideline.proto.v1.Value;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class FilterEvaluatorTest {

  private static final Message FIELDS =
      Message.newBuilder()
          .putFields("s", text("banana"))
          .putFields("n", Value.newBuilder().setInt64Value(5).build())
          .putFields("d", number(-0.0))
          .putFields("b", Value.newBuilder().setBoolValue(true).build())
          .putFields(
              "tags",
              Value.newBuilder()
                  .setStringListValue(StringList.newBuilder().addValues("red").addValues("blue"))
                  .build())
          .build();

  @ParameterizedTest
  @CsvSource({
    "EQUAL, banana, true", "EQUAL, Banana, false", "NOT_EQUAL, x, true", "NOT_EQUAL, banana, false",
    "LESS, c, true", "LESS, banana, false", "LESS_OR_EQUAL, banana, true", "GREATER, a, true",
    "GREATER, c, false", "GREATER_OR_EQUAL, banana, true", "PREFIX, ban, true", "PREFIX, an, false"
  })
  void textCompares(String operator, String operand, boolean matches) {
    assertThat(matches("s", operator, text(operand))).isEqualTo(matches);
  }

  @Test
  void absentFieldsAndOtherKindsMatchNothing() {
    for (ComparisonOperator operator : ComparisonOperator.values()) {
      if (operator.name().startsWith("COMPARISON") && !operator.name().endsWith("UNSPECIFIED")) {
        String name = operator.name().substring("COMPARISON_OPERATOR_".length());
        assertThat(matches("absent", name, text("x"))).as(name).isFalse();
        assertThat(matches("n", name, text("5"))).as(name).isFalse();
      }
    }
  }

  @Test
  void numbersCompareAsNumbers() {
    assertThat(matches("n", "GREATER", Value.newBuilder().setInt64Value(-7).build())).isTrue();
    assertThat(matches("d", "EQUAL", number(0.0))).isTrue();
    assertThat(matches("d", "LESS", number(0.0))).isFalse();
    assertThat(matches("b", "EQUAL", Value.newBuilder().setBoolValue(true).build())).isTrue();
  }

  @Test
  void listsContainAndHaveNoOrder() {
    assertThat(matches("tags", "CONTAINS", text("blue"))).isTrue();
    assertThat(matches("tags", "CONTAINS", text("green"))).isFalse();
    Value list = FIELDS.getFieldsOrThrow("tags");
    assertThat(matches("tags", "EQUAL", list)).isTrue();
    assertThat(matches("tags", "LESS_OR_EQUAL", list)).isFalse();
    assertThat(matches("tags", "GREATER_OR_EQUAL", list)).isFalse();
  }

  @Test
  void connectivesFollowLogic() {
    Filter yes = Filter.newBuilder().setExists("s").build();
    Filter no = Filter.newBuilder().setExists("absent").build();
    assertThat(FilterEvaluator.matches(and(), FIELDS)).isTrue();
    assertThat(FilterEvaluator.matches(or(), FIELDS)).isFalse();
    assertThat(FilterEvaluator.matches(and(yes, no), FIELDS)).isFalse();
    assertThat(FilterEvaluator.matches(or(yes, no), FIELDS)).isTrue();
    assertThat(FilterEvaluator.matches(Filter.newBuilder().setNot(no).build(), FIELDS)).isTrue();
  }

  private static boolean matches(String field, String operator, Value operand) {
    return FilterEvaluator.matches(
        Filter.newBuilder()
            .setComparison(
                Comparison.newBuilder()
                    .setFieldName(field)
                    .setOperator(ComparisonOperator.valueOf("COMPARISON_OPERATOR_" + operator))
                    .setValue(operand))
            .build(),
        FIELDS);
  }

  private static Filter and(Filter... filters) {
    return Filter.newBuilder().setAnd(list(filters)).build();
  }

  private static Filter or(Filter... filters) {
    return Filter.newBuilder().setOr(list(filters)).build();
  }

  private static FilterList list(Filter... filters) {
    FilterList.Builder list = FilterList.newBuilder();
    for (Filter filter : filters) {
      list.addFilters(filter);
    }
    return list.build();
  }
}
