package io.tideline.server.command;

import io.tideline.lsm.RecordCursor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The command that moves cursors, and what becomes of them when their timeline is deleted. */
final class Cursors {

  /**
   * Cursors that are removed with their timeline, so that the step stays short. What is left of
   * more is hidden by the timeline's epoch.
   */
  static final int REMOVED_MAX = 1_000;

  private Cursors() {}

  static CursorsResult commit(ApplyContext context, Command.CommitCursors commit)
      throws IOException {
    List<CursorsResult.Move> results = new ArrayList<>(commit.moves().size());
    for (Command.CursorMove move : commit.moves()) {
      results.add(commit(context, move));
    }
    return new CursorsResult(results);
  }

  private static CursorsResult.Move commit(ApplyContext context, Command.CursorMove move)
      throws IOException {
    ApplyContext.Head head = context.head(move.timeline());
    byte[] key = CursorRecord.key(move.timeline(), move.reader());
    CursorRecord present = context.cursor(key);
    if (present != null && present.epoch() != head.epoch()) {
      present = null;
    }
    long from = present == null ? 0 : present.sequenceId();
    if (move.sequenceId() == from || (present != null && move.sequenceId() < from)) {
      return new CursorsResult.Stored(from, present == null ? 0 : present.updateTimeMillis());
    }
    if (!head.exists() || move.sequenceId() > head.lastSequenceId()) {
      return new CursorsResult.BeyondLast(move.sequenceId(), head.lastSequenceId());
    }
    context.putCursor(key, new CursorRecord(head.epoch(), move.sequenceId(), context.now));
    return new CursorsResult.Stored(move.sequenceId(), context.now);
  }

  /** Removes the cursors of a timeline that is being deleted. */
  static void remove(ApplyContext context, byte[] timeline) throws IOException {
    try (RecordCursor records = context.cursors(timeline)) {
      for (int removed = 0; removed < REMOVED_MAX && records.next(); removed++) {
        byte[] key = records.key();
        if (!CursorRecord.isOf(timeline, key)) {
          return;
        }
        context.deleteCursor(key);
      }
    }
  }
}
