package io.tideline.server.command;

/** What a {@link Command.PutMeta} gave. */
public sealed interface PutMetaResult extends MetaResult {

  /** The meta is what was put. */
  record Done(long revision, long version, long updateTimeMillis) implements PutMetaResult {}

  /**
   * The expected version is not in force; nothing changed.
   *
   * @param version the version in force, {@link Command.PutMeta#ABSENT} if there is no meta
   * @param revision its revision, 0 if there is no meta
   */
  record Conflict(long version, long revision) implements PutMetaResult {}
}
