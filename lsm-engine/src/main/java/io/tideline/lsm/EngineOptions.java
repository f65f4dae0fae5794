package io.tideline.lsm;

/**
 * Settings of one engine. Immutable; start from {@link #DEFAULTS} and change with the {@code with}
 * methods.
 *
 * @param memtableBytes a memtable of this size asks to be flushed ({@link Engine#flushAdvised}); at
 *     twice this size the engine rotates it on its own. Bytes, at least 64 KiB
 * @param blockBytes uncompressed size at which a table block is closed, 1 KiB to 1 MiB
 * @param filterBitsPerKey bits of the timeline filter per timeline, 1 to 32
 * @param compression codec of new blocks
 * @param runsPerTier how many age-adjacent runs of similar size are merged into one, 2 to 32
 * @param diskReserveBytes free space below which {@link Engine#pressure} refuses writes, 0 to 1
 *     TiB; flushes may use three quarters of it
 */
public record EngineOptions(
    long memtableBytes,
    int blockBytes,
    int filterBitsPerKey,
    Compression compression,
    int runsPerTier,
    long diskReserveBytes) {

  /** Block codecs. The numbers are on disk and never change. */
  public enum Compression {
    NONE(0),
    LZ4(1),
    ZSTD(2);

    private final int code;

    Compression(int code) {
      this.code = code;
    }

    /** The number on disk. */
    public int code() {
      return code;
    }
  }

  /** 64 MiB memtables, 16 KiB LZ4 blocks, 12 filter bits, 8 runs a tier, 16 MiB kept free. */
  public static final EngineOptions DEFAULTS =
      new EngineOptions(64L << 20, 16 << 10, 12, Compression.LZ4, 8, 16L << 20);

  public EngineOptions {
    check("memtableBytes", memtableBytes, 64L << 10, 1L << 30);
    check("blockBytes", blockBytes, 1 << 10, 1 << 20);
    check("filterBitsPerKey", filterBitsPerKey, 1, 32);
    check("runsPerTier", runsPerTier, 2, 32);
    check("diskReserveBytes", diskReserveBytes, 0, 1L << 40);
  }

  public EngineOptions withMemtableBytes(long bytes) {
    return new EngineOptions(
        bytes, blockBytes, filterBitsPerKey, compression, runsPerTier, diskReserveBytes);
  }

  public EngineOptions withBlockBytes(int bytes) {
    return new EngineOptions(
        memtableBytes, bytes, filterBitsPerKey, compression, runsPerTier, diskReserveBytes);
  }

  public EngineOptions withFilterBitsPerKey(int bits) {
    return new EngineOptions(
        memtableBytes, blockBytes, bits, compression, runsPerTier, diskReserveBytes);
  }

  public EngineOptions withCompression(Compression codec) {
    return new EngineOptions(
        memtableBytes, blockBytes, filterBitsPerKey, codec, runsPerTier, diskReserveBytes);
  }

  public EngineOptions withRunsPerTier(int runs) {
    return new EngineOptions(
        memtableBytes, blockBytes, filterBitsPerKey, compression, runs, diskReserveBytes);
  }

  public EngineOptions withDiskReserveBytes(long bytes) {
    return new EngineOptions(
        memtableBytes, blockBytes, filterBitsPerKey, compression, runsPerTier, bytes);
  }

  private static void check(String name, long value, long min, long max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(name + " " + value + " is outside " + min + ".." + max);
    }
  }
}
