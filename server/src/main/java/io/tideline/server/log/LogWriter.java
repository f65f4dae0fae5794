package io.tideline.server.log;

import io.tideline.lsm.fs.DiskFullException;
import io.tideline.lsm.fs.FileSystem;
import io.tideline.lsm.fs.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * Turns requests into records at the end of the log: stages them in a buffer, writes the buffer,
 * forces it, and only then lets the groups show it.
 *
 * <p><b>Invariants</b>
 *
 * <ol>
 *   <li>Bytes below {@code syncedEnd} of the current segment, and all earlier segments, are
 *       durable.
 *   <li>Every record carries the {@code syncedEnd} of when it was staged, so at recovery the region
 *       that a crash may have torn is known.
 *   <li>A segment gets its name only after it holds its header and checkpoint durably, and only
 *       when all records before it are durable.
 *   <li>What a group shows was forced, except a truncated prefix.
 * </ol>
 *
 * <p>Threading: the writer thread only (and {@link GroupLog#open} before that thread starts).
 */
final class LogWriter {

  /** Kept free for votes and truncations: with a full disk those are what makes room again. */
  private static final int CONTROL_RESERVE_BYTES = 64 << 10;

  private static final byte[] NO_BYTES = {};

  /** The offset of a staged request that needs no record. */
  private static final long NO_RECORD = -1;

  private final FileSystem fileSystem;
  private final Path directory;
  private final GroupLogOptions options;
  private final UUID logId;
  private final Segments segments;
  private final SegmentAllocator allocator;
  private final EntryCache cache;
  private final LogCounters counters;
  private final ConcurrentMap<Long, LogGroup> groups;
  private final int controlReserve;

  private @Nullable Segment current;

  /** The end of what has been written to the current segment, and of what is durable there. */
  private Tail tail;

  private long syncedEnd;

  private ByteBuffer buffer = newBuffer(1 << 16);
  private int stagedCrc;
  private final List<Staged> staged = new ArrayList<>();

  /** Truncated prefixes that were written and not yet forced. */
  private final Map<LogGroup, Long> unforcedPrefixes = new LinkedHashMap<>();

  /** True if the last batch could still be taken for a torn write after damage. */
  private boolean markable;

  /** A request whose records are in the buffer, and where the first will be in the segment. */
  private record Staged(LogRequest request, long offset) {

    boolean hasRecord() {
      return offset != NO_RECORD;
    }

    boolean mustForce() {
      return hasRecord() && !(request instanceof LogRequest.TruncatePrefix);
    }
  }

  /**
   * @param groups live view of all groups, for checkpoints
   * @param last where the log recovered so far ends, in the segment before the first this makes
   */
  LogWriter(
      FileSystem fileSystem,
      Path directory,
      GroupLogOptions options,
      UUID logId,
      Segments segments,
      SegmentAllocator allocator,
      EntryCache cache,
      LogCounters counters,
      ConcurrentMap<Long, LogGroup> groups,
      Tail last) {
    this.fileSystem = fileSystem;
    this.directory = directory;
    this.options = options;
    this.logId = logId;
    this.segments = segments;
    this.allocator = allocator;
    this.cache = cache;
    this.counters = counters;
    this.groups = groups;
    this.controlReserve = Math.min(CONTROL_RESERVE_BYTES, options.segmentBytes() / 8);
    this.tail = last;
    this.syncedEnd = last.offset();
    this.stagedCrc = last.crc();
  }

  /** The segment written to, null if there never was room for one. */
  @Nullable Segment current() {
    return current;
  }

  // ---- staging ----

  /**
   * Stages a request, writing out what was staged before if it does not fit beside it; completes
   * its future at once if there is nothing to do or it is refused.
   */
  void stage(LogRequest request) throws IOException {
    if (!admit(request)) {
      return;
    }
    int needed = request.bytes();
    boolean fits = fits(needed, request.addsData());
    if (!fits || buffer.position() + (long) needed > options.batchBytes()) {
      commit();
      // What the request builds on may have been given up.
      if (!admit(request)) {
        return;
      }
    }
    if (!fits) {
      DiskFullException full = roll(needed, !request.addsData());
      if (full != null && (request.addsData() || !fits(needed, false))) {
        request.done().completeExceptionally(logFull(full));
        return;
      }
    }
    reserveBuffer(needed);
    LogRequest resolved = resolve(request);
    staged.add(new Staged(resolved, tail.offset() + buffer.position()));
    encode(resolved);
  }

  /** A prefix that ends beyond the log leaves nothing of it: that is a reset. */
  private static LogRequest resolve(LogRequest request) {
    if (request instanceof LogRequest.TruncatePrefix(LogGroup group, long firstKept, var done)
        && firstKept > group.pendingLast() + 1) {
      return new LogRequest.Reset(group, firstKept, done);
    }
    return request;
  }

  private LogFullException logFull(DiskFullException full) {
    return new LogFullException("the log in " + directory + " is full: " + full.getMessage(), full);
  }

  /** Judges a request against what is pending; false if it is done with. */
  private boolean admit(LogRequest request) {
    LogGroup group = request.group();
    if (group.isPendingDestroyed()) {
      return refuse(request, new IllegalStateException("group " + group.id() + " was destroyed"));
    }
    long first = group.pendingFirst();
    long last = group.pendingLast();
    return switch (request) {
      case LogRequest.Append append ->
          append.firstIndex() == last + 1
              || refuse(
                  request,
                  new IllegalArgumentException(
                      "group %d: append at index %d, the last index is %d"
                          .formatted(group.id(), append.firstIndex(), last)));
      case LogRequest.TruncatePrefix prefix -> prefix.firstKept() > first || skip(request);
      case LogRequest.TruncateSuffix suffix -> {
        if (suffix.lastKept() < first - 1) {
          yield refuse(
              request,
              new IllegalArgumentException(
                  "group %d: truncate after %d, the first index is %d"
                      .formatted(group.id(), suffix.lastKept(), first)));
        }
        yield suffix.lastKept() < last || skip(request);
      }
      case LogRequest.Copy copy -> true;
      case LogRequest.SaveMeta meta -> true;
      case LogRequest.Reset reset -> true;
      case LogRequest.Destroy destroy -> true;
    };
  }

  private static boolean refuse(LogRequest request, RuntimeException why) {
    request.done().completeExceptionally(why);
    return false;
  }

  /** A request without effect still completes in its turn, after those before it. */
  private boolean skip(LogRequest request) {
    staged.add(new Staged(request, NO_RECORD));
    return false;
  }

  private boolean fits(int bytes, boolean addsData) {
    if (current == null) {
      return false;
    }
    long room = current.size() - tail.offset() - buffer.position();
    return bytes <= room - (addsData ? controlReserve : 0);
  }

  private void encode(LogRequest request) {
    LogGroup group = request.group();
    long first = group.pendingFirst();
    long last = group.pendingLast();
    switch (request) {
      case LogRequest.Append append -> {
        for (LogEntry entry : append.entries()) {
          last++;
          put(RecordType.ENTRY, entry.tag(), group.id(), last, entry.term(), entry.payload());
        }
        group.setPending(first, last);
      }
      case LogRequest.Copy(LogGroup g, long index, LogEntry entry, var done) ->
          put(RecordType.ENTRY_COPY, entry.tag(), g.id(), index, entry.term(), entry.payload());
      case LogRequest.SaveMeta(LogGroup g, GroupMeta meta, var done) ->
          put(RecordType.META, 0, g.id(), 0, meta.term(), LogFormat.encodeVote(meta));
      case LogRequest.TruncatePrefix prefix -> {
        put(RecordType.TRUNCATE_PREFIX, group, prefix.firstKept());
        group.setPending(prefix.firstKept(), last);
      }
      case LogRequest.TruncateSuffix suffix -> {
        put(RecordType.TRUNCATE_SUFFIX, group, suffix.lastKept());
        group.setPending(first, suffix.lastKept());
      }
      case LogRequest.Reset reset -> {
        put(RecordType.RESET, group, reset.nextIndex());
        group.setPending(reset.nextIndex(), reset.nextIndex() - 1);
      }
      case LogRequest.Destroy destroy -> {
        put(RecordType.DESTROY, group, 0);
        group.setPendingDestroyed();
      }
    }
  }

  private void put(RecordType type, LogGroup group, long index) {
    put(type, 0, group.id(), index, 0, NO_BYTES);
  }

  private void put(RecordType type, int tag, long group, long index, long term, byte[] payload) {
    LogRecord record =
        new LogRecord(
            tail.offset() + buffer.position(),
            0,
            stagedCrc,
            payload.length,
            0,
            syncedEnd,
            type,
            tag,
            group,
            index,
            term);
    stagedCrc = LogFormat.encode(buffer, requireCurrent().id(), record, payload);
  }

  // ---- making it durable ----

  /** Writes what is staged, forces it unless it is only truncated prefixes, and shows it. */
  void commit() throws IOException {
    if (staged.isEmpty()) {
      return;
    }
    try {
      if (buffer.position() > 0) {
        writeBuffer();
      }
    } catch (DiskFullException e) {
      // The space was reserved, yet some file systems need new space to overwrite. Nothing of this
      // was acknowledged and the next batch is written over it.
      abandon(logFull(e));
      return;
    }
    boolean mustForce = false;
    for (Staged one : staged) {
      mustForce |= one.mustForce();
    }
    if (mustForce) {
      force();
      markable = true;
    }
    List<Staged> written = List.copyOf(staged);
    staged.clear();
    for (Staged one : written) {
      if (one.hasRecord()) {
        show(one);
      }
    }
    if (mustForce) {
      freePrefixes();
    }
    counters.addRequests(written.size());
    for (Staged one : written) {
      one.request().done().complete(null);
    }
  }

  private void writeBuffer() throws IOException {
    int bytes = buffer.flip().remaining();
    requireCurrent().file().write(buffer, tail.offset());
    tail = new Tail(tail.offset() + bytes, stagedCrc, syncedEnd);
    segments.setEnd(tail.offset());
    buffer.clear();
    counters.addWrittenBytes(bytes);
  }

  private void force() throws IOException {
    requireCurrent().file().force();
    syncedEnd = tail.offset();
    counters.addSync();
  }

  /** Makes what was written lazily durable. */
  void forceUnforced() throws IOException {
    if (current != null && tail.offset() > syncedEnd) {
      force();
      freePrefixes();
    }
  }

  private void abandon(IOException why) {
    List<Staged> given = List.copyOf(staged);
    staged.clear();
    buffer.clear();
    stagedCrc = tail.crc();
    for (Staged one : given) {
      one.request().group().resetPending();
      one.request().done().completeExceptionally(why);
    }
  }

  private void show(Staged one) {
    LogGroup group = one.request().group();
    GroupIndex index = group.index();
    switch (one.request()) {
      case LogRequest.Append append -> showEntries(append, one.offset());
      case LogRequest.Copy copy -> index.relocate(copy.index(), location(one.offset()), segments);
      case LogRequest.SaveMeta save -> index.saveMeta(save.meta());
      case LogRequest.TruncatePrefix prefix -> {
        index.truncatePrefix(prefix.firstKept());
        unforcedPrefixes.put(group, prefix.firstKept());
      }
      case LogRequest.TruncateSuffix suffix -> {
        index.truncateSuffix(suffix.lastKept(), segments);
        group.unpinLast();
      }
      case LogRequest.Reset reset -> {
        index.reset(reset.nextIndex(), segments);
        unforcedPrefixes.remove(group);
        group.unpinLast();
      }
      case LogRequest.Destroy destroy -> {
        index.destroy(segments);
        unforcedPrefixes.remove(group);
        group.unpinLast();
        groups.remove(group.id(), group);
      }
    }
  }

  private void showEntries(LogRequest.Append append, long start) {
    LogGroup group = append.group();
    long offset = start;
    long index = append.firstIndex();
    for (LogEntry entry : append.entries()) {
      int length = entry.payload().length;
      group.index().append(index, location(offset), length, entry.tag(), segments);
      cache.put(location(offset), entry);
      counters.addEntry(length);
      if (index == append.firstIndex() + append.entries().size() - 1) {
        group.pinLast(index, location(offset), entry);
      }
      offset += LogFormat.recordBytes(length);
      index++;
    }
  }

  private void freePrefixes() {
    unforcedPrefixes.forEach((group, firstKept) -> group.index().freePrefix(firstKept, segments));
    unforcedPrefixes.clear();
  }

  private long location(long offset) {
    return Segments.location(requireCurrent().number(), offset);
  }

  /** What there is to do when nobody asks for anything: makes sure that all is known durable. */
  void idle() throws IOException {
    forceUnforced();
    if (!markable || !fits(LogFormat.RECORD_HEADER_BYTES, false)) {
      return;
    }
    put(RecordType.MARK, 0, 0, 0, 0, NO_BYTES);
    try {
      writeBuffer();
    } catch (DiskFullException e) {
      abandon(e); // The mark is a help for later, not a promise.
      return;
    }
    force();
    markable = false;
  }

  /** Whether {@link #idle} would do anything. */
  boolean hasIdleWork() {
    return markable || tail.offset() > syncedEnd;
  }

  // ---- segments ----

  /**
   * Goes on to a new segment with room for {@code bytes}; nothing may be staged.
   *
   * @param smallIfFull whether a segment without room for much else will do on a full disk
   * @return null, or why there is no room for one
   */
  @Nullable DiskFullException roll(int bytes, boolean smallIfFull) throws IOException {
    forceUnforced();
    int startBytes = SegmentHeader.BYTES + checkpointBytes();
    StorageFile file;
    try {
      file = allocator.take((long) startBytes + bytes + 2L * controlReserve, smallIfFull);
    } catch (DiskFullException e) {
      return e;
    }
    try {
      return startSegment(file, startBytes);
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  private @Nullable DiskFullException startSegment(StorageFile file, int startBytes)
      throws IOException {
    long previous = segments.count() == 0 ? 0 : segments.newest().number();
    SegmentId id = new SegmentId(logId, previous + 1);
    SegmentHeader header =
        new SegmentHeader(
            id, previous == 0 ? 0 : tail.offset(), previous == 0 ? 0 : tail.crc(), startBytes);
    ByteBuffer start = newBuffer(startBytes);
    Tail newTail = encodeStart(header, start);
    try {
      file.write(start.flip(), 0);
    } catch (DiskFullException e) {
      allocator.giveBack(file);
      return e;
    }
    file.force();
    counters.addWrittenBytes(startBytes);
    counters.addSync();
    Path path = directory.resolve(LogFormat.segmentName(id.number()));
    fileSystem.rename(directory.resolve(LogFormat.SPARE_FILE), path);
    fileSystem.syncDirectory(directory);
    allocator.named();
    current = new Segment(path, file, header, file.size());
    segments.add(current);
    tail = newTail;
    segments.setEnd(tail.offset());
    syncedEnd = newTail.offset();
    stagedCrc = newTail.crc();
    markable = false;
    return null;
  }

  private int checkpointBytes() {
    int bytes = 0;
    for (LogGroup group : groups.values()) {
      if (group.index().isKnown()) {
        int voteBytes = LogFormat.encodeVote(group.index().meta()).length;
        bytes += LogFormat.recordBytes(Long.BYTES + voteBytes);
      }
    }
    return bytes;
  }

  private Tail encodeStart(SegmentHeader header, ByteBuffer dst) {
    int crc = header.encodeTo(dst);
    for (LogGroup group : groups.values()) {
      GroupIndex index = group.index();
      if (index.isKnown()) {
        GroupMeta meta = index.meta();
        byte[] payload = LogFormat.encodeCheckpoint(index.last(), meta);
        LogRecord record =
            new LogRecord(
                dst.position(),
                0,
                crc,
                payload.length,
                0,
                0,
                RecordType.CHECKPOINT,
                0,
                group.id(),
                index.first(),
                meta.term());
        crc = LogFormat.encode(dst, header.id(), record, payload);
      }
    }
    return new Tail(dst.position(), crc, 0);
  }

  private Segment requireCurrent() {
    if (current == null) {
      throw new AssertionError("records staged without a segment");
    }
    return current;
  }

  private void reserveBuffer(int bytes) {
    if (buffer.remaining() < bytes) {
      ByteBuffer larger = newBuffer(Math.max(2 * buffer.capacity(), buffer.position() + bytes));
      buffer = larger.put(buffer.flip());
    }
  }

  private static ByteBuffer newBuffer(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
