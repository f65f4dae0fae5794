package io.tideline.tools.bench.engine;

import java.util.OptionalDouble;

/**
 * How fast rows arrive in the paced rounds of a cell: not at all, at a rate given, or at a share of
 * what the slowest system of the cell sustained.
 *
 * @param rowsPerSecond rows a second; 0 for no paced rounds, {@link #CALIBRATED} to measure first
 */
record Pace(double rowsPerSecond) {
  /** Of what the slowest system sustains: busy, and able to make up for a pause. */
  static final double CALIBRATED_SHARE = 0.5;

  private static final double CALIBRATED_MARK = -1;
  private static final double MICROS_PER_SECOND = 1e6;

  /** No paced rounds. */
  static final Pace NONE = new Pace(0);

  /** {@link #CALIBRATED_SHARE} of the rate at which the slowest system appended to quiescence. */
  static final Pace CALIBRATED = new Pace(CALIBRATED_MARK);

  /**
   * Reads {@code auto}, {@code none} or a number of rows a second.
   *
   * @throws IllegalArgumentException if it is none of them
   */
  static Pace parse(String text) {
    if (text.equals("auto")) {
      return CALIBRATED;
    }
    if (text.equals("none")) {
      return NONE;
    }
    try {
      int rate = Integer.parseInt(text);
      if (rate >= 1) {
        return new Pace(rate);
      }
    } catch (NumberFormatException malformed) {
      throw new IllegalArgumentException(refusal(text), malformed);
    }
    throw new IllegalArgumentException(refusal(text));
  }

  private static String refusal(String text) {
    return "--rate " + text + " is neither auto nor none nor a number of rows a second above 0";
  }

  /**
   * The rate for all systems of a cell, rows a second; empty if there are to be no paced rounds.
   *
   * @param cell with the rounds that appended as fast as possible
   */
  OptionalDouble rate(Cell cell) {
    if (rowsPerSecond == 0) {
      return OptionalDouble.empty();
    }
    if (rowsPerSecond > 0) {
      return OptionalDouble.of(rowsPerSecond);
    }
    return cell.samples().values().stream()
        .mapToDouble(samples -> samples.median("append.wall_us").orElseThrow())
        .max()
        .stream()
        .map(slowestMicros -> CALIBRATED_SHARE * MICROS_PER_SECOND / slowestMicros)
        .findFirst();
  }
}
