package io.tideline.server.log;

/**
 * The header of one record, with where it was found.
 *
 * @param offset where it starts in its segment
 * @param headerCrc checksum of the header, by which the next record refers to this one
 * @param prevCrc checksum of the record before it
 * @param payloadLength bytes of payload after the header, without padding
 * @param payloadCrc checksum of payload and padding
 * @param syncedEnd up to where the segment was durable when this record was written
 * @param type what it says
 * @param tag the owner's mark on an entry
 * @param group whom it is about
 * @param index an entry's index, or the bound of a truncation
 * @param term an entry's term, or that of a vote
 */
record LogRecord(
    long offset,
    int headerCrc,
    int prevCrc,
    int payloadLength,
    int payloadCrc,
    long syncedEnd,
    RecordType type,
    int tag,
    long group,
    long index,
    long term) {

  /** Where the next record starts. */
  long end() {
    return offset + LogFormat.recordBytes(payloadLength);
  }
}
