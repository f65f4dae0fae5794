package io.tideline.tools.bench.engine;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.Filter;
import org.rocksdb.FlushOptions;
import org.rocksdb.LRUCache;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/**
 * RocksDB through its Java binding: a row's key is the timeline's key and the id, big-endian. No
 * write-ahead log, prefix extractor and prefix Bloom filter on the timeline, direct buffers, one
 * iterator for all scans of a phase.
 */
final class RocksSubject implements Subject {
  /**
   * As many as our {@code EngineOptions.filterBitsPerKey} would need for the same rate of error.
   */
  private static final double FILTER_BITS = 10;

  /** The newest that all releases since 8.6 read. */
  private static final int FORMAT_VERSION = 6;

  /** One flush and one compaction at a time, as an engine of ours has. */
  private static final int BACKGROUND_JOBS = 2;

  /** How often it is asked whether background work is left. */
  private static final long DRAIN_POLL_NANOS = 2_000_000;

  /**
   * Polls in a row without running work after which it is idle, whatever is said to be pending:
   * universal compaction may report a need for ever that it finds nothing to do about.
   */
  private static final int DRAIN_IDLE_POLLS = 100;

  private static final int VALUE_BYTES_MAX = 8 << 20;
  private static final double GIBIBYTE = 1L << 30;

  private final Deque<AutoCloseable> opened;
  private final RocksDB db;
  private final WriteOptions writeOptions;
  private final ReadOptions readOptions;
  private final WriteBatch batch;
  private final ByteBuffer key = direct(TimelineKeys.ROW_KEY_BYTES);
  private final ByteBuffer foundKey = direct(TimelineKeys.ROW_KEY_BYTES);
  private final ByteBuffer value = direct(VALUE_BYTES_MAX);
  private @Nullable RocksIterator iterator;

  private RocksSubject(Deque<AutoCloseable> opened, RocksDB db) {
    this.opened = opened;
    this.db = db;
    writeOptions = keep(opened, new WriteOptions().setDisableWAL(true));
    readOptions = keep(opened, new ReadOptions().setPrefixSameAsStart(true));
    batch = keep(opened, new WriteBatch());
  }

  private static ByteBuffer direct(int size) {
    return ByteBuffer.allocateDirect(size).order(ByteOrder.BIG_ENDIAN);
  }

  /** Remembers what must be closed, last opened first. */
  private static <T extends AutoCloseable> T keep(Deque<AutoCloseable> opened, T resource) {
    opened.push(resource);
    return resource;
  }

  static RocksSubject open(Path directory, RoundSpec spec, RocksConfig config) throws IOException {
    RocksDB.loadLibrary();
    Deque<AutoCloseable> opened = new ArrayDeque<>();
    try {
      DBOptions dbOptions =
          keep(opened, new DBOptions())
              .setCreateIfMissing(true)
              .setMaxBackgroundJobs(BACKGROUND_JOBS)
              // There is one writer; hash memtables also demand it.
              .setAllowConcurrentMemtableWrite(false)
              // Without a log the unflushed rows are lost at the end, as ours are.
              .setAvoidFlushDuringShutdown(true)
              .setStatsDumpPeriodSec(0)
              .setStatsPersistPeriodSec(0);
      ColumnFamilyOptions cfOptions = columnFamilyOptions(opened, spec, config);
      RocksDB db =
          keep(
              opened,
              RocksDB.open(
                  dbOptions,
                  directory.toString(),
                  java.util.List.of(
                      new ColumnFamilyDescriptor(RocksDB.DEFAULT_COLUMN_FAMILY, cfOptions)),
                  new java.util.ArrayList<ColumnFamilyHandle>()));
      return new RocksSubject(opened, db);
    } catch (RocksDBException failure) {
      closeAll(opened);
      throw new IOException("cannot open RocksDB in " + directory, failure);
    }
  }

  private static ColumnFamilyOptions columnFamilyOptions(
      Deque<AutoCloseable> opened, RoundSpec spec, RocksConfig config) {
    Cache cache = keep(opened, new LRUCache(spec.blockCacheBytes()));
    Filter filter = keep(opened, new BloomFilter(FILTER_BITS, false));
    // Index and filter blocks stay in memory outside the cache (the default), as ours do.
    BlockBasedTableConfig table =
        new BlockBasedTableConfig()
            .setBlockSize(RoundSpec.BLOCK_BYTES)
            .setBlockCache(cache)
            .setFilterPolicy(filter)
            .setWholeKeyFiltering(false)
            .setOptimizeFiltersForMemory(true)
            .setFormatVersion(FORMAT_VERSION);
    ColumnFamilyOptions options =
        keep(opened, new ColumnFamilyOptions())
            .setWriteBufferSize(spec.memtableBytes())
            .setMaxWriteBufferNumber(RoundSpec.MEMTABLES_MAX)
            .setCompressionType(
                spec.zstd() ? CompressionType.ZSTD_COMPRESSION : CompressionType.LZ4_COMPRESSION)
            .useFixedLengthPrefixExtractor(TimelineKeys.BYTES)
            .setTableFormatConfig(table);
    config.memtable(options, spec.memtableBytes());
    config.compaction(options);
    return options;
  }

  private ByteBuffer rowKey(byte[] timeline, long id) {
    key.clear();
    return key.put(timeline).putLong(id).flip();
  }

  @Override
  public void apply(RowBatch rows) throws IOException {
    try {
      batch.clear();
      for (int i = 0; i < rows.count; i++) {
        value.clear();
        value.put(rows.values[i]).flip();
        batch.put(rowKey(rows.timelines[i], rows.sequenceIds[i]), value);
      }
      db.write(writeOptions, batch);
    } catch (RocksDBException failure) {
      throw new IOException("RocksDB refused a batch", failure);
    }
  }

