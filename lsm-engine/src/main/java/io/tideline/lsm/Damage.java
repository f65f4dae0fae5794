package io.tideline.lsm;

import java.nio.file.Path;

/**
 * A table whose bytes are not what was written, as far as is known.
 *
 * @param file the table in the engine's directory; another name of it is kept in {@code
 *     quarantine/}
 * @param offset of the damaged block in the file, -1 if the damage is not in a block
 * @param block number of the damaged block from 0, -1 if it is not in a block: then every key can
 *     still be read, for what else a table has was verified when it was opened
 * @param expected what should be there
 * @param found what is there
 * @param firstKey smallest key that may be affected, in words: {@code timeline 6162} or {@code
 *     record 3 6162}, in hex
 * @param lastKey largest key that may be affected
 */
public record Damage(
    Path file,
    long offset,
    int block,
    String expected,
    String found,
    String firstKey,
    String lastKey) {

  /** As an exception, to fail with. */
  CorruptionException asException() {
    return new CorruptionException(file, Math.max(0, offset), expected, found);
  }

  @Override
  public String toString() {
    return file
        + (block < 0 ? "" : " block " + block + " at offset " + offset)
        + ": expected "
        + expected
        + ", found "
        + found
        + "; keys from "
        + firstKey
        + " to "
        + lastKey;
  }
}
