package io.tideline.tools.bench.engine;

import java.util.Locale;
import java.util.Map;

/**
 * CPU time per append, a million rows at a time: shows whether appends get dearer as a store grows.
 * Background work counts where it happens, so single millions swing.
 *
 * <p>Threading: confined to one thread.
 */
final class MillionMeter {
  /** Figures are named with this, the number of the million in two digits, and {@link #SUFFIX}. */
  static final String PREFIX = "append.million_";

  static final String SUFFIX = "_cpu_us";

  private static final int MILLION = 1_000_000;
  private static final double NANOS_PER_MICRO = 1_000;

  private final CpuClock clock = new CpuClock();
  private final Map<String, Double> figures;
  private int finished;
  private long startNanos = clock.processNanos();

  MillionMeter(Map<String, Double> figures) {
    this.figures = figures;
  }

  /** To be told after each batch how many rows there are. */
  void applied(int rows) {
    if (rows / MILLION > finished) {
      long now = clock.processNanos();
      finished++;
      figures.put(name(finished), (now - startNanos) / NANOS_PER_MICRO / MILLION);
      startNanos = now;
    }
  }

  /** The figure of a million, counted from 1. */
  static String name(int million) {
    return String.format(Locale.ROOT, "%s%02d%s", PREFIX, million, SUFFIX);
  }

  /** How people call it: {@code million 7}. */
  static String title(String name) {
    String number = name.substring(PREFIX.length(), name.length() - SUFFIX.length());
    return "million " + Integer.parseInt(number);
  }
}
