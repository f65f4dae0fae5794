package io.tideline.server.config;

import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How the text of a value is read. */
enum ConfigType {
  TEXT("text", "", Map.of()),
  NUMBER("a whole number", "", Map.of()),
  BYTES("a number of bytes, for example 1048576, 64KiB or 1MiB", " bytes", Units.BYTES),
  AUTO_BYTES(
      "a number of bytes, for example 268435456 or 256MiB, or 0 for automatic",
      " bytes, or 0 for automatic",
      Units.BYTES),
  MILLIS("a time in milliseconds, for example 5000, 5s or 24h", " ms", Units.MILLIS);

  /** Suffixes that multiply. */
  private static final class Units {
    static final Map<String, Long> BYTES =
        Map.of("kib", 1L << 10, "mib", 1L << 20, "gib", 1L << 30, "tib", 1L << 40);
    static final Map<String, Long> MILLIS =
        Map.of("ms", 1L, "s", 1_000L, "m", 60_000L, "h", 3_600_000L, "d", 86_400_000L);
  }

  private static final Pattern FORM = Pattern.compile("(-?[0-9]{1,18}) ?([A-Za-z]*)");

  private final String description;
  private final String unit;
  private final Map<String, Long> units;

  ConfigType(String description, String unit, Map<String, Long> units) {
    this.description = description;
    this.unit = unit;
    this.units = units;
  }

  /** For messages: what a value looks like. */
  String description() {
    return description;
  }

  /** For messages: what stands behind a number. */
  String unit() {
    return unit;
  }

  /**
   * The number of the text, in the type's smallest unit.
   *
   * @throws NumberFormatException if it is none
   */
  long parse(String text) {
    Matcher matcher = FORM.matcher(text.replace("_", ""));
    if (!matcher.matches()) {
      throw new NumberFormatException(text);
    }
    long number = Long.parseLong(matcher.group(1));
    String suffix = matcher.group(2).toLowerCase(Locale.ROOT);
    Long factor = suffix.isEmpty() ? Long.valueOf(1) : units.get(suffix);
    if (factor == null) {
      throw new NumberFormatException(text);
    }
    try {
      return Math.multiplyExact(number, factor);
    } catch (ArithmeticException e) {
      throw new NumberFormatException(text);
    }
  }
}
