package io.tideline.tools.cli;

/** Who reads the result. */
public enum OutputFormat {
  /** A person: aligned columns, units, colour on a terminal. May change between versions. */
  TABLE,
  /** A program: one JSON object, or one per line for lists. Fields are only ever added. */
  JSON;

  /** As typed on the command line. */
  @Override
  public String toString() {
    return name().toLowerCase(java.util.Locale.ROOT);
  }
}
