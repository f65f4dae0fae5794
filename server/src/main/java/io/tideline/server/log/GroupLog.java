package io.tideline.server.log;

import io.tideline.lsm.fs.FileSystem;
import io.tideline.lsm.fs.StorageFile;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The log that all groups of a node share: entries, terms and votes, made durable together.
 *
 * <p>Requests of all groups queue up; one writer thread takes what is waiting, writes it with one
 * write, syncs it with one sync, shows it and completes the futures. While it syncs, the next batch
 * gathers. So the number of syncs follows the disk's speed, not the number of groups.
 *
 * <p><em>Threading</em>: everything here and in {@link LogGroup} is safe for many threads.
 *
 * <p><em>Lifetime</em>: {@link #open} takes the directory's lock, {@link #close} gives it back. A
 * log that failed ({@link GroupLogListener#failed}) still serves reads of what was durable.
 *
 * <p><b>Invariants</b>
 *
 * <ol>
 *   <li>What was acknowledged is recovered; of each group's later requests any prefix may be.
 *   <li>An error of a write or sync ends all writing for the life of the process.
 *   <li>A full disk refuses entries before anything of them is written, and nothing else changes.
 * </ol>
 */
public final class GroupLog implements Closeable {

  /** An append may not be larger: it is staged in memory as a whole and never split. */
  static final int REQUEST_BYTES_MAX = 512 << 20;

  /**
   * The last entry of a group stays in memory up to this size, so that idle groups cost no reads.
   */
  static final int PINNED_ENTRY_BYTES_MAX = 16 << 10;

  private static final Logger LOG = LoggerFactory.getLogger(GroupLog.class);

  private final Path directory;
  private final GroupLogOptions options;
  private final GroupLogListener listener;
  private final Closeable directoryLock;
  private final Segments segments;
  private final EntryCache cache;
  private final LogCounters counters = new LogCounters();
  private final ConcurrentMap<Long, LogGroup> groups = new ConcurrentHashMap<>();
  private final RequestQueue queue;
  private final SegmentAllocator allocator;
  private final LogWriter writer;
  private final LogCollector collector;
  private final Thread thread;
  private volatile boolean closed;

  private GroupLog(
      FileSystem fileSystem,
      Path directory,
      GroupLogOptions options,
      GroupLogListener listener,
      Closeable directoryLock,
      LogRecovery recovered,
      UUID newLogId) {
    this.directory = directory;
    this.options = options;
    this.listener = listener;
    this.directoryLock = directoryLock;
    this.segments = recovered.segments();
    this.cache = new EntryCache(options.cacheBytes());
    this.queue = new RequestQueue(options.queueBytes());
    recovered.groups().forEach((id, index) -> groups.put(id, new LogGroup(id, this, index)));
    this.allocator =
        new SegmentAllocator(
            fileSystem, directory, options.segmentBytes(), options.spareSegment(), listener);
    Tail tail = recovered.tail();
    this.writer =
        new LogWriter(
            fileSystem,
            directory,
            options,
            tail == null ? newLogId : segments.newest().id().log(),
            segments,
            allocator,
            cache,
            counters,
            groups,
            tail == null ? new Tail(0, 0, 0) : tail);
    this.collector =
        new LogCollector(
            fileSystem,
            directory,
            options,
            segments,
            allocator,
            writer,
            counters,
            groups,
            listener);
    this.thread = Thread.ofPlatform().name("log-writer").daemon().unstarted(this::run);
  }

  /**
   * Opens the log of a directory, or makes a new one, and takes the directory's lock.
   *
   * @throws io.tideline.lsm.CorruptionException if bytes that were durable are damaged; nothing on
   *     disk has been changed then
   */
  public static GroupLog open(
      FileSystem fileSystem, Path directory, GroupLogOptions options, GroupLogListener listener)
      throws IOException {
    return open(fileSystem, directory, options, listener, UUID.randomUUID());
  }

  /** As the public one, with the id a new log gets. */
  static GroupLog open(
      FileSystem fileSystem,
      Path directory,
      GroupLogOptions options,
      GroupLogListener listener,
      UUID newLogId)
      throws IOException {
    Path absolute = directory.toAbsolutePath();
    if (!fileSystem.exists(absolute)) {
      fileSystem.createDirectories(absolute);
      fileSystem.syncDirectory(absolute.resolveSibling(""));
    }
    Closeable lock = fileSystem.lock(absolute);
    LogRecovery recovery = new LogRecovery(fileSystem, absolute);
    GroupLog log = null;
    try {
      recovery.run();
      if (recovery.tail() != null) {
        sealTail(fileSystem, recovery.segments(), recovery.tail());
      }
      log = new GroupLog(fileSystem, absolute, options, listener, lock, recovery, newLogId);
      log.start();
      return log;
    } catch (IOException | RuntimeException | Error e) {
      closeAfter(e, log == null ? () -> {} : log.allocator);
      recovery.segments().close();
      closeAfter(e, lock);
      throw e;
    }
  }

  /**
   * Makes what recovery found in the last segment durable and cuts off the rest; the log goes on in
   * a new segment. The last batch is written again, for the page cache may show bytes that a failed
   * sync of the run before has left clean and unwritten.
   */
  private static void sealTail(FileSystem fileSystem, Segments segments, Tail tail)
      throws IOException {
    Segment last = segments.newest();
    try (StorageFile file = fileSystem.open(last.path(), FileSystem.Mode.READ_WRITE)) {
      long start = Math.max(tail.syncedEnd(), last.header().checkpointEnd());
      if (start < tail.offset()) {
        ByteBuffer batch = ByteBuffer.allocate((int) (tail.offset() - start));
        file.read(batch, start);
        file.write(batch.flip(), start);
      }
      file.force();
      if (last.size() > tail.offset()) {
        file.setSize(tail.offset());
        segments.resize(last, tail.offset());
      }
    }
  }

  private static void closeAfter(Throwable error, Closeable resource) {
    try {
      resource.close();
    } catch (IOException e) {
      error.addSuppressed(e);
    }
  }

  private void start() throws IOException {
    IOException full = writer.roll(0, true);
    if (full != null) {
      LOG.warn("log in {} takes no entries until there is space", directory, full);
    }
    allocator.start();
    thread.start();
  }

  /** The group of this id; an empty log that starts at 1 if nothing is known of it. */
  public LogGroup group(long id) {
    return groups.computeIfAbsent(id, newId -> new LogGroup(newId, this, new GroupIndex()));
  }

  /** The group, unless there is nothing of it; makes none. */
  public Optional<LogGroup> existing(long id) {
    return Optional.ofNullable(groups.get(id));
  }

  /** Ids of all groups that have entries, meta or a position, ascending. */
  public List<Long> groups() {
    return groups.entrySet().stream()
        .filter(group -> group.getValue().index().isKnown())
        .map(Map.Entry::getKey)
        .sorted()
        .toList();
  }

  public GroupLogStats stats() {
    return counters.toStats(segments, groups().size(), allocator.isSpaceLow());
  }

  /** Finishes what is queued and releases the directory. Later writes fail. */
  @Override
  public void close() throws IOException {
    closed = true;
    queue.close();
    SegmentAllocator.joinUninterruptibly(thread);
    try {
      allocator.close();
    } finally {
      segments.close();
      directoryLock.close();
    }
  }

  /**
   * Waits for a write and turns its failure into the exception it failed with; not ended by
   * interrupts, for what was submitted is going to happen anyway.
   */
  public static void await(CompletableFuture<Void> write) throws IOException {
    try {
      write.join();
    } catch (CompletionException e) {
      switch (e.getCause()) {
        case IOException io -> throw io;
        case RuntimeException runtime -> throw runtime;
        case null, default -> throw e;
      }
    }
  }

  CompletableFuture<Void> submit(LogRequest request) {
    queue.submit(request);
    return request.done();
  }

  long bytesFrom(long location) {
    return segments.bytesFrom(location);
  }

  /** The entry at an index, from memory or disk, null if there is none. */
  @Nullable LogEntry readEntry(LogGroup group, long index) throws IOException {
    while (true) {
      GroupIndex.Place place = group.index().locate(index);
      if (place == null) {
        return null;
      }
      LogEntry entry = cache.get(place.location());
      if (entry == null) {
        Segment segment = segments.acquire(place.location());
        if (segment == null && closed) {
          throw new IllegalStateException("the log is closed");
        }
        if (segment == null) {
          continue; // Deleted since; the index does not point there any more.
        }
        try {
          long offset = Segments.offsetOf(place.location());
          entry = segment.readEntry(offset, place.payloadLength(), group.id(), index);
        } finally {
          segment.release();
        }
      }
      group.pinLast(index, place.location(), entry);
      return entry;
    }
  }

  // ---- writer thread ----

  private void run() {
    List<LogRequest> batch = List.of();
    try {
      while (true) {
        batch = queue.take(options.batchBytes(), idleNanos());
        if (batch == null) {
          break;
        }
        for (LogRequest request : batch) {
          writer.stage(request);
        }
        writer.commit();
        if (batch.isEmpty()) {
          writer.idle();
          collector.reportAgain();
        }
        collector.collect();
      }
      writer.idle();
    } catch (Throwable t) {
      fail(t, batch == null ? List.of() : batch);
    }
  }

  /** How long to wait for requests, 0 if there is nothing else to do. */
  private long idleNanos() {
    return writer.hasIdleWork() || collector.isStuck() ? options.idleMark().toNanos() : 0;
  }

  private void fail(Throwable cause, List<LogRequest> batch) {
    LOG.error("the log in {} has failed and takes no more writes", directory, cause);
    LogFailedException failure =
        new LogFailedException(
            "the log in "
                + directory
                + " has failed, whether this write survives is unknown; restart the node",
            cause);
    List<LogRequest> stranded = queue.fail(cause);
    try {
      listener.failed(cause); // First, so that nobody acts on the failures of a node that goes on.
    } finally {
      batch.forEach(request -> request.done().completeExceptionally(failure));
      stranded.forEach(request -> request.done().completeExceptionally(failure));
    }
  }
}
