package io.tideline.server.replica;

import io.tideline.server.command.AppendResult;
import io.tideline.server.command.Command;
import io.tideline.server.command.CursorsResult;
import io.tideline.server.command.DeleteMetaResult;
import io.tideline.server.command.DeleteTimelineResult;
import io.tideline.server.command.EditResult;
import io.tideline.server.command.FanOutResult;
import io.tideline.server.command.PutMetaResult;
import io.tideline.server.command.PutResult;
import io.tideline.server.command.TrimResult;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * One partition of a store, for the services.
 *
 * <p>Nothing here blocks. Futures always complete, and normally: refusals and unknown outcomes are
 * values. An exception in a future is a defect. Futures may complete on the thread that applies log
 * entries: dependants must be short or go to another executor. Cancelling a future does not
 * withdraw the write.
 *
 * <p>Commands are taken as valid: sizes, names and identifiers were checked by the caller; the
 * caller made sure the timeline lies in this partition.
 *
 * <p>Threading: safe for many threads. Writes of one thread keep their order.
 */
public interface Partition {

  /** Unique in the cluster. */
  long partitionId();

  /** Whether writes are decided on this node; if not, they are passed on. */
  boolean leads();

  /** Appends one entry. */
  CompletableFuture<WriteOutcome<AppendResult>> append(Command.Append append);

  /**
   * Appends entries that become visible and durable together; one result per item in their order.
   * An item refused by the state does not undo the others.
   */
  CompletableFuture<WriteOutcome<List<AppendResult>>> appendBatch(List<Command.Append> appends);

  /** Appends one entry to many timelines, visible and durable together. */
  CompletableFuture<WriteOutcome<FanOutResult>> fanOut(Command.FanOut fanOut);

  CompletableFuture<WriteOutcome<PutResult>> put(Command.Put put);

  CompletableFuture<WriteOutcome<TrimResult>> trim(Command.Trim trim);

  CompletableFuture<WriteOutcome<EditResult>> replaceEntry(Command.ReplaceEntry replace);

  CompletableFuture<WriteOutcome<EditResult>> deleteEntry(Command.DeleteEntry delete);

  CompletableFuture<WriteOutcome<DeleteTimelineResult>> deleteTimeline(
      Command.DeleteTimeline delete);

  CompletableFuture<WriteOutcome<PutMetaResult>> putMeta(Command.PutMeta put);

  CompletableFuture<WriteOutcome<DeleteMetaResult>> deleteMeta(Command.DeleteMeta delete);

  CompletableFuture<WriteOutcome<CursorsResult>> commitCursors(Command.CommitCursors commit);

  /** A view that shows at least what {@code freshness} asks for. */
  CompletableFuture<ReadOutcome> read(Freshness freshness);

  /** A view that shows at least every write acknowledged before this call. */
  default CompletableFuture<ReadOutcome> read() {
    return read(Freshness.LINEARIZABLE);
  }
}
