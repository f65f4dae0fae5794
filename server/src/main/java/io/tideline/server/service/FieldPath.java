package io.tideline.server.service;

import org.jspecify.annotations.Nullable;

/**
 * Where in a request a value stands, written as the contract writes it: {@code
 * items[3].message.fields["text"]}. Built as validators descend; spelled out only when something is
 * wrong.
 */
final class FieldPath {

  private static final int NO_INDEX = -1;

  /** The request itself. */
  static final FieldPath ROOT = new FieldPath(null, "", NO_INDEX);

  /** Longest map key repeated in a path; keys are the caller's and may be as long as they like. */
  private static final int KEY_CHARS_MAX = 64;

  private final @Nullable FieldPath parent;
  private final String step;
  private final int index;

  private FieldPath(@Nullable FieldPath parent, String step, int index) {
    this.parent = parent;
    this.step = step;
    this.index = index;
  }

  static FieldPath of(String field) {
    return ROOT.field(field);
  }

  FieldPath field(String name) {
    return new FieldPath(this, name, NO_INDEX);
  }

  FieldPath index(int index) {
    return new FieldPath(this, "", index);
  }

  FieldPath key(String key) {
    return new FieldPath(this, "[\"" + Texts.shorten(key, KEY_CHARS_MAX) + "\"]", NO_INDEX);
  }

  @Override
  public String toString() {
    if (parent == null) {
      return step;
    }
    if (index != NO_INDEX) {
      return parent + "[" + index + "]";
    }
    // No field's name begins with a bracket; keys do.
    return parent.parent == null || step.startsWith("[") ? parent + step : parent + "." + step;
  }
}
