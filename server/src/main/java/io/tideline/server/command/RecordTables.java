package io.tideline.server.command;

/** Which record table of a partition's engine holds what. On disk, never renumbered. */
public final class RecordTables {

  /** Message keys seen lately: (timeline, message key) to the first result. */
  public static final int DEDUP = 0;

  /** Meta by timeline: encoded identifier to {@link MetaRecord}. */
  public static final int META = 1;

  /** What the partition knows of itself, under fixed keys. */
  public static final int PARTITION = 2;

  /** The catalog's stores and partitions; only in partition 0. */
  public static final int CATALOG = 3;

  /** How far readers have come: (timeline, reader) to {@link CursorRecord}. */
  public static final int CURSOR = 4;

  /** What was written to timelines since the last look at what they keep. */
  public static final int RETENTION = 5;

  private RecordTables() {}
}
