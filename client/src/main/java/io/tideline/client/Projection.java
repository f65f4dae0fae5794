package io.tideline.client;

import java.util.List;

/**
 * Which fields a read returns of each entry or meta.
 *
 * @param fieldNames names to return, absent ones are skipped; empty for all
 * @param idsOnly true for no content at all, only ids, times and kinds
 */
public record Projection(List<String> fieldNames, boolean idsOnly) {

  private static final Projection ALL = new Projection(List.of(), false);
  private static final Projection IDS_ONLY = new Projection(List.of(), true);

  public Projection {
    fieldNames = List.copyOf(fieldNames);
    if (idsOnly && !fieldNames.isEmpty()) {
      throw new IllegalArgumentException("ids only, yet fields " + fieldNames + "; choose one");
    }
  }

  /** Every field; the default. */
  public static Projection all() {
    return ALL;
  }

  /** No field content. */
  public static Projection noFields() {
    return IDS_ONLY;
  }

  /** Only these fields. */
  public static Projection of(String... fieldNames) {
    if (fieldNames.length == 0) {
      throw new IllegalArgumentException("no field named; use all() or noFields()");
    }
    return new Projection(List.of(fieldNames), false);
  }
}
