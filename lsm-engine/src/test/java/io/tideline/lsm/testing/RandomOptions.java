package io.tideline.lsm.testing;

import io.tideline.lsm.CompactionScheme;
import io.tideline.lsm.EngineOptions;
import io.tideline.lsm.EngineOptions.Compression;
import java.util.random.RandomGenerator;

/** Settings at and between their extremes: whatever is drawn, an engine shows the same. */
public final class RandomOptions {

  /** The smallest an engine accepts, to have many small tables. */
  private static final int MEMTABLE_BYTES_MIN = 64 << 10;

  private RandomOptions() {}

  public static EngineOptions draw(RandomGenerator random) {
    Compression[] codecs = Compression.values();
    return EngineOptions.DEFAULTS
        .withMemtableBytes((long) MEMTABLE_BYTES_MIN << random.nextInt(4))
        .withBlockBytes(1 << (10 + random.nextInt(6)))
        .withFilterBitsPerKey(1 + random.nextInt(16))
        .withCompression(codecs[random.nextInt(codecs.length)])
        .withRunsPerTier(2 + random.nextInt(4))
        .withScheme(scheme(random));
  }

  /** Windows and ages of a few batches to a few hundred, as model time passes. */
  public static CompactionScheme scheme(RandomGenerator random) {
    return switch (random.nextInt(3)) {
      case 0 -> CompactionScheme.shortTtl(100 + random.nextInt(3_000));
      case 1 -> CompactionScheme.LONG_LIVED.withColdAfterMillis(1 + random.nextInt(3_000));
      default -> CompactionScheme.LONG_LIVED;
    };
  }
}
