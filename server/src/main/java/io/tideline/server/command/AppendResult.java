package io.tideline.server.command;

/** What an append gave. Everything but {@link Appended} wrote nothing. */
public sealed interface AppendResult extends CommandResult {

  /**
   * The entry is in the timeline.
   *
   * @param sequenceId id given to the entry
   * @param previousSequenceId the timeline's last id before it, 0 if it is the first
   * @param appendTimeMillis when the leader accepted it, milliseconds since the epoch
   * @param duplicate true if this message key was appended before: the other fields tell of that
   *     append, and nothing was written now
   * @param dedupSinceMillis appends before this time are outside the dedup window; 0 without a
   *     message key
   */
  record Appended(
      long sequenceId,
      long previousSequenceId,
      long appendTimeMillis,
      boolean duplicate,
      long dedupSinceMillis)
      implements AppendResult {}

  /** The timeline's last id is not the expected one. */
  record ConditionFailed(long expectedLastSequenceId, long lastSequenceId)
      implements AppendResult {}

  /** The message key belongs to another message, whose id and time these are. */
  record MessageKeyReused(long sequenceId, long appendTimeMillis) implements AppendResult {}

  /**
   * The first attempt is older than what is remembered, so nobody knows whether it succeeded.
   *
   * @param dedupSinceMillis attempts since this time are recognised
   */
  record DedupWindowExpired(long firstAttemptTimeMillis, long dedupSinceMillis)
      implements AppendResult {}

  /** A MANUAL store takes entries with {@link Command.Put} only. */
  record IdRequired() implements AppendResult {}
}
