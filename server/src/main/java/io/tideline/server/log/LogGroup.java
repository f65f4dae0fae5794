package io.tideline.server.log;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One group's log and meta inside a {@link GroupLog}.
 *
 * <p>Writes take effect in the order in which they were submitted; what a reader sees is durable,
 * except a truncated prefix, which shows as soon as it is written. A future completes on the log's
 * writer thread, so dependent work belongs on another executor, or wait with {@link
 * GroupLog#await}. It fails with {@link LogFullException}, {@link LogFailedException}, or {@link
 * IllegalArgumentException} / {@link IllegalStateException} if the request does not fit the log's
 * state; nothing was written then, except perhaps with {@code LogFailedException}.
 *
 * <p>Threading: safe for many threads; one writer at a time keeps the order meaningful.
 */
public final class LogGroup {

  private final long id;
  private final GroupLog log;
  private final GroupIndex index;

  /** The last entry if it has been seen and is small, with its index; guarded by {@code this}. */
  private @Nullable LogEntry lastEntry;

  private long lastEntryIndex;

  /** Writer thread only: bounds once everything staged is durable, and whether it destroys. */
  private long pendingFirst;

  private long pendingLast;
  private boolean pendingDestroyed;

  LogGroup(long id, GroupLog log, GroupIndex index) {
    this.id = id;
    this.log = log;
    this.index = index;
    resetPending();
  }

  public long id() {
    return id;
  }

  /** Index of the first entry, 1 in a new log; {@code lastIndex() + 1} if there is none. */
  public long firstIndex() {
    return index.first();
  }

  /** Index of the last durable entry; {@code firstIndex() - 1} if there is none. */
  public long lastIndex() {
    return index.last();
  }

  /**
   * The entry at an index, or null if there is none. Entries below {@link #firstIndex} are still
   * served for as long as their segment exists. The last entry and recent ones come from memory.
   *
   * @throws io.tideline.lsm.CorruptionException if its bytes are damaged
   */
  public @Nullable LogEntry read(long entryIndex) throws IOException {
    synchronized (this) {
      if (lastEntry != null && lastEntryIndex == entryIndex) {
        return lastEntry;
      }
    }
    return log.readEntry(this, entryIndex);
  }

  /**
   * Indexes in {@code [firstIndex, lastIndex]} of the entries with a tag other than 0, ascending.
   */
  public List<Long> taggedIndexes() {
    return index.taggedIndexes();
  }

  /**
   * How much of the log cannot be deleted while this group needs its entries from an index on: the
   * bytes of all groups' records from the first of them to the end. An estimate: of entries copied
   * forward the copies count. Cheap.
   *
   * @return bytes, 0 if there is no such entry
   */
  public long bytesHeldFrom(long entryIndex) {
    GroupIndex.Place place = index.locateLive(entryIndex);
    return place == null ? 0 : log.bytesFrom(place.location());
  }

  /**
   * Appends entries; {@code firstIndex} must be {@link #lastIndex} + 1 by the time it is its turn.
   * All of them become durable or none is acknowledged.
   */
  public CompletableFuture<Void> append(long firstIndex, List<LogEntry> entries) {
    if (entries.isEmpty()) {
      return CompletableFuture.completedFuture(null);
    }
    long bytes = 0;
    for (LogEntry entry : entries) {
      bytes += LogFormat.recordBytes(entry.payload().length);
    }
    if (bytes > GroupLog.REQUEST_BYTES_MAX) {
      throw new IllegalArgumentException(
          "append of "
              + bytes
              + " bytes to group "
              + id
              + " exceeds the limit of "
              + GroupLog.REQUEST_BYTES_MAX
              + "; split it");
    }
    CompletableFuture<Void> done = new CompletableFuture<>();
    return log.submit(
        new LogRequest.Append(this, firstIndex, List.copyOf(entries), (int) bytes, done));
  }

  /**
   * Gives up the entries below {@code firstKept}; if that is beyond the last entry + 1 the log is
   * {@link #reset} to it. Completes once written, without waiting for the disk: after a crash the
   * entries may be back. A lower value than the present first index changes nothing.
   */
  public CompletableFuture<Void> truncatePrefix(long firstKept) {
    return log.submit(new LogRequest.TruncatePrefix(this, firstKept, new CompletableFuture<>()));
  }

  /**
   * Removes the entries above {@code lastKept}, at least {@code firstIndex() - 1}; durable when it
   * completes, and before any later append is.
   */
  public CompletableFuture<Void> truncateSuffix(long lastKept) {
    return log.submit(new LogRequest.TruncateSuffix(this, lastKept, new CompletableFuture<>()));
  }

  /** Empties the log: first becomes {@code nextIndex}, last {@code nextIndex - 1}. Durable. */
  public CompletableFuture<Void> reset(long nextIndex) {
    if (nextIndex < 1) {
      throw new IllegalArgumentException(
          "group " + id + " cannot be reset to index " + nextIndex + ", the first index is 1");
    }
    return log.submit(new LogRequest.Reset(this, nextIndex, new CompletableFuture<>()));
  }

  /** The term and vote last saved, {@link GroupMeta#NONE} if never. */
  public GroupMeta meta() {
    return index.meta();
  }

  /** Replaces term and vote. Durable. */
  public CompletableFuture<Void> saveMeta(GroupMeta meta) {
    return log.submit(new LogRequest.SaveMeta(this, meta, new CompletableFuture<>()));
  }

  /**
   * Forgets entries, meta and position. Durable. This object refuses writes afterwards; {@link
   * GroupLog#group} gives a fresh one.
   */
  public CompletableFuture<Void> destroy() {
    return log.submit(new LogRequest.Destroy(this, new CompletableFuture<>()));
  }

  GroupIndex index() {
    return index;
  }

  /** Keeps an entry that was found at {@code location} in memory if it is the last one now. */
  synchronized void pinLast(long entryIndex, long location, LogEntry entry) {
    if (entry.payload().length > GroupLog.PINNED_ENTRY_BYTES_MAX || index.last() != entryIndex) {
      return;
    }
    // The place tells whether a late reader holds what has been truncated and written anew since.
    GroupIndex.Place place = index.locate(entryIndex);
    if (place != null && place.location() == location) {
      lastEntry = entry;
      lastEntryIndex = entryIndex;
    }
  }

  synchronized void unpinLast() {
    lastEntry = null;
  }

  // ---- writer thread only ----

  long pendingFirst() {
    return pendingFirst;
  }

  long pendingLast() {
    return pendingLast;
  }

  boolean isPendingDestroyed() {
    return pendingDestroyed;
  }

  void setPending(long first, long last) {
    pendingFirst = first;
    pendingLast = last;
  }

  void setPendingDestroyed() {
    pendingDestroyed = true;
  }

  /** Back to what is durable, after staged requests were given up. */
  void resetPending() {
    pendingFirst = index.first();
    pendingLast = index.last();
    pendingDestroyed = false;
  }
}
