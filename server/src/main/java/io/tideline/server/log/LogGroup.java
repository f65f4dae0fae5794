package io.tideline.server.log;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One group's log and meta inside a {@link GroupLog}.
 *
 * <p>Writes take effect in the order in which they were submitted; what a reader sees is durable,
 * except a truncated prefix, which shows at once. A future completes on the log's writer thread, so
 * dependent work belongs on another executor, or wait with {@link GroupLog#await}. It fails with
 * {@link LogFullException}, {@link LogFailedException}, or {@link IllegalArgumentException} /
 * {@link IllegalStateException} if the request does not fit the log's state; nothing was written
 * then, except perhaps with {@code LogFailedException}.
 *
 * <p>Threading: safe for many threads; one writer at a time keeps the order meaningful.
 */
public final class LogGroup {

  LogGroup() {}

  public long id() {
    throw new UnsupportedOperationException();
  }

  /** Index of the first entry, 1 in a new log; {@code lastIndex() + 1} if there is none. */
  public long firstIndex() {
    throw new UnsupportedOperationException();
  }

  /** Index of the last durable entry; {@code firstIndex() - 1} if there is none. */
  public long lastIndex() {
    throw new UnsupportedOperationException();
  }

  /**
   * The entry at an index, or null if there is none. Entries below {@link #firstIndex} are still
   * served for as long as their segment exists. The last entry and recent ones come from memory.
   *
   * @throws io.tideline.lsm.CorruptionException if its bytes are damaged
   */
  public @Nullable LogEntry read(long index) throws IOException {
    throw new UnsupportedOperationException();
  }

  /**
   * Indexes in {@code [firstIndex, lastIndex]} of the entries with a tag other than 0, ascending.
   */
  public List<Long> taggedIndexes() {
    throw new UnsupportedOperationException();
  }

  /**
   * Appends entries; {@code firstIndex} must be {@link #lastIndex} + 1 by the time it is its turn.
   * All of them become durable or none is acknowledged.
   */
  public CompletableFuture<Void> append(long firstIndex, List<LogEntry> entries) {
    throw new UnsupportedOperationException();
  }

  /**
   * Gives up the entries below {@code firstKept}; if that is beyond the last entry the log becomes
   * empty and continues at {@code firstKept}. Completes without waiting for the disk: after a crash
   * the entries may be back. A lower value than the present first index changes nothing.
   */
  public CompletableFuture<Void> truncatePrefix(long firstKept) {
    throw new UnsupportedOperationException();
  }

  /**
   * Removes the entries above {@code lastKept}, at least {@code firstIndex() - 1}; durable when it
   * completes, and before any later append is.
   */
  public CompletableFuture<Void> truncateSuffix(long lastKept) {
    throw new UnsupportedOperationException();
  }

  /** Empties the log: first becomes {@code nextIndex}, last {@code nextIndex - 1}. Durable. */
  public CompletableFuture<Void> reset(long nextIndex) {
    throw new UnsupportedOperationException();
  }

  /** The term and vote last saved, {@link GroupMeta#NONE} if never. */
  public GroupMeta meta() {
    throw new UnsupportedOperationException();
  }

  /** Replaces term and vote. Durable. */
  public CompletableFuture<Void> saveMeta(GroupMeta meta) {
    throw new UnsupportedOperationException();
  }

  /**
   * Forgets entries, meta and position. Durable. This object refuses everything afterwards; {@link
   * GroupLog#group} gives a fresh one.
   */
  public CompletableFuture<Void> destroy() {
    throw new UnsupportedOperationException();
  }
}
