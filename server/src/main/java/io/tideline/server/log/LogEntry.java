package io.tideline.server.log;

/**
 * One entry of a group's log. Its index is where it stands, so it is not repeated here.
 *
 * @param term the term it was proposed in
 * @param tag 0 for ordinary entries, 1..255 for entries the owner wants to find again without
 *     reading the whole log (configuration changes); see {@link LogGroup#taggedIndexes}
 * @param payload opaque bytes; the log keeps a reference, so nobody may change them afterwards
 */
@SuppressWarnings("ArrayRecordComponent") // Entries are moved, never compared.
public record LogEntry(long term, int tag, byte[] payload) {

  public LogEntry {
    if (tag < 0 || tag > 255) {
      throw new IllegalArgumentException("tag " + tag + " is outside 0..255");
    }
  }
}
