package io.tideline.server.command;

/**
 * What a partition knows of itself: its options, and how far back message keys are remembered after
 * the dedup window was changed. One record in {@link RecordTables#PARTITION}.
 *
 * @param options in force
 * @param agingWindowMillis smallest window under which keys that are still alive may have been
 *     written before {@code changedAtMillis}
 * @param changedAtMillis when the window was last changed, 0 if never
 */
record PartitionState(PartitionOptions options, long agingWindowMillis, long changedAtMillis) {

  static final byte[] RECORD_KEY = {1};

  private static final int VERSION = 1;

  static PartitionState initial(PartitionOptions options) {
    return new PartitionState(options, options.dedupWindowMillis(), 0);
  }

  /** The state after {@code newOptions} came into force at {@code now}. */
  PartitionState with(PartitionOptions newOptions, long now) {
    if (newOptions.sequenceMode() != options.sequenceMode()) {
      throw new IllegalStateException(
          "sequence mode cannot change from "
              + options.sequenceMode()
              + " to "
              + newOptions.sequenceMode());
    }
    if (newOptions.dedupWindowMillis() == options.dedupWindowMillis()) {
      return new PartitionState(newOptions, agingWindowMillis, changedAtMillis);
    }
    boolean stillAging = now - agingWindowMillis < changedAtMillis;
    long aging =
        stillAging
            ? Math.min(agingWindowMillis, options.dedupWindowMillis())
            : options.dedupWindowMillis();
    return new PartitionState(newOptions, aging, now);
  }

  /**
   * Keys of appends at or after this time are remembered at {@code now}, for certain. A key written
   * before the window grew still expires under the smaller window, hence the second bound.
   */
  long dedupSinceMillis(long now) {
    long byWindow = now - options.dedupWindowMillis();
    long byAging = Math.min(changedAtMillis, now - agingWindowMillis);
    return Math.max(0, Math.max(byWindow, byAging));
  }

  /** Rows older than this are expired at {@code now}; 0 if none are. */
  long expireBeforeMillis(long now) {
    return options.ttlMillis() == 0 ? 0 : Math.max(0, now - options.ttlMillis());
  }

  static PartitionState decode(byte[] bytes) throws FormatException {
    BinaryReader in = new BinaryReader(bytes);
    int version = in.readByte();
    if (version != VERSION) {
      throw new FormatException(
          "partition record version " + version + " is unknown, this program reads " + VERSION);
    }
    try {
      PartitionState state =
          new PartitionState(CommandFormat.readOptions(in), in.readLong(), in.readLong());
      in.expectEnd();
      return state;
    } catch (IllegalArgumentException e) {
      FormatException wrapped = new FormatException("partition record: " + e.getMessage());
      wrapped.initCause(e);
      throw wrapped;
    }
  }

  /** Version u8, the options as in SET_OPTIONS, then the two numbers as i64. */
  byte[] encode() {
    BinaryWriter out = new BinaryWriter().putByte(VERSION);
    CommandFormat.writeOptions(out, options);
    return out.putLong(agingWindowMillis).putLong(changedAtMillis).toByteArray();
  }
}
