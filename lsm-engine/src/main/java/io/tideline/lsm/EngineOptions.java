package io.tideline.lsm;

import java.time.Duration;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * Settings of one engine. Immutable; start from {@link #DEFAULTS} and change with the {@code with}
 * methods.
 *
 * @param memtableBytes a memtable of this size asks to be flushed ({@link Engine#flushAdvised}); at
 *     twice this size the engine rotates it on its own. Bytes, at least 64 KiB
 * @param blockBytes uncompressed size at which a table block is closed, 1 KiB to 1 MiB
 * @param filterBitsPerKey bits of the timeline filter per timeline, 1 to 32, in tables that will be
 *     merged again; tables that stay have a fuse filter of about 9 bits
 * @param compression codec of new blocks
 * @param runsPerTier how many age-adjacent runs of similar size are merged into one, 2 to 32
 * @param diskReserveBytes free space below which {@link Engine#pressure} refuses writes, 0 to 1
 *     TiB; flushes may use three quarters of it
 * @param scheme which runs become one, and when
 * @param flushAgeMillis a memtable whose first row is older than this by the local clock asks to be
 *     flushed, so that a quiet partition does not hold its log; milliseconds, at least 1
 * @param flushLogBytes a memtable that holds back this much of the owner's log ({@link
 *     Engine#unflushedLogBytes}) asks to be flushed: it bounds the replay after a crash. Bytes, at
 *     least 64 KiB. {@link Engine#pressure} slows writers down at the same figure and refuses them
 *     at nearly twice
 */
public record EngineOptions(
    long memtableBytes,
    int blockBytes,
    int filterBitsPerKey,
    Compression compression,
    int runsPerTier,
    long diskReserveBytes,
    CompactionScheme scheme,
    long flushAgeMillis,
    long flushLogBytes) {

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

  /**
   * 64 MiB memtables, 16 KiB LZ4 blocks, 12 filter bits, 8 runs a tier, 16 MiB kept free, rows that
   * stay, flushes after 30 minutes or 256 MiB of log.
   */
  public static final EngineOptions DEFAULTS =
      new EngineOptions(
          64L << 20,
          16 << 10,
          12,
          Compression.LZ4,
          8,
          16L << 20,
          CompactionScheme.LONG_LIVED,
          Duration.ofMinutes(30).toMillis(),
          256L << 20);

  public EngineOptions {
    check("memtableBytes", memtableBytes, 64L << 10, 1L << 30);
    check("blockBytes", blockBytes, 1 << 10, 1 << 20);
    check("filterBitsPerKey", filterBitsPerKey, 1, 32);
    check("runsPerTier", runsPerTier, 2, 32);
    check("diskReserveBytes", diskReserveBytes, 0, 1L << 40);
    check("flushAgeMillis", flushAgeMillis, 1, Long.MAX_VALUE);
    check("flushLogBytes", flushLogBytes, 64L << 10, Long.MAX_VALUE / 4);
    Objects.requireNonNull(compression, "compression");
    Objects.requireNonNull(scheme, "scheme");
  }

  public EngineOptions withMemtableBytes(long bytes) {
    return with(draft -> draft.memtableBytes = bytes);
  }

  public EngineOptions withBlockBytes(int bytes) {
    return with(draft -> draft.blockBytes = bytes);
  }

  public EngineOptions withFilterBitsPerKey(int bits) {
    return with(draft -> draft.filterBitsPerKey = bits);
  }

  public EngineOptions withCompression(Compression codec) {
    return with(draft -> draft.compression = codec);
  }

  public EngineOptions withRunsPerTier(int runs) {
    return with(draft -> draft.runsPerTier = runs);
  }

  public EngineOptions withDiskReserveBytes(long bytes) {
    return with(draft -> draft.diskReserveBytes = bytes);
  }

  public EngineOptions withScheme(CompactionScheme newScheme) {
    return with(draft -> draft.scheme = newScheme);
  }

  public EngineOptions withFlushAgeMillis(long millis) {
    return with(draft -> draft.flushAgeMillis = millis);
  }

  public EngineOptions withFlushLogBytes(long bytes) {
    return with(draft -> draft.flushLogBytes = bytes);
  }

  private EngineOptions with(Consumer<Draft> change) {
    Draft draft = new Draft(this);
    change.accept(draft);
    return draft.options();
  }

  /** The settings while one of them is changed. */
  private static final class Draft {
    private long memtableBytes;
    private int blockBytes;
    private int filterBitsPerKey;
    private Compression compression;
    private int runsPerTier;
    private long diskReserveBytes;
    private CompactionScheme scheme;
    private long flushAgeMillis;
    private long flushLogBytes;

    Draft(EngineOptions from) {
      memtableBytes = from.memtableBytes;
      blockBytes = from.blockBytes;
      filterBitsPerKey = from.filterBitsPerKey;
      compression = from.compression;
      runsPerTier = from.runsPerTier;
      diskReserveBytes = from.diskReserveBytes;
      scheme = from.scheme;
      flushAgeMillis = from.flushAgeMillis;
      flushLogBytes = from.flushLogBytes;
    }

    EngineOptions options() {
      return new EngineOptions(
          memtableBytes,
          blockBytes,
          filterBitsPerKey,
          compression,
          runsPerTier,
          diskReserveBytes,
          scheme,
          flushAgeMillis,
          flushLogBytes);
    }
  }

  private static void check(String name, long value, long min, long max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(name + " " + value + " is outside " + min + ".." + max);
    }
  }
}
