package io.tideline.server.command;

import java.util.List;

/**
 * What one log entry carries: commands that become visible and durable together, applied in order.
 *
 * @param timeMillis the leader's clock when it proposed, milliseconds since the epoch; applying
 *     takes the larger of this and the state's time, so time never falls
 * @param commands at least one
 */
public record CommandBatch(long timeMillis, List<Command> commands) {

  /**
   * Most commands in one log entry. MONOTONIC ids leave {@value #ORDINAL_BITS} bits for the place
   * of a command in its entry; this is well below.
   */
  public static final int COMMANDS_MAX = 100_000;

  /** Bits of a MONOTONIC id and of a meta version that tell commands of one log entry apart. */
  public static final int ORDINAL_BITS = 20;

  public CommandBatch {
    commands = List.copyOf(commands);
    if (commands.isEmpty() || commands.size() > COMMANDS_MAX) {
      throw new IllegalArgumentException(
          commands.size() + " commands in a batch, allowed are 1.." + COMMANDS_MAX);
    }
    if (timeMillis < 0) {
      throw new IllegalArgumentException("timeMillis " + timeMillis + " is negative");
    }
  }
}
