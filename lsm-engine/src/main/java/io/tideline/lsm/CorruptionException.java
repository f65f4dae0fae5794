package io.tideline.lsm;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Bytes at rest are not what was written. Carries where, what was expected and what was found;
 * never retried, never swallowed.
 */
public final class CorruptionException extends IOException {
  private static final long serialVersionUID = 1L;

  private final transient Path file;
  private final long offset;
  private final String expected;
  private final String found;

  /**
   * @param file the damaged file
   * @param offset byte offset of the damaged structure in the file
   * @param expected what should be there, in words or a number
   * @param found what is there
   */
  public CorruptionException(Path file, long offset, String expected, String found) {
    super(
        "corrupt file "
            + file
            + " at offset "
            + offset
            + ": expected "
            + expected
            + ", found "
            + found);
    this.file = file;
    this.offset = offset;
    this.expected = expected;
    this.found = found;
  }

  public Path file() {
    return file;
  }

  public long offset() {
    return offset;
  }

  /** What should be there. */
  public String expected() {
    return expected;
  }

  /** What is there. */
  public String found() {
    return found;
  }
}
