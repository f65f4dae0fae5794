package io.tideline.server.replica;

import io.tideline.server.command.Command;
import io.tideline.server.command.CommandFormat;
import io.tideline.server.command.CommandResult;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * A caller's write on its way: commands that stay together in one log entry.
 *
 * @param <R> what the caller is answered
 */
final class PendingWrite<R> {

  private final List<Command> commands;
  private final Function<List<CommandResult>, R> toResult;
  private final long bytes;
  private final CompletableFuture<WriteOutcome<R>> future = new CompletableFuture<>();

  PendingWrite(List<Command> commands, Function<List<CommandResult>, R> toResult) {
    this.commands = commands;
    this.toResult = toResult;
    long sum = 0;
    for (Command command : commands) {
      sum += CommandFormat.sizeBound(command);
    }
    this.bytes = sum;
  }

  List<Command> commands() {
    return commands;
  }

  /** Upper bound of the bytes it adds to a log entry. */
  long bytes() {
    return bytes;
  }

  CompletableFuture<WriteOutcome<R>> future() {
    return future;
  }

  void applied(List<CommandResult> results, long position) {
    future.complete(new WriteOutcome.Applied<>(toResult.apply(results), position));
  }

  void refused(Refusal refusal) {
    future.complete(new WriteOutcome.Refused<>(refusal));
  }

  void unknown(String why) {
    future.complete(new WriteOutcome.Unknown<>(why));
  }
}
