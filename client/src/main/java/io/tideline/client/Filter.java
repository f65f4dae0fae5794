package io.tideline.client;

import java.util.List;

/**
 * A condition on the fields of an entry or of meta, evaluated by the server.
 *
 * <pre>{@code
 * Filter.and(Filter.equal("type", "image"), Filter.not(Filter.exists("deleted")))
 * }</pre>
 *
 * <p>Operands are given as a {@link Value} or as a String, integer, double, boolean, byte[] or
 * {@link GeoPoint}. A comparison does not match if the field is absent or of another kind than the
 * value. The server allows 10 levels of nesting.
 */
public sealed interface Filter {

  static Filter equal(String field, Object value) {
    return new Comparison(field, Operator.EQUAL, Values.of(value));
  }

  static Filter notEqual(String field, Object value) {
    return new Comparison(field, Operator.NOT_EQUAL, Values.of(value));
  }

  static Filter less(String field, Object value) {
    return new Comparison(field, Operator.LESS, Values.of(value));
  }

  static Filter lessOrEqual(String field, Object value) {
    return new Comparison(field, Operator.LESS_OR_EQUAL, Values.of(value));
  }

  static Filter greater(String field, Object value) {
    return new Comparison(field, Operator.GREATER, Values.of(value));
  }

  static Filter greaterOrEqual(String field, Object value) {
    return new Comparison(field, Operator.GREATER_OR_EQUAL, Values.of(value));
  }

  /** A text field that begins with this. */
  static Filter prefix(String field, String prefix) {
    return new Comparison(field, Operator.PREFIX, Value.of(prefix));
  }

  /** A string-list field that contains this. */
  static Filter contains(String field, String element) {
    return new Comparison(field, Operator.CONTAINS, Value.of(element));
  }

  static Filter exists(String field) {
    return new Exists(field);
  }

  /** All must hold; none holds. */
  static Filter and(Filter... filters) {
    return new And(List.of(filters));
  }

  /** At least one must hold; none does not hold. */
  static Filter or(Filter... filters) {
    return new Or(List.of(filters));
  }

  static Filter not(Filter filter) {
    return new Not(filter);
  }

  /** How a field is compared with a value of the same kind. */
  enum Operator {
    EQUAL,
    NOT_EQUAL,
    LESS,
    LESS_OR_EQUAL,
    GREATER,
    GREATER_OR_EQUAL,
    PREFIX,
    CONTAINS
  }

  /** Compares one field. */
  record Comparison(String field, Operator operator, Value value) implements Filter {}

  /** Holds if the field is present. */
  record Exists(String field) implements Filter {}

  /** All must hold. */
  record And(List<Filter> filters) implements Filter {
    public And {
      filters = List.copyOf(filters);
    }
  }

  /** One must hold. */
  record Or(List<Filter> filters) implements Filter {
    public Or {
      filters = List.copyOf(filters);
    }
  }

  /** Must not hold. */
  record Not(Filter filter) implements Filter {}
}
