package io.tideline.server.log;

import static io.tideline.server.log.GroupLog.await;
import static io.tideline.server.log.LogFixture.DIRECTORY;
import static io.tideline.server.log.LogFixture.entries;
import static io.tideline.server.log.LogFixture.entry;
import static io.tideline.server.log.LogFixture.open;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tideline.lsm.CorruptionException;
import io.tideline.lsm.fs.FileSystem.Mode;
import io.tideline.lsm.fs.StorageFile;
import io.tideline.lsm.testing.CrashFileSystem;
import io.tideline.lsm.testing.CrashFileSystem.Order;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** The bytes on disk: what they are, and that none of them can change unnoticed. */
class LogFormatTest {

  private static final Path GOLDEN = Path.of("src/test/resources/io/tideline/server/log");

  /** One segment that is sealed and one that was closed, with every kind of record. */
  private static CrashFileSystem writeLog() throws IOException {
    CrashFileSystem disk = LogFixture.newDisk(Order.ORDERED);
    try (GroupLog log = open(disk)) {
      await(log.group(1).saveMeta(new GroupMeta(3, "n1:7421")));
      await(log.group(1).append(1, entries(3, 100, 4)));
      await(log.group(2).append(1, List.of(new LogEntry(1, 7, "conf".getBytes(UTF_8)))));
      await(log.group(1).truncateSuffix(3));
      await(log.group(3).reset(43));
      await(log.group(4).append(1, entries(1, 1, 1)));
      await(log.group(4).destroy());
    }
    try (GroupLog log = open(disk)) {
      await(log.group(1).truncatePrefix(2));
      await(log.group(1).append(4, List.of(entry(4, "x".repeat(20)), entry(4, ""))));
      await(log.group(2).saveMeta(new GroupMeta(9, "")));
    }
    return disk;
  }

  @Test
  void segmentsEqualTheGoldenFiles() throws IOException {
    CrashFileSystem disk = writeLog();
    for (int number = 1; number <= 2; number++) {
      byte[] written = used(disk, number);
      String name = "segment-v1-" + number + ".bin";
      if (Boolean.getBoolean("golden.rewrite")) {
        Files.createDirectories(GOLDEN);
        Files.write(GOLDEN.resolve(name), written);
      }
      assertThat(written).as(name).isEqualTo(golden(name));
    }
  }

  @Test
  void goldenFilesAreReadAsTheyWereMeant() throws IOException {
    CrashFileSystem disk = LogFixture.newDisk(Order.ORDERED);
    disk.createDirectories(DIRECTORY);
    for (int number = 1; number <= 2; number++) {
      Path path = DIRECTORY.resolve(LogFormat.segmentName(number));
      try (StorageFile file = disk.open(path, Mode.CREATE_NEW)) {
        file.write(ByteBuffer.wrap(golden("segment-v1-" + number + ".bin")), 0);
      }
    }
    assertThat(recover(disk))
        .containsExactly(
            "1: 2..5 [3:101, 3:102, 4:" + "x".repeat(20) + ", 4:] 3 n1:7421",
            "2: 1..1 [1:conf#7] 9 ",
            "3: 43..42 [] 0 ");
  }

  @Test
  void everyFlippedBitIsNoticedOrHarmless() throws IOException {
    CrashFileSystem disk = writeLog();
    List<String> sound = recover(disk);
    int noticed = 0;
    for (int number = 1; number <= 2; number++) {
      Path path = DIRECTORY.resolve(LogFormat.segmentName(number));
      int bytes = used(disk, number).length + 16;
      try (StorageFile file = disk.open(path, Mode.READ_WRITE)) {
        for (int bit = 0; bit < Math.min(bytes, file.size()) * 8; bit++) {
          flip(file, bit);
          noticed += check(disk, sound, path + " bit " + bit) ? 1 : 0;
          flip(file, bit);
        }
      }
    }
    assertThat(recover(disk)).isEqualTo(sound);
    // All but the last mark and the zeros behind it.
    assertThat(noticed).isEqualTo((used(disk, 1).length + used(disk, 2).length - 48) * 8);
  }

