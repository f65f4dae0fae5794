package io.tideline.lsm.table;

import io.tideline.lsm.EngineOptions;
import io.tideline.lsm.EngineOptions.Compression;

/**
 * How a table is written; readers need none of it.
 *
 * @param blockBytes uncompressed size at which a block is closed
 * @param compression codec of its blocks
 * @param zstdLevel used with {@link Compression#ZSTD} only
 * @param filterBitsPerKey size of a Bloom filter; 0 for a fuse filter
 * @param cold whether the table is marked as written for data that rests
 */
public record TableStyle(
    int blockBytes, Compression compression, int zstdLevel, int filterBitsPerKey, boolean cold) {

  /** Level 1: the ratio of LZ4 and a half for the time of one more copy. */
  private static final int ZSTD_LEVEL_HOT = 1;

  /** Level 3: 3 % smaller than level 1 for half as much time again, paid once. */
  private static final int ZSTD_LEVEL_COLD = 3;

  /** Fewer, larger blocks compress a sixth better; cold rows are read in long scans. */
  private static final int COLD_BLOCK_BYTES = 64 << 10;

  /** For flushes and merges that will be merged again. */
  public static TableStyle hot(EngineOptions options) {
    return new TableStyle(
        options.blockBytes(),
        options.compression(),
        ZSTD_LEVEL_HOT,
        options.filterBitsPerKey(),
        false);
  }

  /** For merges whose output will stay: the denser filter pays. */
  public static TableStyle settled(EngineOptions options) {
    return new TableStyle(options.blockBytes(), options.compression(), ZSTD_LEVEL_HOT, 0, false);
  }

  /** For data that is no longer written to; where nothing is compressed, neither is this. */
  public static TableStyle cold(EngineOptions options) {
    boolean plain = options.compression() == Compression.NONE;
    return new TableStyle(
        Math.max(COLD_BLOCK_BYTES, options.blockBytes()),
        plain ? Compression.NONE : Compression.ZSTD,
        ZSTD_LEVEL_COLD,
        0,
        true);
  }
}
