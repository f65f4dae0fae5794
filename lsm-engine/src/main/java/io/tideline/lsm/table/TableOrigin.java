package io.tideline.lsm.table;

import java.util.UUID;

/**
 * Who wrote a table and under which number: what its header says. A table that came by a split, a
 * merge or a snapshot keeps its origin, whatever its name is in the engine that has it now.
 *
 * @param engineId the engine that wrote it; its low half seeds the table's filter
 * @param fileId the number it had there
 */
public record TableOrigin(UUID engineId, long fileId) {

  /** Seed of the hashes in the table's filter. */
  public long hashSeed() {
    return engineId.getLeastSignificantBits();
  }
}
