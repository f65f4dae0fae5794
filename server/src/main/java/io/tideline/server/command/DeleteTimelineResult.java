package io.tideline.server.command;

/** What a {@link Command.DeleteTimeline} gave. {@link TimelineNotFound} changed nothing. */
public sealed interface DeleteTimelineResult extends CommandResult {

  /**
   * Entries and meta are gone.
   *
   * @param lastSequenceId the last id ever given, 0 if none was; numbering goes on after it
   */
  record Done(long lastSequenceId) implements DeleteTimelineResult {}

  /** The timeline never had an entry and has no meta. */
  record TimelineNotFound() implements DeleteTimelineResult {}
}
