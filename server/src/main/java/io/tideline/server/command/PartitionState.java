package io.tideline.server.command;

/**
 * What a partition knows of itself: its options, and how far back message keys are remembered after
 * the dedup window was changed. One record in {@link RecordTables#PARTITION}.
 *
 * @param options in force
 * @param agingWindowMillis smallest window under which keys that are still alive may have been
 *     written before {@code changedAtMillis}
 * @param changedAtMillis just after the window was last changed, 0 if never
 * @param floorMillis keys of appends before this time may have been forgotten under earlier windows
 * @param retentionSince log index of the entry that last changed what timelines keep; 0 while they
 *     keep any number of entries
 */
record PartitionState(
    PartitionOptions options,
    long agingWindowMillis,
    long changedAtMillis,
    long floorMillis,
    long retentionSince) {

  static final byte[] RECORD_KEY = {1};

  /** Of stores without retention. */
  private static final int VERSION_FIRST = 1;

  /** Added what timelines keep, and since when. */
  private static final int VERSION = 2;

  /**
   * The state after a partition got its first options.
   *
   * @param logIndex of the entry that gave them
   */
  static PartitionState initial(PartitionOptions options, long logIndex) {
    return new PartitionState(
        options, options.dedupWindowMillis(), 0, 0, options.hasRetention() ? logIndex : 0);
  }

  /**
   * The state after {@code newOptions} came into force at {@code now}.
   *
   * @param logIndex of the entry that gave them
   */
  PartitionState with(PartitionOptions newOptions, long now, long logIndex) {
    if (newOptions.sequenceMode() != options.sequenceMode()) {
      throw new IllegalStateException(
          "sequence mode cannot change from "
              + options.sequenceMode()
              + " to "
              + newOptions.sequenceMode());
    }
    long keptSince =
        !newOptions.hasRetention()
            ? 0
            : newOptions.hasRetentionOf(options) ? retentionSince : logIndex;
    if (newOptions.dedupWindowMillis() == options.dedupWindowMillis()) {
      return new PartitionState(
          newOptions, agingWindowMillis, changedAtMillis, floorMillis, keptSince);
    }
    boolean stillAging = now - agingWindowMillis < changedAtMillis;
    long aging =
        stillAging
            ? Math.min(agingWindowMillis, options.dedupWindowMillis())
            : options.dedupWindowMillis();
    // Keys of this very millisecond may have been written under the old window.
    return new PartitionState(newOptions, aging, now + 1, dedupSinceMillis(now), keptSince);
  }

  /**
   * Keys of appends at or after this time are remembered at {@code now}, for certain. A key written
   * before the window grew still expires under the smaller window, hence the second bound.
   */
  long dedupSinceMillis(long now) {
    long byWindow = now - options.dedupWindowMillis();
    long byAging = Math.min(changedAtMillis, now - agingWindowMillis);
    return Math.max(floorMillis, Math.max(byWindow, byAging));
  }

  /** Rows older than this are expired at {@code now}; 0 if none are. */
  long expireBeforeMillis(long now) {
    return options.ttlMillis() == 0 ? 0 : Math.max(0, now - options.ttlMillis());
  }

  static PartitionState decode(byte[] bytes) throws FormatException {
    BinaryReader in = new BinaryReader(bytes);
    int version = in.readByte();
    if (version < VERSION_FIRST || version > VERSION) {
      throw new FormatException(
          "partition record version "
              + version
              + " is unknown, this program reads 1 to "
              + VERSION);
    }
    try {
      boolean retention = version > VERSION_FIRST;
      PartitionState state =
          new PartitionState(
              CommandFormat.readOptions(in, retention),
              in.readLong(),
              in.readLong(),
              in.readLong(),
              retention ? in.readLong() : 0);
      in.expectEnd();
      return state;
    } catch (IllegalArgumentException e) {
      FormatException wrapped = new FormatException("partition record: " + e.getMessage());
      wrapped.initCause(e);
      throw wrapped;
    }
  }

  /**
   * Version u8, the options as in SET_OPTIONS or SET_RETENTION_OPTIONS, then the numbers as i64.
   */
  byte[] encode() {
    boolean retention = options.hasRetention();
    BinaryWriter out = new BinaryWriter().putByte(retention ? VERSION : VERSION_FIRST);
    CommandFormat.writeOptions(out, options);
    out.putLong(agingWindowMillis).putLong(changedAtMillis).putLong(floorMillis);
    if (retention) {
      out.putLong(retentionSince);
    }
    return out.toByteArray();
  }
}
