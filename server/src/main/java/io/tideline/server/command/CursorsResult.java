package io.tideline.server.command;

import java.util.List;

/**
 * What a commit of cursors gave.
 *
 * @param results one per move, in the order of the command
 */
public record CursorsResult(List<Move> results) implements CommandResult {

  public CursorsResult {
    results = List.copyOf(results);
  }

  /** What one move gave. */
  public sealed interface Move {}

  /**
   * The cursor as it stands now: moved, or where it was if it was further.
   *
   * @param updateTimeMillis when it last moved, milliseconds since the epoch; 0 if it never did
   */
  public record Stored(long sequenceId, long updateTimeMillis) implements Move {}

  /** The timeline has not come so far; nothing was written. */
  public record BeyondLast(long sequenceId, long lastSequenceId) implements Move {}
}
