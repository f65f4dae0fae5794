package io.tideline.client;

/** Turns the Java types that callers have at hand into {@link Value}s. */
final class Values {

  private Values() {}

  /**
   * The value of a Java object.
   *
   * @throws IllegalArgumentException if no value has this type
   */
  static Value of(Object object) {
    if (object instanceof Value value) {
      return value;
    }
    if (object instanceof String text) {
      return Value.of(text);
    }
    if (object instanceof Long || object instanceof Integer || object instanceof Short) {
      return Value.of(((Number) object).longValue());
    }
    if (object instanceof Double || object instanceof Float) {
      return Value.of(((Number) object).doubleValue());
    }
    if (object instanceof Boolean bool) {
      return Value.of(bool.booleanValue());
    }
    if (object instanceof byte[] bytes) {
      return Value.of(bytes);
    }
    if (object instanceof GeoPoint point) {
      return Value.of(point);
    }
    throw new IllegalArgumentException(
        "a value is a "
            + object.getClass().getName()
            + "; give a String, integer, double, boolean, byte[], GeoPoint or Value");
  }
}
