package io.tideline.server.log;

/**
 * Where a segment's records end.
 *
 * @param offset where the next record belongs
 * @param crc header checksum of the last record, or of the segment if it has none
 * @param syncedEnd what the last record says was durable when it was written
 */
record Tail(long offset, int crc, long syncedEnd) {}
