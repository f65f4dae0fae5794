package io.tideline.lsm.inspect;

import io.tideline.lsm.CorruptionException;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Something wrong in a file.
 *
 * @param offset byte offset in the file, -1 if it concerns the file as a whole
 * @param expected what should be there
 * @param found what is there
 */
public record Problem(Path file, long offset, String expected, String found) {

  static Problem of(Path file, IOException e) {
    return e instanceof CorruptionException c
        ? new Problem(file, c.offset(), c.expected(), c.found())
        : new Problem(file, -1, "a readable file", String.valueOf(e.getMessage()));
  }

  @Override
  public String toString() {
    String at = offset < 0 ? "" : " at offset " + offset;
    return file + at + ": expected " + expected + ", found " + found;
  }
}
