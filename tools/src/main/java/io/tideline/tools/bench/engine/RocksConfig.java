package io.tideline.tools.bench.engine;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompactionOptionsUniversal;
import org.rocksdb.CompactionStyle;
import org.rocksdb.HashSkipListMemTableConfig;
import org.rocksdb.SkipListMemTableConfig;

/**
 * The ways RocksDB is set up. Whichever is best at an operation is what ours is compared with
 * there; a new one needs nothing but a constant.
 */
enum RocksConfig {
  /** Universal compaction as it comes. */
  SKIPLIST_UNIVERSAL("skiplist+universal", Memtable.SKIPLIST) {
    @Override
    void compaction(ColumnFamilyOptions options) {
      options.setCompactionStyle(CompactionStyle.UNIVERSAL);
    }
  },
  /** Leveled compaction with dynamic level sizes, RocksDB's default. */
  SKIPLIST_LEVELED("skiplist+leveled", Memtable.SKIPLIST) {
    @Override
    void compaction(ColumnFamilyOptions options) {
      options.setCompactionStyle(CompactionStyle.LEVEL).setLevelCompactionDynamicLevelBytes(true);
    }
  },
  /** Universal compaction that merges as lazily as ours: eight runs at a time. */
  SKIPLIST_TIERED("skiplist+tiered", Memtable.SKIPLIST) {
    @Override
    void compaction(ColumnFamilyOptions options) {
      lazyUniversal(options);
    }
  },
  HASHSKIPLIST_UNIVERSAL("hashskiplist+universal", Memtable.HASH_SKIPLIST) {
    @Override
    void compaction(ColumnFamilyOptions options) {
      options.setCompactionStyle(CompactionStyle.UNIVERSAL);
    }
  },
  HASHSKIPLIST_TIERED("hashskiplist+tiered", Memtable.HASH_SKIPLIST) {
    @Override
    void compaction(ColumnFamilyOptions options) {
      lazyUniversal(options);
    }
  };

  private enum Memtable {
    SKIPLIST,
    HASH_SKIPLIST
  }

  /** One bucket for each row of this size a memtable has room for; a bucket takes 8 bytes. */
  private static final long BYTES_PER_BUCKET = 256;

  /** As many runs as ours merges at once: {@code EngineOptions.runsPerTier}. */
  private static final int RUNS_PER_TIER = 8;

  /** Nothing is ever overwritten, so the space that older versions take is no reason to merge. */
  private static final int SPACE_AMPLIFICATION_PERCENT = 100_000;

  private final String configName;
  private final Memtable memtable;

  RocksConfig(String configName, Memtable memtable) {
    this.configName = configName;
    this.memtable = memtable;
  }

  /** The name it has as a system, for example {@code rocksdb/skiplist+universal}. */
  String systemName() {
    return "rocksdb/" + configName;
  }

  /** Sets the style of compaction. */
  abstract void compaction(ColumnFamilyOptions options);

  private static void lazyUniversal(ColumnFamilyOptions options) {
    options
        .setCompactionStyle(CompactionStyle.UNIVERSAL)
        .setLevel0FileNumCompactionTrigger(RUNS_PER_TIER)
        .setCompactionOptionsUniversal(
            new CompactionOptionsUniversal()
                .setMinMergeWidth(RUNS_PER_TIER)
                .setMaxMergeWidth(RUNS_PER_TIER)
                .setMaxSizeAmplificationPercent(SPACE_AMPLIFICATION_PERCENT));
  }

  /** Sets the memtable, whose size is {@code memtableBytes}. */
  void memtable(ColumnFamilyOptions options, long memtableBytes) {
    options.setMemTableConfig(
        switch (memtable) {
          case SKIPLIST -> new SkipListMemTableConfig();
          case HASH_SKIPLIST ->
              new HashSkipListMemTableConfig().setBucketCount(memtableBytes / BYTES_PER_BUCKET);
        });
  }

  /** Whether its memtable can be walked downwards within a prefix; a hashed one cannot. */
  boolean scansBackward() {
    return memtable == Memtable.SKIPLIST;
  }

  static List<String> systemNames() {
    return Arrays.stream(values()).map(RocksConfig::systemName).toList();
  }

  static Optional<RocksConfig> ofSystem(String systemName) {
    return Arrays.stream(values())
        .filter(config -> config.systemName().equals(systemName))
        .findFirst();
  }
}
