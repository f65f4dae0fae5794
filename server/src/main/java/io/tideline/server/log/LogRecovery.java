package io.tideline.server.log;

import io.tideline.lsm.CorruptionException;
import io.tideline.lsm.fs.FileSystem;
import io.tideline.lsm.fs.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a log back: verifies every record, replays them into {@link GroupIndex}es, finds the end.
 *
 * <p>Reads only, so a crash during it changes nothing. All segments but the last ended where the
 * next one's header says. In the last one the records end at the first place that holds no valid
 * record. That place is a <em>torn tail</em>, the rest of a write that a crash interrupted, unless
 * some record behind it says the place was durable when it was written: then it is
 * <em>corruption</em>. A torn write may well leave valid records behind a bad one, for a disk
 * writes its pages in any order.
 */
final class LogRecovery {

  private static final Logger LOG = LoggerFactory.getLogger(LogRecovery.class);

  private final FileSystem fileSystem;
  private final Path directory;
  private final Segments segments = new Segments();
  private final Map<Long, GroupIndex> groups = new TreeMap<>();
  private @Nullable Tail tail;

  LogRecovery(FileSystem fileSystem, Path directory) {
    this.fileSystem = fileSystem;
    this.directory = directory;
  }

  Segments segments() {
    return segments;
  }

  Map<Long, GroupIndex> groups() {
    return groups;
  }

  /** Where the last segment ends, null if there is none. */
  @Nullable Tail tail() {
    return tail;
  }

  /** Numbers of the segment files in a directory, ascending. */
  static List<Long> segmentNumbers(FileSystem fileSystem, Path directory) throws IOException {
    List<Long> numbers = new ArrayList<>();
    for (String name : fileSystem.list(directory)) {
      long number = LogFormat.segmentNumber(name);
      if (number >= 0) {
        numbers.add(number);
      }
    }
    return numbers;
  }

  static SegmentHeader readHeader(Path path, StorageFile file, long number) throws IOException {
    ByteBuffer buffer = LogFormat.allocate(SegmentHeader.BYTES);
    file.read(buffer, 0);
    return SegmentHeader.decode(path, buffer.flip().order(ByteOrder.LITTLE_ENDIAN), number);
  }

  /** Does it all; the files of {@link #segments} are open afterwards, or none if it failed. */
  void run() throws IOException {
    try {
      openSegments();
      List<Segment> all = new ArrayList<>();
      segments.all().forEach(all::add);
      for (int i = 0; i < all.size(); i++) {
        Segment next = i + 1 < all.size() ? all.get(i + 1) : null;
        tail = replay(all.get(i), i == 0, next);
      }
      requireAllEntries();
      groups.values().removeIf(group -> !group.isKnown());
    } catch (IOException | RuntimeException | Error e) {
      segments.close();
      throw e;
    }
  }

  private void openSegments() throws IOException {
    SegmentHeader previous = null;
    for (long number : segmentNumbers(fileSystem, directory)) {
      Path path = directory.resolve(LogFormat.segmentName(number));
      StorageFile file = fileSystem.open(path, FileSystem.Mode.READ);
      try {
        SegmentHeader header = readHeader(path, file, number);
        requireFollows(path, previous, header);
        segments.add(new Segment(path, file, header, file.size()));
        previous = header;
      } catch (IOException | RuntimeException e) {
        file.close();
        throw e;
      }
    }
  }

  static void requireFollows(Path path, @Nullable SegmentHeader previous, SegmentHeader header)
      throws IOException {
    if (previous == null) {
      return;
    }
    if (!header.id().log().equals(previous.id().log())) {
      throw new CorruptionException(
          path, 16, "a segment of log " + previous.id().log(), "one of " + header.id().log());
    }
    if (header.id().number() != previous.id().number() + 1) {
      throw new CorruptionException(
          path,
          32,
          "segment " + (previous.id().number() + 1) + " after " + previous.id().number(),
          "segment " + header.id().number() + "; a file is missing");
    }
  }

