package io.tideline.client;

/**
 * A table file whose bytes are not what was written.
 *
 * @param file path on the node
 * @param offset of the damaged block in the file, bytes; -1 if the damage is not in a block: then
 *     every key can still be read
 * @param problem what should be there and what is there, for people
 * @param firstKey smallest key that may be affected, for people
 * @param lastKey largest key that may be affected
 */
public record TableDamage(
    String file, long offset, String problem, String firstKey, String lastKey) {}
