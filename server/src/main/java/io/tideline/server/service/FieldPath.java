package io.tideline.server.service;

import org.jspecify.annotations.Nullable;

/**
 * Where in a request a value stands, written as the contract writes it: {@code
 * items[3].message.fields["text"]}. Built as validators descend; spelled out only when something is
 * wrong.
 */
final class FieldPath {

  /** The request itself. */
  static final FieldPath ROOT = new FieldPath(null, "");

  /** Longest map key repeated in a path; keys are the caller's and may be as long as they like. */
  private static final int KEY_CHARS_MAX = 64;

  private final @Nullable FieldPath parent;
  private final String step;

  private FieldPath(@Nullable FieldPath parent, String step) {
    this.parent = parent;
    this.step = step;
  }

  static FieldPath of(String field) {
    return ROOT.field(field);
  }

  FieldPath field(String name) {
    return new FieldPath(this, parent == null ? name : "." + name);
  }

  FieldPath index(int index) {
    return new FieldPath(this, "[" + index + "]");
  }

  FieldPath key(String key) {
    return new FieldPath(this, "[\"" + Texts.shorten(key, KEY_CHARS_MAX) + "\"]");
  }

  @Override
  public String toString() {
    return parent == null ? step : parent + step;
  }
}