  private Tail replay(Segment segment, boolean oldest, @Nullable Segment next) throws IOException {
    SegmentScanner scanner = new SegmentScanner(segment.file(), segment.id(), segment.size());
    SegmentHeader header = segment.header();
    Tail start = new Tail(SegmentHeader.BYTES, header.crc(), SegmentHeader.BYTES);
    Tail checkpointEnd = replayCheckpoint(segment, scanner, start, oldest);
    Tail end = replayRecords(segment, scanner, checkpointEnd, next);
    if (next != null) {
      requireEnd(segment, end, next);
    }
    return end;
  }

  private Tail replayCheckpoint(Segment segment, SegmentScanner scanner, Tail start, boolean oldest)
      throws IOException {
    long known = groups.values().stream().filter(GroupIndex::isKnown).count();
    long checkpoints = 0;
    Tail at = start;
    while (at.offset() < segment.header().checkpointEnd()) {
      SegmentScanner.Found found = scanner.read(at.offset(), at.crc());
      if (!(found instanceof SegmentScanner.Found.Valid(LogRecord record))) {
        throw corruption(segment, at, found);
      }
      requireKind(segment, record, true);
      applyCheckpoint(segment, record, scanner.payload(record), oldest);
      checkpoints++;
      at = new Tail(record.end(), record.headerCrc(), at.syncedEnd());
    }
    if (!oldest) {
      requireCheckpointCount(segment, known, checkpoints);
    }
    return new Tail(at.offset(), at.crc(), at.offset());
  }

  private Tail replayRecords(
      Segment segment, SegmentScanner scanner, Tail start, @Nullable Segment next)
      throws IOException {
    Tail at = start;
    while (next == null || at.offset() < next.header().previousEnd()) {
      SegmentScanner.Found found = scanner.read(at.offset(), at.crc());
      if (!(found instanceof SegmentScanner.Found.Valid(LogRecord record))) {
        if (next != null) {
          throw corruption(segment, at, found);
        }
        requireTorn(segment, scanner, at, found);
        break;
      }
      requireKind(segment, record, false);
      apply(segment, record, scanner);
      at = new Tail(record.end(), record.headerCrc(), record.syncedEnd());
    }
    return at;
  }

  /** Decides between a torn tail, which ends the log, and corruption, which ends everything. */
  private static void requireTorn(
      Segment segment, SegmentScanner scanner, Tail at, SegmentScanner.Found found)
      throws IOException {
    if (!isTorn(scanner, at.offset())) {
      throw corruption(segment, at, found);
    }
    if (found instanceof SegmentScanner.Found.Damaged) {
      LOG.info("log segment {} ends with a torn write at {}", segment.path(), at.offset());
    }
  }

  /** Whether no record behind {@code offset} proves that this place was durable once. */
  static boolean isTorn(SegmentScanner scanner, long offset) throws IOException {
    LogRecord later = scanner.search(offset + LogFormat.ALIGNMENT);
    while (later != null && later.syncedEnd() <= offset) {
      later = scanner.search(later.offset() + LogFormat.ALIGNMENT);
    }
    return later == null;
  }

  private static CorruptionException corruption(
      Segment segment, Tail at, SegmentScanner.Found found) {
    return switch (found) {
      case SegmentScanner.Found.Damaged(String expected, String actual) ->
          new CorruptionException(segment.path(), at.offset(), expected, actual);
      case SegmentScanner.Found.Nothing nothing ->
          new CorruptionException(segment.path(), at.offset(), "a record", "nothing");
      case SegmentScanner.Found.Valid valid ->
          throw new AssertionError("valid record at " + at.offset());
    };
  }

  private static void requireKind(Segment segment, LogRecord record, boolean inCheckpoint)
      throws IOException {
    if (inCheckpoint != (record.type() == RecordType.CHECKPOINT)) {
      throw new CorruptionException(
          segment.path(),
          record.offset(),
          inCheckpoint ? "a checkpoint record" : "no checkpoint record",
          record.type().toString());
    }
  }

