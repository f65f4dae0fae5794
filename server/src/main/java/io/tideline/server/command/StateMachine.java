package io.tideline.server.command;

import io.tideline.lsm.Engine;
import io.tideline.lsm.LogPosition;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Turns log entries into state, deterministically: what {@link #apply} does follows from the state
 * and its arguments alone.
 *
 * <p>Threading: confined to the thread that applies log entries.
 */
public interface StateMachine {

  /**
   * Applies one log entry; on return it is visible to new views.
   *
   * @param position where the entry is in the log; rises strictly
   * @param configuration opaque bytes of the replication membership that came into force since the
   *     previous call, null if it did not change
   * @return one result per command, in order
   * @throws IOException if the engine failed; the replica must stop then
   */
  List<CommandResult> apply(
      LogPosition position, CommandBatch batch, byte @Nullable [] configuration) throws IOException;

  /**
   * Goes on with the content of another engine, forgetting everything about the present one.
   *
   * @throws IOException if the engine's content cannot be read; nothing has changed then
   */
  void load(Engine engine) throws IOException;
}
