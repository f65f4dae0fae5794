package io.tideline.server.log;

import io.tideline.lsm.CorruptionException;
import io.tideline.lsm.fs.FileSystem;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes segments nobody needs, oldest first, and frees the oldest one when the log grows beyond
 * its soft limit: what little is left in it is copied to the end of the log; groups that hold much
 * are reported, so that they flush and truncate.
 *
 * <p>Oldest first and each deletion made durable before the next, so that what a crash leaves is
 * always a log without gaps. Every younger segment starts with a checkpoint of all groups, so
 * nothing but entries can be missed.
 *
 * <p>Threading: the writer thread only, with nothing staged.
 */
final class LogCollector {

  private static final Logger LOG = LoggerFactory.getLogger(LogCollector.class);

  /**
   * A segment with at most this part still live is emptied by copying: one byte copied then frees
   * at least seven.
   */
  private static final int COPY_PART = 8;

  private final FileSystem fileSystem;
  private final Path directory;
  private final GroupLogOptions options;
  private final Segments segments;
  private final SegmentAllocator allocator;
  private final LogWriter writer;
  private final LogCounters counters;
  private final ConcurrentMap<Long, LogGroup> groups;
  private final GroupLogListener listener;

  /** The newest segment when groups were last reported: once for each is enough. */
  private long reportedAt;

  /** A segment whose file could not be deleted, of which was told. */
  private long undeletedSegment;

  /** A segment with an unreadable entry, which cannot be emptied. */
  private long damagedSegment;

  LogCollector(
      FileSystem fileSystem,
      Path directory,
      GroupLogOptions options,
      Segments segments,
      SegmentAllocator allocator,
      LogWriter writer,
      LogCounters counters,
      ConcurrentMap<Long, LogGroup> groups,
      GroupLogListener listener) {
    this.fileSystem = fileSystem;
    this.directory = directory;
    this.options = options;
    this.segments = segments;
    this.allocator = allocator;
    this.writer = writer;
    this.counters = counters;
    this.groups = groups;
    this.listener = listener;
  }

  /**
   * Frees what can be freed. A file that cannot be deleted only takes space: it stays in the log,
   * all younger ones stay too, and it is tried again at the next occasion.
   *
   * @throws IOException if a deletion could not be made durable, or a copy not be written: the log
   *     is not what it should be then
   */
  void collect() throws IOException {
    if (!deleteDead()) {
      return;
    }
    while (isOverLimit() && hasOlderSegments()) {
      Segment oldest = segments.oldest();
      if (oldest.liveBytes() > options.segmentBytes() / COPY_PART || !copyForward(oldest)) {
        reportPinned(oldest);
        return;
      }
      if (!deleteDead()) {
        return;
      }
    }
  }

  /** Whether groups have been asked to let go of a segment and have not. */
  boolean isStuck() {
    return reportedAt != 0 && isOverLimit() && hasOlderSegments();
  }

  /** Asks them again at the next occasion. */
  void reportAgain() {
    reportedAt = 0;
  }

  private boolean isOverLimit() {
    return segments.fileBytes() > options.softLimitBytes() || allocator.isSpaceLow();
  }

  private boolean hasOlderSegments() {
    return segments.count() > 1;
  }

  /** Whether nothing dead is left at the beginning of the log. */
  private boolean deleteDead() throws IOException {
    while (hasOlderSegments() && segments.oldest().liveEntries() == 0) {
      Segment oldest = segments.oldest();
      // First nobody can find a place in it any more, then it goes.
      groups.values().forEach(group -> group.index().forgetUpTo(oldest.number()));
      if (!delete(oldest)) {
        return false;
      }
      segments.remove(oldest);
      fileSystem.syncDirectory(directory);
      LOG.debug("deleted log segment {}", oldest.path());
    }
    return true;
  }

  private boolean delete(Segment segment) {
    try {
      fileSystem.delete(segment.path());
      return true;
    } catch (NoSuchFileException e) {
      return true; // An earlier attempt failed after it had deleted the file.
    } catch (IOException e) {
      if (undeletedSegment != segment.number()) {
        undeletedSegment = segment.number();
        LOG.warn(
            "log segment {} is not needed but cannot be deleted, which is tried again and again:"
                + " see who owns it and what else the system says of the disk",
            segment.path(),
            e);
      }
      return false;
    }
  }

  /** Copies the live entries of a segment to the end of the log; false if some could not be. */
  private boolean copyForward(Segment segment) throws IOException {
    if (segment.number() == damagedSegment) {
      return false;
    }
    writer.forceUnforced();
    List<CompletableFuture<Void>> copies = new ArrayList<>();
    for (LogGroup group : groups.values()) {
      for (long index : group.index().liveIn(segment.number())) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        try {
          writer.stage(new LogRequest.Copy(group, index, read(segment, group, index), done));
        } catch (CorruptionException e) {
          damagedSegment = segment.number();
          LOG.error("log segment {} cannot be freed", segment.path(), e);
          break;
        }
        copies.add(done);
      }
    }
    writer.commit();
    copies.stream()
        .filter(copy -> !copy.isCompletedExceptionally())
        .forEach(copy -> counters.addRewrittenEntry());
    return segment.liveEntries() == 0;
  }

  private static LogEntry read(Segment segment, LogGroup group, long index) throws IOException {
    GroupIndex.Place place = group.index().locate(index);
    if (place == null) {
      throw new AssertionError(
          "live entry %d of group %d has no place".formatted(index, group.id()));
    }
    long offset = Segments.offsetOf(place.location());
    return segment.readEntry(offset, place.payloadLength(), group.id(), index);
  }

  private void reportPinned(Segment segment) {
    long newest = segments.newest().number();
    if (reportedAt == newest) {
      return;
    }
    reportedAt = newest;
    Map<Long, Long> bytes = new HashMap<>();
    for (LogGroup group : groups.values()) {
      long held = group.index().liveBytesIn(segment.number());
      if (held > 0) {
        bytes.put(group.id(), held);
      }
    }
    List<Long> ids = new ArrayList<>(bytes.keySet());
    ids.sort(Comparator.comparing((Long id) -> bytes.get(id)).reversed().thenComparing(id -> id));
    listener.pinned(ids, segment.number(), segments.fileBytes());
  }
}