  private static void requireEnd(Segment segment, Tail at, Segment next) throws IOException {
    SegmentHeader header = next.header();
    if (at.offset() != header.previousEnd() || at.crc() != header.previousCrc()) {
      throw new CorruptionException(
          segment.path(),
          at.offset(),
          "the end of the segment at "
              + header.previousEnd()
              + " after 0x"
              + Integer.toHexString(header.previousCrc()),
          "0x" + Integer.toHexString(at.crc()));
    }
  }

  private static void requireCheckpointCount(Segment segment, long known, long checkpoints)
      throws IOException {
    if (checkpoints != known) {
      throw new CorruptionException(
          segment.path(),
          SegmentHeader.BYTES,
          "a checkpoint of " + known + " groups, as replayed",
          String.valueOf(checkpoints));
    }
  }

  private void requireAllEntries() throws IOException {
    for (Map.Entry<Long, GroupIndex> group : groups.entrySet()) {
      long missing = group.getValue().firstMissing();
      if (missing >= 0) {
        throw new CorruptionException(
            segments.oldest().path(),
            0,
            "entry " + missing + " of group " + group.getKey() + " in this or a later segment",
            "none; an older segment is missing");
      }
    }
  }

  private void applyCheckpoint(Segment segment, LogRecord record, byte[] payload, boolean oldest)
      throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN);
    long last = buffer.getLong();
    byte[] vote = Arrays.copyOfRange(payload, Long.BYTES, payload.length);
    GroupMeta meta = LogFormat.decodeMeta(record.term(), vote);
    GroupIndex group = group(record.group());
    if (oldest) {
      group.restore(record.index(), last, meta);
    } else if (group.first() != record.index()
        || group.last() != last
        || !group.meta().equals(meta)) {
      throw new CorruptionException(
          segment.path(),
          record.offset(),
          "group %d with entries %d..%d and %s, as replayed"
              .formatted(record.group(), group.first(), group.last(), group.meta()),
          "%d..%d and %s".formatted(record.index(), last, meta));
    }
  }

  private void apply(Segment segment, LogRecord record, SegmentScanner scanner) throws IOException {
    long location = Segments.location(segment.number(), record.offset());
    if (record.type() == RecordType.MARK) {
      return; // About no group.
    }
    if (record.type() == RecordType.MARK) {
      return; // About no group.
    }
    GroupIndex group = group(record.group());
    switch (record.type()) {
      case ENTRY -> {
        if (record.index() != group.last() + 1) {
          throw new CorruptionException(
              segment.path(),
              record.offset(),
              "entry %d of group %d".formatted(group.last() + 1, record.group()),
              "entry " + record.index());
        }
        group.append(record.index(), location, record.payloadLength(), record.tag(), segments);
      }
      case ENTRY_COPY ->
          group.recoverCopy(
              record.index(), location, record.payloadLength(), record.tag(), segments);
      case META -> group.saveMeta(LogFormat.decodeMeta(record.term(), scanner.payload(record)));
      case TRUNCATE_PREFIX -> {
        requireBound(segment, record, group.first(), group.last() + 1);
        group.truncatePrefix(record.index());
        group.freePrefix(record.index(), segments);
      }
      case TRUNCATE_SUFFIX -> {
        requireBound(segment, record, group.first() - 1, group.last());
        group.truncateSuffix(record.index(), segments);
      }
      case RESET -> {
        requireBound(segment, record, 1, Long.MAX_VALUE);
        group.reset(record.index(), segments);
      }
      case DESTROY -> group.destroy(segments);
      case MARK, CHECKPOINT -> throw new AssertionError(record + " among the records of a group");
    }
  }

  private static void requireBound(Segment segment, LogRecord record, long min, long max)
      throws IOException {
    if (record.index() < min || record.index() > max) {
      throw new CorruptionException(
          segment.path(),
          record.offset(),
          "an index in %d..%d for group %d".formatted(min, max, record.group()),
          record.type() + " " + record.index());
    }
  }

  private GroupIndex group(long id) {
    return groups.computeIfAbsent(id, ignored -> new GroupIndex());
  }
}
