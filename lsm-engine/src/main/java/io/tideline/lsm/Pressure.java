package io.tideline.lsm;

/**
 * How full the engine is, for admission control before anything enters the log.
 *
 * @param level what the caller should do
 * @param reason which resource is filling up; {@link Reason#NONE} at level NONE
 * @param fill share of the resource in use, 0.0 to 1.0 or above
 */
public record Pressure(Level level, Reason reason, double fill) {

  /** Nothing is filling up. */
  public static final Pressure NONE = new Pressure(Level.NONE, Reason.NONE, 0);

  /** What the caller should do with new writes. */
  public enum Level {
    NONE,
    /** Slow writers down in proportion to {@link Pressure#fill}. */
    DELAY,
    /** Refuse new writes until the pressure falls. */
    REFUSE
  }

  /** The resource that is filling up. */
  public enum Reason {
    NONE,
    /** The process-wide memtable memory. */
    MEMTABLE_POOL,
    /** The owner's log that waits for flushes ({@link Engine#unflushedLogBytes}). */
    LOG_BACKLOG,
    /** Too many runs wait for compaction. */
    RUN_COUNT,
    /** The disk has too little space left. */
    DISK_SPACE
  }
}