  /** True if the damage was noticed; otherwise the content must be what it was. */
  private static boolean check(CrashFileSystem disk, List<String> sound, String context)
      throws IOException {
    try {
      assertThat(recover(disk)).as(context).isEqualTo(sound);
      return false;
    } catch (CorruptionException e) {
      return true;
    }
  }

  @Test
  void inspectorNoticesWhatRecoveryNotices() throws IOException {
    CrashFileSystem disk = writeLog();
    List<String> sound = recover(disk);
    for (int number = 1; number <= 2; number++) {
      Path path = DIRECTORY.resolve(LogFormat.segmentName(number));
      try (StorageFile file = disk.open(path, Mode.READ_WRITE)) {
        int bits = used(disk, number).length * 8;
        for (int bit = 3; bit < bits; bit += 37) {
          flip(file, bit);
          boolean noticed = check(disk, sound, path + " bit " + bit);
          LogInspector.Report report = LogInspector.inspect(disk, DIRECTORY, record -> {});
          assertThat(report.problems().isEmpty()).as(path + " bit " + bit).isEqualTo(!noticed);
          flip(file, bit);
        }
      }
    }
  }

  @Test
  void missingSegmentIsNoticed() throws IOException {
    CrashFileSystem disk = writeLog();
    open(disk).close();
    CrashFileSystem middle = disk.crashClone(0, 100);
    middle.delete(DIRECTORY.resolve(LogFormat.segmentName(2)));
    assertThatThrownBy(() -> open(middle))
        .isInstanceOf(CorruptionException.class)
        .hasMessageContaining("a file is missing");
    CrashFileSystem first = disk.crashClone(0, 100);
    first.delete(DIRECTORY.resolve(LogFormat.segmentName(1)));
    assertThatThrownBy(() -> open(first))
        .isInstanceOf(CorruptionException.class)
        .hasMessageContaining("an older segment is missing");
  }

  @Test
  void segmentOfAnotherLogIsRefused() throws IOException {
    CrashFileSystem disk = writeLog();
    Path path = DIRECTORY.resolve(LogFormat.segmentName(2));
    SegmentId foreign = new SegmentId(new UUID(1, 2), 2);
    try (StorageFile file = disk.open(path, Mode.READ_WRITE)) {
      ByteBuffer header = LogFormat.allocate(SegmentHeader.BYTES);
      new SegmentHeader(foreign, 0, 0, SegmentHeader.BYTES).encodeTo(header);
      file.write(header.flip(), 0);
    }
    assertThatThrownBy(() -> open(disk))
        .isInstanceOf(CorruptionException.class)
        .hasMessageContaining("a segment of log " + LogFixture.LOG_ID);
  }

  @Test
  void newerVersionIsRefusedWithAdvice() throws IOException {
    CrashFileSystem disk = writeLog();
    Path path = DIRECTORY.resolve(LogFormat.segmentName(2));
    try (StorageFile file = disk.open(path, Mode.READ_WRITE)) {
      ByteBuffer header = LogFormat.allocate(SegmentHeader.BYTES);
      file.read(header, 0);
      header.putInt(8, SegmentHeader.VERSION + 1);
      header.putInt(76, LogFormat.crc(header, 0, 76));
      file.write(header.flip(), 0);
    }
    assertThatThrownBy(() -> open(disk))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("has format version 2, this release reads version 1");
  }

  @Test
  void corruptionLeavesTheDirectoryAsItWas() throws IOException {
    CrashFileSystem disk = writeLog();
    Path path = DIRECTORY.resolve(LogFormat.segmentName(2));
    try (StorageFile file = disk.open(path, Mode.READ_WRITE)) {
      flip(file, 8L * (used(disk, 2).length - 200));
    }
    List<String> names = disk.list(DIRECTORY);
    long size = disk.size(path);
    assertThatThrownBy(() -> open(disk))
        .isInstanceOf(CorruptionException.class)
        .hasMessageContaining(path.toString());
    assertThat(disk.list(DIRECTORY)).isEqualTo(names);
    assertThat(disk.size(path)).isEqualTo(size);
    assertThat(disk.openHandles()).isZero();
    disk.lock(DIRECTORY).close();
  }