  @Override
  public void drain() throws IOException, InterruptedException {
    try (FlushOptions options = new FlushOptions().setWaitForFlush(true)) {
      db.flush(options);
      int idlePolls = 0;
      while (idlePolls < DRAIN_IDLE_POLLS && (idlePolls == 0 || isPending())) {
        LockSupport.parkNanos(DRAIN_POLL_NANOS);
        if (Thread.interrupted()) {
          throw new InterruptedException("interrupted while RocksDB was compacting");
        }
        idlePolls = isRunning() ? 0 : idlePolls + 1;
      }
    } catch (RocksDBException failure) {
      throw new IOException("RocksDB could not flush", failure);
    }
  }

  private boolean isRunning() throws RocksDBException {
    return db.getLongProperty("rocksdb.num-running-flushes") > 0
        || db.getLongProperty("rocksdb.num-running-compactions") > 0;
  }

  private boolean isPending() throws RocksDBException {
    return db.getLongProperty("rocksdb.mem-table-flush-pending") > 0
        || db.getLongProperty("rocksdb.compaction-pending") > 0;
  }

  /** From the statistics RocksDB always keeps; tickers would cost it time at every operation. */
  @Override
  public Written written() throws IOException {
    try {
      Map<String, String> stats = db.getMapProperty("rocksdb.cfstats");
      double written = number(stats, "compaction.Sum.WriteGB") * GIBIBYTE;
      double amplification = number(stats, "compaction.Sum.WriteAmp");
      long flushed = amplification == 0 ? 0 : Math.round(written / amplification);
      return new Written(flushed, Math.round(written) - flushed);
    } catch (RocksDBException failure) {
      throw new IOException("RocksDB has no statistics", failure);
    }
  }

  /** Its threads are not the JVM's. */
  @Override
  public Map<String, Long> backgroundCpuNanos() {
    return Map.of();
  }

  @Override
  public long liveTableBytes() throws IOException {
    try {
      return db.getLongProperty("rocksdb.live-sst-files-size");
    } catch (RocksDBException failure) {
      throw new IOException("RocksDB has no statistics", failure);
    }
  }

  private static double number(Map<String, String> stats, String name) throws IOException {
    String text = stats.get(name);
    if (text == null) {
      throw new IOException("RocksDB's statistics have no " + name + ", only " + stats.keySet());
    }
    return Double.parseDouble(text);
  }

  @Override
  public void beginReads() {
    if (iterator != null) {
      iterator.close();
    }
    iterator = db.newIterator(readOptions);
  }

  private RocksIterator iterator() {
    if (iterator == null) {
      throw new IllegalStateException("reads have not begun");
    }
    return iterator;
  }

  @Override
  public long scanForward(byte[] timeline, long fromId, int limit) throws IOException {
    RocksIterator rows = iterator();
    rows.seek(rowKey(timeline, fromId));
    return sumOfIds(rows, RocksIterator::next, limit);
  }

  @Override
  public long scanBackward(byte[] timeline, long fromId, int limit) throws IOException {
    RocksIterator rows = iterator();
    rows.seekForPrev(rowKey(timeline, fromId));
    return sumOfIds(rows, RocksIterator::prev, limit);
  }

  /** Reads rows from where the iterator stands. */
  private long sumOfIds(RocksIterator rows, Consumer<RocksIterator> step, int limit)
      throws IOException {
    long sum = 0;
    int read = 0;
    while (rows.isValid()) {
      sum += readRow(rows);
      if (++read == limit) {
        return sum;
      }
      step.accept(rows);
    }
    checkStatus(rows);
    return sum;
  }

  /** Copies the row at the iterator out; returns its id. */
  private long readRow(RocksIterator rows) {
    foundKey.clear();
    rows.key(foundKey);
    value.clear();
    rows.value(value);
    return foundKey.getLong(TimelineKeys.BYTES);
  }

  private static void checkStatus(RocksIterator rows) throws IOException {
    try {
      rows.status();
    } catch (RocksDBException failure) {
      throw new IOException("RocksDB could not read", failure);
    }
  }

  @Override
  public int get(byte[] timeline, long id) throws IOException {
    try {
      value.clear();
      int size = db.get(readOptions, rowKey(timeline, id), value);
      return size == RocksDB.NOT_FOUND ? -1 : size;
    } catch (RocksDBException failure) {
      throw new IOException("RocksDB could not read", failure);
    }
  }

  @Override
  public boolean hasNewer(byte[] timeline, long lastSeenId) {
    RocksIterator rows = iterator();
    rows.seek(rowKey(timeline, lastSeenId + 1));
    return rows.isValid();
  }

  @Override
  public long runs() throws IOException {
    try {
      long files = Long.parseLong(db.getProperty("rocksdb.num-files-at-level0"));
      for (int level = 1; level < db.numberLevels(); level++) {
        String count = db.getProperty("rocksdb.num-files-at-level" + level);
        files += Long.parseLong(count) > 0 ? 1 : 0;
      }
      return files;
    } catch (RocksDBException failure) {
      throw new IOException("RocksDB has no statistics", failure);
    }
  }

  @Override
  public void close() throws IOException {
    if (iterator != null) {
      iterator.close();
      iterator = null;
    }
    closeAll(opened);
  }

  private static void closeAll(Deque<AutoCloseable> opened) throws IOException {
    while (!opened.isEmpty()) {
      try {
        opened.pop().close();
      } catch (Exception failure) {
        throw new IOException("RocksDB could not be closed", failure);
      }
    }
  }
}
