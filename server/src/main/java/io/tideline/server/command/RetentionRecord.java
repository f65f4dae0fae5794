package io.tideline.server.command;

/**
 * What was written to a timeline since the last look at what it keeps. One record per timeline in
 * {@link RecordTables#RETENTION}.
 *
 * @param since the {@link PartitionState#retentionSince} of that look; under another one the
 *     numbers mean nothing
 * @param rows written since
 * @param valueBytes of the values written since
 */
record RetentionRecord(long since, long rows, long valueBytes) {

  private static final int VERSION = 1;

  /** Version u8, then the numbers as i64. */
  byte[] encode() {
    return new BinaryWriter()
        .putByte(VERSION)
        .putLong(since)
        .putLong(rows)
        .putLong(valueBytes)
        .toByteArray();
  }

  static RetentionRecord decode(byte[] bytes) throws FormatException {
    BinaryReader in = new BinaryReader(bytes);
    int version = in.readByte();
    if (version != VERSION) {
      throw new FormatException(
          "retention record version " + version + " is unknown, this program reads " + VERSION);
    }
    RetentionRecord record = new RetentionRecord(in.readLong(), in.readLong(), in.readLong());
    in.expectEnd();
    return record;
  }
}