  @Test
  void inspectorDescribesEveryRecord() throws IOException {
    List<String> records = new ArrayList<>();
    LogInspector.Report report =
        LogInspector.inspect(
            writeLog(),
            DIRECTORY,
            r -> records.add(r.type() + " g" + r.group() + " i" + r.index() + " t" + r.term()));
    assertThat(report.problems()).isEmpty();
    assertThat(report.tornTail()).isFalse();
    assertThat(report.segments()).hasSize(2);
    assertThat(report.segments().getFirst().endOffset())
        .isEqualTo(report.segments().getFirst().fileBytes());
    assertThat(records)
        .startsWith("META g1 i0 t3", "ENTRY g1 i1 t3")
        .contains("TRUNCATE_SUFFIX g1 i3 t0", "RESET g3 i43 t0", "DESTROY g4 i0 t0")
        .contains("CHECKPOINT g1 i1 t3", "TRUNCATE_PREFIX g1 i2 t0", "META g2 i0 t9")
        .endsWith("MARK g0 i0 t0");
  }

  private static byte[] golden(String name) throws IOException {
    try (InputStream in = LogFormatTest.class.getResourceAsStream(name)) {
      return in == null ? new byte[0] : in.readAllBytes();
    }
  }

  /** The bytes of a segment up to its last record. */
  private static byte[] used(CrashFileSystem disk, int number) throws IOException {
    LogInspector.SegmentInfo info =
        LogInspector.inspect(disk, DIRECTORY, record -> {}).segments().get(number - 1);
    try (StorageFile file = disk.open(info.file(), Mode.READ)) {
      ByteBuffer bytes = ByteBuffer.allocate((int) info.endOffset());
      file.read(bytes, 0);
      return bytes.array();
    }
  }

  /** Everything recovery finds, as text; changes nothing on the disk. */
  private static List<String> recover(CrashFileSystem disk) throws IOException {
    LogRecovery recovery = new LogRecovery(disk, DIRECTORY);
    recovery.run();
    List<String> shown = new ArrayList<>();
    try {
      for (Map.Entry<Long, GroupIndex> group : recovery.groups().entrySet()) {
        GroupIndex index = group.getValue();
        List<String> entries = new ArrayList<>();
        for (long i = index.first(); i <= index.last(); i++) {
          entries.add(readEntry(recovery, group.getKey(), index, i));
        }
        shown.add(
            "%d: %d..%d %s %d %s"
                .formatted(
                    group.getKey(),
                    index.first(),
                    index.last(),
                    entries,
                    index.meta().term(),
                    index.meta().vote()));
      }
    } finally {
      recovery.segments().close();
    }
    return shown;
  }

  private static String readEntry(LogRecovery recovery, long group, GroupIndex index, long i)
      throws IOException {
    GroupIndex.Place place = index.locate(i);
    Segment segment = recovery.segments().acquire(place.location());
    try {
      long offset = Segments.offsetOf(place.location());
      LogEntry entry = segment.readEntry(offset, place.payloadLength(), group, i);
      String tag = entry.tag() == 0 ? "" : "#" + entry.tag();
      return entry.term() + ":" + new String(entry.payload(), UTF_8) + tag;
    } finally {
      segment.release();
    }
  }

  private static void flip(StorageFile file, long bit) throws IOException {
    ByteBuffer one = ByteBuffer.allocate(1);
    file.read(one, bit / 8);
    one.put(0, (byte) (one.get(0) ^ 1 << bit % 8));
    file.write(one.flip(), bit / 8);
  }
}
