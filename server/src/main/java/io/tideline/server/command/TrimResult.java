package io.tideline.server.command;

/** What a {@link Command.Trim} gave. Everything but {@link Done} changed nothing. */
public sealed interface TrimResult extends CommandResult {

  /**
   * All entries up to the given id are gone.
   *
   * @param firstRetainedSequenceId smallest id still readable; the last id + 1 if none is
   */
  record Done(long firstRetainedSequenceId) implements TrimResult {}

  /** The id is beyond the timeline's last one. */
  record BeyondLast(long throughSequenceId, long lastSequenceId) implements TrimResult {}

  /** The timeline never had an entry. */
  record TimelineNotFound() implements TrimResult {}
}
