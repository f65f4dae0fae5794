package io.tideline.server.log;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tideline.lsm.fs.FileSystem;
import io.tideline.lsm.testing.CrashFileSystem;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;

/** Shortcuts of the tests of this package. */
final class LogFixture {

  static final Path DIRECTORY = Path.of("/node/log");
  static final UUID LOG_ID = new UUID(0x0123_4567_89ab_cdefL, 0xfedc_ba98_7654_3210L);

  /** Small segments, no background work, no timers: the same calls give the same disk. */
  static final GroupLogOptions DETERMINISTIC =
      GroupLogOptions.DEFAULT
          .withSegmentBytes(GroupLogOptions.SEGMENT_BYTES_MIN)
          .withCacheBytes(4 << 10)
          .withSoftLimitBytes(8L * GroupLogOptions.SEGMENT_BYTES_MIN)
          .withIdleMark(Duration.ZERO)
          .withSpareSegment(false);

  private LogFixture() {}

  static GroupLog open(FileSystem fileSystem) throws IOException {
    return open(fileSystem, DETERMINISTIC);
  }

  static GroupLog open(FileSystem fileSystem, GroupLogOptions options) throws IOException {
    return open(fileSystem, options, new RecordingListener());
  }

  static GroupLog open(FileSystem fileSystem, GroupLogOptions options, GroupLogListener listener)
      throws IOException {
    return GroupLog.open(fileSystem, DIRECTORY, options, listener, LOG_ID);
  }

  /** A disk with the log's parent directory on it. */
  static CrashFileSystem newDisk(CrashFileSystem.Order order) throws IOException {
    CrashFileSystem disk = new CrashFileSystem(order);
    disk.createDirectories(DIRECTORY.getParent());
    disk.syncDirectory(Path.of("/"));
    return disk;
  }

  static LogEntry entry(long term, String payload) {
    return new LogEntry(term, 0, payload.getBytes(UTF_8));
  }

  /** Entries with payloads "first", "first+1" ... */
  static List<LogEntry> entries(long term, int first, int count) {
    return IntStream.range(first, first + count)
        .mapToObj(i -> entry(term, String.valueOf(i)))
        .toList();
  }

  /** The entry as text, "term:payload", with "#tag" if it has one; "-" for none. */
  static String show(LogGroup group, long index) throws IOException {
    LogEntry entry = group.read(index);
    if (entry == null) {
      return "-";
    }
    String tag = entry.tag() == 0 ? "" : "#" + entry.tag();
    return entry.term() + ":" + new String(entry.payload(), UTF_8) + tag;
  }

  /** Everything of a group as text. */
  static String show(LogGroup group) throws IOException {
    List<String> shown = new ArrayList<>();
    for (long index = group.firstIndex(); index <= group.lastIndex(); index++) {
      shown.add(show(group, index));
    }
    return group.firstIndex() + " " + shown + " " + group.meta().term() + group.meta().vote();
  }
}
