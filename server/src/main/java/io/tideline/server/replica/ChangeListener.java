package io.tideline.server.replica;

import io.tideline.server.command.Command;
import java.util.List;

/**
 * Told of what replicas of this node apply, whoever leads. Called by the thread that applies the
 * log: must be quick, and must not wait for a replica.
 */
public interface ChangeListener {

  /** Nobody is interested. */
  ChangeListener NONE =
      new ChangeListener() {
        @Override
        public void applied(long partitionId, List<Command> commands) {}

        @Override
        public void replaced(long partitionId) {}
      };

  /** Commands of one log entry have taken effect, and can be seen in views made from now on. */
  void applied(long partitionId, List<Command> commands);

  /** All content of the partition may have changed: another replica's has taken its place. */
  void replaced(long partitionId);
}
