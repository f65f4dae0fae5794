package io.tideline.lsm.compaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.lsm.EngineOptions;
import io.tideline.lsm.LogPosition;
import io.tideline.lsm.WriteBatch;
import io.tideline.lsm.cache.BlockCache;
import io.tideline.lsm.file.FileNames;
import io.tideline.lsm.fs.FileSystem.Mode;
import io.tideline.lsm.memory.MemoryPool;
import io.tideline.lsm.memtable.Memtable;
import io.tideline.lsm.row.GroupSource;
import io.tideline.lsm.row.Heads;
import io.tideline.lsm.row.InternalKey;
import io.tideline.lsm.row.RowSource;
import io.tideline.lsm.table.TableMeta;
import io.tideline.lsm.table.TableReader;
import io.tideline.lsm.table.TableRun;
import io.tideline.lsm.table.TableStyle;
import io.tideline.lsm.testing.CrashFileSystem;
import io.tideline.lsm.testing.CrashFileSystem.Order;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A run cut into many small tables, at every place a cut can fall. */
class RunWriterTest {

  private static final Path DIRECTORY = Path.of("/engine");
  private static final UUID ENGINE = new UUID(1, 2);
  private static final int TIMELINES = 120;
  private static final int ROWS = 3;

  @ParameterizedTest
  @CsvSource({"300, 2000", "341, 2000", "700, 1500", "1, 600", "5000, 2000"})
  void everyGroupIsFoundWholeWhereverATableEnds(int valueBytes, long tableBytes) throws Exception {
    CrashFileSystem disk = new CrashFileSystem(Order.ORDERED);
    disk.createDirectories(DIRECTORY);
    try (MemoryPool pool = new MemoryPool(8 << 20);
        BlockCache cache = new BlockCache(1 << 20)) {
      List<TableMeta> metas = write(disk, pool, valueBytes, tableBytes);
      assertThat(metas.size()).isGreaterThan(3);
      List<TableReader> readers = new ArrayList<>();
      for (TableMeta meta : metas) {
        Path path = DIRECTORY.resolve(FileNames.table(meta.fileId()));
        readers.add(
            TableReader.open(disk.open(path, Mode.READ), path, ENGINE, meta.fileId(), meta, cache));
      }
      check(new TableRun(readers));
      for (TableReader reader : readers) {
        reader.close();
      }
    }
  }

  private static List<TableMeta> write(
      CrashFileSystem disk, MemoryPool pool, int valueBytes, long tableBytes) throws Exception {
    Memtable memtable = new Memtable(pool, 1, ENGINE.getLeastSignificantBits());
    WriteBatch batch = new WriteBatch().clear(new LogPosition(1, 1));
    for (int t = 0; t < TIMELINES; t++) {
      for (int id = 1; id <= ROWS; id++) {
        batch.append(key(t), id, id, 0, new byte[valueBytes + t % 7]);
      }
    }
    assertThat(memtable.reserve(batch)).isTrue();
    memtable.apply(batch, change -> Heads.NONE);
    AtomicLong fileIds = new AtomicLong(1);
    EngineOptions options =
        EngineOptions.DEFAULTS
            .withBlockBytes(1 << 10)
            .withCompression(EngineOptions.Compression.NONE);
    RunWriter writer =
        new RunWriter(
            new RunWriter.Target(
                disk,
                DIRECTORY,
                ENGINE,
                fileIds::getAndIncrement,
                TableStyle.hot(options),
                tableBytes,
                List.of(),
                0,
                1),
            new Retention(2, 0, false), // The first row of each timeline has expired.
            bytes -> {});
    try (GroupSource groups = memtable.groups(-1)) {
      writer.addAll(groups);
    }
    assertThat(writer.rowsExpired()).isEqualTo(TIMELINES);
    memtable.release();
    return writer.finish();
  }

  private static void check(TableRun run) throws Exception {
    for (int t = 0; t < TIMELINES; t++) {
      byte[] key = InternalKey.of(InternalKey.TIMELINES, key(t));
      assertThat(run.head(key).appendedCount()).isEqualTo(ROWS);
      try (RowSource rows = run.rows(key)) {
        assertThat(rows.seekGE(Long.MIN_VALUE)).as("timeline %d", t).isTrue();
        assertThat(rows.sequenceId()).isEqualTo(2);
        assertThat(rows.next()).isTrue();
        assertThat(rows.next()).isFalse();
        assertThat(rows.seekLT(Long.MAX_VALUE)).isTrue();
        assertThat(rows.prev()).isTrue();
        assertThat(rows.sequenceId()).isEqualTo(2);
        assertThat(rows.prev()).isFalse();
      }
    }
    int groups = 0;
    try (GroupSource all = run.groups(false)) {
      for (boolean more = all.seek(null); more; more = all.next()) {
        groups++;
      }
    }
    assertThat(groups).isEqualTo(TIMELINES);
  }

  private static byte[] key(int timeline) {
    return ByteBuffer.allocate(4).putInt(timeline).array();
  }
}
