package io.tideline.server.replica;

import io.tideline.server.command.Command;
import io.tideline.server.command.CommandBatch;
import io.tideline.server.command.CommandResult;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/** The writes that share one log entry. */
final class EntryProposal implements Proposal {

  private final List<PendingWrite<?>> writes;
  private final CommandBatch batch;
  private final Consumer<EntryProposal> ended;
  private final AtomicBoolean told = new AtomicBoolean();
  private volatile Runnable answers = () -> {};

  /**
   * @param timeMillis the leader's clock
   * @param ended called once, before anybody is answered
   */
  EntryProposal(List<PendingWrite<?>> writes, long timeMillis, Consumer<EntryProposal> ended) {
    this.writes = List.copyOf(writes);
    this.ended = ended;
    List<Command> commands = new ArrayList<>();
    for (PendingWrite<?> write : writes) {
      commands.addAll(write.commands());
    }
    this.batch = new CommandBatch(timeMillis, commands);
  }

  @Override
  public CommandBatch batch() {
    return batch;
  }

  long bytes() {
    return writes.stream().mapToLong(PendingWrite::bytes).sum();
  }

  @Override
  public void applied(long index, List<CommandResult> results) {
    end(
        () -> {
          int next = 0;
          for (PendingWrite<?> write : writes) {
            int end = next + write.commands().size();
            write.applied(results.subList(next, end), index);
            next = end;
          }
        });
  }

  @Override
  public void refused(Refusal refusal) {
    end(() -> writes.forEach(write -> write.refused(refusal)));
  }

  @Override
  public void unknown(String why) {
    end(() -> writes.forEach(write -> write.unknown(why)));
  }

  /** Answers the callers; once, after {@code ended} was called. */
  void answer() {
    answers.run();
  }

  private void end(Runnable outcome) {
    if (told.compareAndSet(false, true)) {
      answers = outcome;
      ended.accept(this);
    }
  }
}
