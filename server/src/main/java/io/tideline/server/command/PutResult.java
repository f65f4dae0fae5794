package io.tideline.server.command;

/** What a {@link Command.Put} gave. Everything but {@link Done} wrote nothing. */
public sealed interface PutResult extends CommandResult {

  /**
   * The entry is in the timeline.
   *
   * @param lastSequenceId the timeline's largest id afterwards
   * @param replaced whether an entry of this id was there before
   * @param appendTimeMillis when the leader accepted it, milliseconds since the epoch
   */
  record Done(long lastSequenceId, boolean replaced, long appendTimeMillis) implements PutResult {}

  /** There is an entry of this id and overwriting was not asked for. */
  record SequenceIdExists(long sequenceId) implements PutResult {}

  /** The id lies in the part of the timeline that was trimmed. */
  record Trimmed(long sequenceId, long trimmedThroughSequenceId) implements PutResult {}

  /** Only a MANUAL store takes ids from the caller. */
  record NotManual() implements PutResult {}
}
