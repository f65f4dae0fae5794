package io.tideline.tools.cli;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes, durations, counts and rates as people write and read them. */
public final class Humans {
  private static final Pattern DURATION = Pattern.compile("(\\d{1,15})(ms|s|m|h|d|w)");
  private static final Pattern SIZE =
      Pattern.compile("(\\d{1,15})\\s*(B|[KMGT]iB)?", Pattern.CASE_INSENSITIVE);
  private static final String[] SIZE_UNITS = {"B", "KiB", "MiB", "GiB", "TiB"};
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSS'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private Humans() {}

  /**
   * Reads {@code 250ms}, {@code 90s}, {@code 15m}, {@code 24h}, {@code 14d}, {@code 2w}.
   *
   * @throws IllegalArgumentException if {@code text} has another form or is too long
   */
  public static Duration parseDuration(String text) {
    Matcher matcher = DURATION.matcher(text.strip());
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "duration '" + text + "' must be a number with ms, s, m, h, d or w, for example 14d");
    }
    long number = Long.parseLong(matcher.group(1));
    long unitMillis =
        switch (matcher.group(2)) {
          case "ms" -> 1L;
          case "s" -> 1_000L;
          case "m" -> 60_000L;
          case "h" -> 3_600_000L;
          case "d" -> 86_400_000L;
          default -> 604_800_000L;
        };
    try {
      return Duration.ofMillis(Math.multiplyExact(number, unitMillis));
    } catch (ArithmeticException tooLong) {
      throw new IllegalArgumentException("duration '" + text + "' is too long", tooLong);
    }
  }

  /**
   * Reads {@code 512}, {@code 64KiB}, {@code 8GiB}; powers of 1,024.
   *
   * @throws IllegalArgumentException if {@code text} has another form or is too large
   */
  public static long parseSize(String text) {
    Matcher matcher = SIZE.matcher(text.strip());
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "size '" + text + "' must be a number with B, KiB, MiB, GiB or TiB, for example 64MiB");
    }
    String unit = matcher.group(2) == null ? "B" : matcher.group(2);
    long bytes = Long.parseLong(matcher.group(1));
    for (String step : SIZE_UNITS) {
      if (step.equalsIgnoreCase(unit)) {
        return bytes;
      }
      try {
        bytes = Math.multiplyExact(bytes, 1024L);
      } catch (ArithmeticException tooLarge) {
        throw new IllegalArgumentException("size '" + text + "' is too large", tooLarge);
      }
    }
    throw new AssertionError("unit not in the pattern: " + unit);
  }

  /** For example {@code 1.4 MiB}. */
  public static String size(long bytes) {
    double value = bytes;
    int unit = 0;
    while (value >= 1024 && unit < SIZE_UNITS.length - 1) {
      value /= 1024;
      unit++;
    }
    return unit == 0
        ? bytes + " B"
        : String.format(Locale.ROOT, value < 10 ? "%.1f %s" : "%.0f %s", value, SIZE_UNITS[unit]);
  }

  /**
   * For example {@code 340 ms}, {@code 4.2 s}, {@code 3 min 05 s}, {@code 2 h 07 min}, {@code 14
   * d}.
   */
  public static String duration(Duration duration) {
    long millis = duration.toMillis();
    if (millis < 1_000) {
      return millis + " ms";
    }
    if (millis < 60_000) {
      return String.format(Locale.ROOT, "%.1f s", millis / 1_000.0);
    }
    long seconds = millis / 1_000;
    if (seconds < 3_600) {
      return String.format(Locale.ROOT, "%d min %02d s", seconds / 60, seconds % 60);
    }
    if (seconds < 86_400) {
      return String.format(Locale.ROOT, "%d h %02d min", seconds / 3_600, seconds / 60 % 60);
    }
    long hours = seconds / 3_600 % 24;
    return seconds / 86_400 + " d" + (hours == 0 ? "" : " " + hours + " h");
  }

  /** Milliseconds with as many digits as carry meaning, for latencies: {@code 0.31 ms}. */
  public static String latency(double millis) {
    return String.format(Locale.ROOT, millis < 10 ? "%.2f ms" : "%.1f ms", millis);
  }

  /** For example {@code 239,087}. */
  public static String count(long count) {
    return String.format(Locale.ROOT, "%,d", count);
  }

  /** Things per second, for example {@code 12,345/s}. */
  public static String rate(double perSecond) {
    return String.format(Locale.ROOT, perSecond < 100 ? "%.1f/s" : "%,.0f/s", perSecond);
  }

  /** UTC with milliseconds, for example {@code 2026-11-22 13:45:00.250Z}. */
  public static String time(long epochMillis) {
    return TIME.format(Instant.ofEpochMilli(epochMillis));
  }
}
