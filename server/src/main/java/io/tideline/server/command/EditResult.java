package io.tideline.server.command;

/**
 * What a {@link Command.ReplaceEntry} or {@link Command.DeleteEntry} gave. Everything but {@link
 * Done} changed nothing.
 */
public sealed interface EditResult extends CommandResult {

  /**
   * The entry is changed or gone.
   *
   * @param changeSequenceId id of the announcement, 0 if there is none
   */
  record Done(long changeSequenceId) implements EditResult {}

  /** No entry of this id is readable: never given, deleted, expired or trimmed. */
  record Missing() implements EditResult {}

  /** The content is not the expected one. */
  record Conflict() implements EditResult {}

  /** The store's ids come from the caller, so there is none for an announcement. */
  record NoIdForAnnouncement() implements EditResult {}
}
