package io.tideline.server.command;

import java.util.List;

/**
 * What a fan-out gave.
 *
 * @param results one per timeline, in the order of the command
 */
public record FanOutResult(List<AppendResult> results) implements CommandResult {

  public FanOutResult {
    results = List.copyOf(results);
  }
}
