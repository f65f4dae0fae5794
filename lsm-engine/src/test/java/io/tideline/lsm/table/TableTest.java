package io.tideline.lsm.table;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tideline.lsm.EngineOptions;
import io.tideline.lsm.EngineOptions.Compression;
import io.tideline.lsm.TimelineHead;
import io.tideline.lsm.cache.BlockCache;
import io.tideline.lsm.fs.FileSystem.Mode;
import io.tideline.lsm.fs.StorageFile;
import io.tideline.lsm.row.Heads;
import io.tideline.lsm.row.InternalKey;
import io.tideline.lsm.row.KeyHash;
import io.tideline.lsm.row.RowSource;
import io.tideline.lsm.row.RowType;
import io.tideline.lsm.testing.CrashFileSystem;
import io.tideline.lsm.testing.CrashFileSystem.Order;
import io.tideline.lsm.testing.Golden;
import io.tideline.lsm.testing.Seeds;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class TableTest {

  private static final UUID ENGINE = new UUID(0x0123456789abcdefL, 0x1122334455667788L);
  private static final EngineOptions OPTIONS = EngineOptions.DEFAULTS.withBlockBytes(1 << 10);
  private static final byte[] T = InternalKey.of(InternalKey.TIMELINES, new byte[] {'a'});

  private final CrashFileSystem disk = new CrashFileSystem(Order.ORDERED);

  private static Path path(long id) {
    return Path.of("/" + id + ".sst");
  }

  /** A row made of a byte array. */
  private record Value(byte[] bytes) {
    RowSource source() {
      return new ValueSource(bytes);
    }
  }

  private interface Content {
    void writeTo(TableWriter writer) throws IOException;
  }

  private TableMeta write(long id, EngineOptions options, Content content) throws IOException {
    return write(id, TableStyle.hot(options), content);
  }

  private TableMeta write(long id, TableStyle style, Content content) throws IOException {
    try (StorageFile file = disk.open(path(id), Mode.CREATE_NEW)) {
      TableWriter writer = new TableWriter(file, ENGINE, id, style);
      content.writeTo(writer);
      return writer.finish(3, 9);
    }
  }

  private TableReader open(long id, TableMeta meta, BlockCache cache) throws IOException {
    return TableReader.open(disk.open(path(id), Mode.READ), path(id), ENGINE, id, meta, cache);
  }

  private static TimelineHead head(long last, long rows) {
    return new TimelineHead(last, TimelineHead.NOTHING_TRIMMED, rows, 0, 1000 + last);
  }

  private static void rows(TableWriter writer, long from, long to, int bytes) throws IOException {
    for (long id = from; id <= to; id++) {
      byte[] value = new byte[bytes];
      java.util.Arrays.fill(value, (byte) id);
      writer.add(id, 1000 + id, RowType.meta(RowType.APPEND, 1), new Value(value).source());
    }
  }

  private static void golden(TableWriter writer) throws IOException {
    writer.beginGroup(InternalKey.of(2, new byte[] {'r'}), Heads.NONE, true, false);
    writer.add(
        0, Long.MAX_VALUE, RowType.meta(RowType.PUT, 0), new Value(new byte[] {9, 8, 7}).source());
    writer.endGroup(true);
    writer.beginGroup(T, head(3, 3), false, false);
    rows(writer, 1, 3, 5);
    writer.endGroup(true);
    TimelineHead trimmed = new TimelineHead(70, 40, 70, 2, 5000);
    writer.beginGroup(
        InternalKey.of(InternalKey.TIMELINES, new byte[] {'b', 'b'}), trimmed, false, false);
    writer.addTombstone(41);
    writer.add(60, 4000, RowType.meta(RowType.PUT, 31), new Value(new byte[300]).source());
    rows(writer, 61, 70, 150);
    writer.endGroup(true);
  }

  @ParameterizedTest
  @EnumSource(
      value = Compression.class,
      names = {"NONE"})
  void theFormatIsThatOfTheGoldenFile(Compression compression) throws IOException {
    write(7, OPTIONS.withCompression(compression), TableTest::golden);
    byte[] bytes;
    try (StorageFile file = disk.open(path(7), Mode.READ)) {
      bytes = new byte[(int) file.size()];
      assertThat(file.read(ByteBuffer.wrap(bytes), 0)).isEqualTo(bytes.length);
    }
    Golden.assertSame("table-v1", bytes);
  }

  @Test
  void theFormatOfAFuseFilterIsThatOfTheGoldenFile() {
    long[] hashes = new long[20];
    for (int i = 0; i < hashes.length; i++) {
      hashes[i] = KeyHash.of(key(i), 42);
    }
    Golden.assertSame("fuse-filter-v1", TableFilter.build(hashes, hashes.length, 0));
  }

  @Test
  void aTableForRestingDataSaysSoAndIsSmaller() throws IOException {
    Content text =
        writer -> {
          writer.beginGroup(T, head(400, 400), false, false);
          for (long id = 1; id <= 400; id++) {
            byte[] value = ("message " + id + " of a talk about tides " + id % 7).getBytes(UTF_8);
            writer.add(id, id, RowType.meta(RowType.APPEND, 0), new Value(value).source());
          }
          writer.endGroup(true);
        };
    TableMeta hot = write(1, TableStyle.hot(EngineOptions.DEFAULTS), text);
    TableMeta cold = write(2, TableStyle.cold(EngineOptions.DEFAULTS), text);
    assertThat(hot.properties().has(TableProperties.COLD)).isFalse();
    assertThat(cold.properties().has(TableProperties.COLD)).isTrue();
    assertThat(cold.size()).isLessThan(hot.size());
    try (BlockCache cache = new BlockCache(0);
        TableReader reader = open(2, cold, cache);
        RowSource rows = new TableRun(List.of(reader)).rows(T)) {
      assertThat(forward(rows, 1)).hasSize(400).endsWith(400L);
    }
  }

  @ParameterizedTest
  @EnumSource(Compression.class)
  void whatIsWrittenIsRead(Compression compression) throws IOException {
    TableMeta meta = write(7, OPTIONS.withCompression(compression), TableTest::golden);
    assertThat(meta.properties().rows()).isEqualTo(16);
    assertThat(meta.properties().groups()).isEqualTo(3);
    assertThat(meta.properties().has(TableProperties.HAS_TRIMS)).isTrue();
    try (BlockCache cache = new BlockCache(1 << 20);
        TableReader reader = open(7, meta, cache)) {
      TableRun run = new TableRun(List.of(reader));
      assertThat(run.head(T)).isEqualTo(head(3, 3));
      try (RowSource rows =
          run.rows(InternalKey.of(InternalKey.TIMELINES, new byte[] {'b', 'b'}))) {
        assertThat(rows.seekGE(0)).isTrue();
        assertThat(rows.sequenceId()).isEqualTo(41);
        assertThat(RowType.type(rows.meta())).isEqualTo(RowType.DELETE);
        assertThat(rows.next()).isTrue();
        assertThat(rows.valueSize()).isEqualTo(300);
        assertThat(RowType.kind(rows.meta())).isEqualTo(31);
        assertThat(rows.seekLT(Long.MAX_VALUE)).isTrue();
        assertThat(rows.sequenceId()).isEqualTo(70);
      }
    }
  }

  /**
   * One timeline over many blocks and two tables, with gaps: every seek equals that of a sorted
   * map.
   */
  @Test
  void seeksAcrossBlocksAndTablesLikeASortedMap() throws IOException {
    long seed = Seeds.seedOr(12);
    SplittableRandom random = new SplittableRandom(seed);
    TreeMap<Long, Integer> model = new TreeMap<>();
    while (model.size() < 600) {
      long id = random.nextLong(-1_000_000_000_000L, 1_000_000_000_000L) >> random.nextInt(40);
      model.put(id, model.size());
    }
    List<Long> ids = List.copyOf(model.keySet());
    TimelineHead head = new TimelineHead(ids.getLast(), TimelineHead.NOTHING_TRIMMED, 600, 0, 1);
    TableMeta first = write(1, OPTIONS, writer -> part(writer, ids.subList(0, 350), head, false));
    TableMeta second = write(2, OPTIONS, writer -> part(writer, ids.subList(350, 600), head, true));
    try (BlockCache cache = new BlockCache(64 << 10);
        TableReader one = open(1, first, cache);
        TableReader two = open(2, second, cache);
        RowSource rows = new TableRun(List.of(one, two)).rows(T)) {
      assertThat(one.blockCount()).isGreaterThan(5);
      for (int i = 0; i < 300; i++) {
        long at = ids.get(random.nextInt(ids.size())) + random.nextInt(3) - 1;
        assertThat(forward(rows, at))
            .as(Seeds.describe(seed))
            .isEqualTo(List.copyOf(model.tailMap(at).keySet()));
        assertThat(backward(rows, at))
            .as(Seeds.describe(seed))
            .isEqualTo(List.copyOf(model.headMap(at, false).descendingKeySet()));
      }
    }
  }

  private static void part(TableWriter writer, List<Long> ids, TimelineHead head, boolean continued)
      throws IOException {
    writer.beginGroup(T, head, false, continued);
    for (long id : ids) {
      writer.add(
          id, 1, RowType.meta(RowType.PUT, 0), new Value(new byte[(int) (id & 63)]).source());
    }
    writer.endGroup(continued);
  }

  private static List<Long> forward(RowSource rows, long from) throws IOException {
    List<Long> ids = new ArrayList<>();
    for (boolean more = rows.seekGE(from); more; more = rows.next()) {
      ids.add(rows.sequenceId());
    }
    return ids;
  }

  private static List<Long> backward(RowSource rows, long below) throws IOException {
    List<Long> ids = new ArrayList<>();
    for (boolean more = rows.seekLT(below); more; more = rows.prev()) {
      ids.add(rows.sequenceId());
    }
    return ids;
  }

  @Test
  void theFilterKnowsEveryKeyAndFewOthers() throws IOException {
    checkFilter(TableStyle.hot(OPTIONS), 5_000, 5_000 / 100);
  }

  @ParameterizedTest
  @CsvSource({"1", "2", "3", "7", "50", "333", "20000"})
  void aFuseFilterKnowsEveryKeyAndFewerOthers(int keys) throws IOException {
    checkFilter(TableStyle.settled(OPTIONS), keys, 3 + keys / 170);
  }

  @Test
  void aFuseFilterTakesLessThanTenBitsAKeyAndEqualHashesOnce() {
    long[] hashes = new long[100_000];
    for (int i = 0; i < hashes.length; i++) {
      hashes[i] = KeyHash.of(key(i), 1);
    }
    assertThat(TableFilter.build(hashes, hashes.length, 0).length * 8L)
        .isLessThan(hashes.length * 10L);
    long[] equal = {5, 5, 5, 6};
    assertThat(TableFilter.build(equal, equal.length, 0)).isNotEmpty();
  }

  private void checkFilter(TableStyle style, int keys, int wrongMax) throws IOException {
    TableMeta meta =
        write(
            1,
            style,
            writer -> {
              for (int i = 0; i < keys; i++) {
                writer.beginGroup(key(i), head(1, 1), false, false);
                rows(writer, 1, 1, 1);
                writer.endGroup(true);
              }
            });
    try (BlockCache cache = new BlockCache(0);
        TableReader reader = open(1, meta, cache)) {
      int wrong = 0;
      for (int i = 0; i < 2 * keys; i++) {
        boolean answer = reader.mayContain(KeyHash.of(key(i), ENGINE.getLeastSignificantBits()));
        assertThat(answer || i >= keys).as("key %d", i).isTrue();
        wrong += answer && i >= keys ? 1 : 0;
      }
      assertThat(wrong).as("false positives of %d", keys).isLessThanOrEqualTo(wrongMax);
    }
  }

  private static byte[] key(int i) {
    return InternalKey.of(InternalKey.TIMELINES, ByteBuffer.allocate(4).putInt(i).array());
  }

  @Test
  void theWriterRefusesDisorder() {
    assertThatThrownBy(
            () ->
                write(
                    1,
                    OPTIONS,
                    writer -> {
                      writer.beginGroup(T, head(2, 2), false, false);
                      rows(writer, 2, 2, 1);
                      rows(writer, 2, 2, 1);
                    }))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("ids must ascend");
    assertThatThrownBy(
            () ->
                write(
                    2,
                    OPTIONS,
                    writer -> {
                      writer.beginGroup(T, head(1, 1), false, false);
                      rows(writer, 1, 1, 1);
                      writer.endGroup(true);
                      writer.beginGroup(T, head(1, 1), false, false);
                    }))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("keys must ascend");
  }
}
