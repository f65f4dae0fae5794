package io.tideline.lsm.bench;

import io.tideline.lsm.EngineOptions;
import io.tideline.lsm.LogPosition;
import io.tideline.lsm.WriteBatch;
import io.tideline.lsm.cache.BlockCache;
import io.tideline.lsm.fs.FileSystem;
import io.tideline.lsm.fs.RealFileSystem;
import io.tideline.lsm.fs.StorageFile;
import io.tideline.lsm.memory.MemoryPool;
import io.tideline.lsm.memtable.Memtable;
import io.tideline.lsm.row.GroupSource;
import io.tideline.lsm.row.Heads;
import io.tideline.lsm.row.InternalKey;
import io.tideline.lsm.row.KeyHash;
import io.tideline.lsm.row.RowSource;
import io.tideline.lsm.table.TableMeta;
import io.tideline.lsm.table.TableReader;
import io.tideline.lsm.table.TableStyle;
import io.tideline.lsm.table.TableWriter;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * Tables with the same timelines, the ids of each going on from table to table, in a temporary
 * directory.
 *
 * <p>Lifetime: {@link #close} removes the directory.
 */
final class BenchTables implements Closeable {
  static final UUID ENGINE = new UUID(0x0123456789abcdefL, 0x1122334455667788L);
  static final int TIMELINES = 20_000;
  static final int ROWS_PER_TIMELINE = 10;
  private static final byte[] VALUE = new byte[200];
  private static final long CACHE_BYTES = 512L << 20;
  private static final long POOL_BYTES = 256L << 20;
  private static final int KEY_BYTES = 16;

  /** Multiplied with this, numbers that follow each other are far apart. */
  private static final long SPREAD = 0x9e3779b97f4a7c15L;

  private final Path directory;
  private final BlockCache cache = new BlockCache(CACHE_BYTES);
  private final List<TableReader> tables = new ArrayList<>();

  BenchTables(int count) throws IOException {
    directory = Files.createTempDirectory("tideline-jmh-");
    for (int i = 0; i < count; i++) {
      tables.add(write(i + 1));
    }
  }

  /** Newest first. */
  List<TableReader> tables() {
    return tables.reversed();
  }

  /** Name of a timeline; numbers from {@link #TIMELINES} upwards name timelines that are absent. */
  static byte[] timeline(int number) {
    return ByteBuffer.allocate(KEY_BYTES).putLong(number * SPREAD).putLong(number).array();
  }

  static byte[] key(int number) {
    return InternalKey.of(InternalKey.TIMELINES, timeline(number));
  }

  static long hash(byte[] key) {
    return KeyHash.of(key, ENGINE.getLeastSignificantBits());
  }

  /** As a flush does: from a memtable, group by group. */
  private TableReader write(int id) throws IOException {
    FileSystem disk = new RealFileSystem();
    Path path = directory.resolve(id + ".sst");
    TableMeta meta;
    try (MemoryPool pool = new MemoryPool(POOL_BYTES)) {
      Memtable memtable = new Memtable(pool, id, ENGINE.getLeastSignificantBits());
      fill(memtable, id);
      memtable.freeze();
      try (StorageFile file = disk.open(path, FileSystem.Mode.CREATE_NEW)) {
        TableWriter writer =
            new TableWriter(file, ENGINE, id, TableStyle.hot(EngineOptions.DEFAULTS));
        copy(memtable.groups(memtable.limit()), writer);
        meta = writer.finish(id, id);
      }
      memtable.release();
    }
    return TableReader.open(disk.open(path, FileSystem.Mode.READ), path, ENGINE, id, meta, cache);
  }

  private static void fill(Memtable memtable, int id) {
    WriteBatch batch = new WriteBatch();
    long first = (long) (id - 1) * ROWS_PER_TIMELINE;
    for (int timeline = 0; timeline < TIMELINES; timeline++) {
      batch.clear(new LogPosition(timeline + 1, 1));
      for (int row = 1; row <= ROWS_PER_TIMELINE; row++) {
        batch.append(timeline(timeline), first + row, id, 0, VALUE);
      }
      if (!memtable.reserve(batch)) {
        throw new IllegalStateException("the pool has no room for a table's rows");
      }
      memtable.apply(batch, change -> Heads.NONE);
    }
  }

  private static void copy(GroupSource groups, TableWriter writer) throws IOException {
    for (boolean more = groups.seek(null); more; more = groups.next()) {
      writer.beginGroup(groups.keyBuffer(), groups.keyLength(), groups.head(), false, false);
      RowSource rows = groups.rows();
      for (boolean row = rows.isValid(); row; row = rows.next()) {
        writer.add(rows.sequenceId(), rows.timestampMillis(), rows.meta(), rows);
      }
      writer.endGroup(true);
    }
    groups.close();
  }

  @Override
  public void close() throws IOException {
    for (TableReader table : tables) {
      table.close();
    }
    cache.close();
    deleteTree(directory);
  }

  static void deleteTree(Path root) throws IOException {
    List<Path> all;
    try (Stream<Path> found = Files.walk(root)) {
      all = found.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : all) {
      Files.delete(path);
    }
  }
}
