package io.tideline.lsm.file;

import java.util.Locale;
import java.util.OptionalLong;

/**
 * Names in an engine's directory: {@code MANIFEST}, {@code MANIFEST.tmp} while it is rewritten,
 * {@code LOCK}, {@code SCRUB} (how far verification has come), the directory {@code quarantine},
 * and tables {@code <16 hex digits of the file id>.sst}.
 */
public final class FileNames {

  public static final String MANIFEST = "MANIFEST";
  public static final String MANIFEST_TMP = "MANIFEST.tmp";
  public static final String SCRUB = "SCRUB";
  public static final String SCRUB_TMP = "SCRUB.tmp";

  /** Directory of damaged tables that are kept for study. */
  public static final String QUARANTINE = "quarantine";

  private static final String TABLE_SUFFIX = ".sst";
  private static final int ID_DIGITS = 16;

  private FileNames() {}

  public static String table(long fileId) {
    return String.format(Locale.ROOT, "%016x%s", fileId, TABLE_SUFFIX);
  }

  /** The file id in a table's name, empty if it is no such name. */
  public static OptionalLong tableId(String name) {
    if (name.length() != ID_DIGITS + TABLE_SUFFIX.length() || !name.endsWith(TABLE_SUFFIX)) {
      return OptionalLong.empty();
    }
    try {
      return OptionalLong.of(Long.parseUnsignedLong(name, 0, ID_DIGITS, 16));
    } catch (NumberFormatException e) {
      return OptionalLong.empty();
    }
  }
}
