package io.tideline.lsm;

import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.lsm.EngineOptions.Compression;
import io.tideline.lsm.testing.CrashFileSystem;
import io.tideline.lsm.testing.CrashFileSystem.Order;
import io.tideline.lsm.testing.EngineLog;
import io.tideline.lsm.testing.Seeds;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The hash of a range depends on its content, and on nothing but its content. */
class RangeHashTest {

  private static final Path DIRECTORY = Path.of("/engine");
  private static final List<EngineOptions> OPTIONS =
      List.of(
          EngineOptions.DEFAULTS
              .withMemtableBytes(64 << 10)
              .withBlockBytes(1 << 10)
              .withRunsPerTier(2),
          EngineOptions.DEFAULTS.withMemtableBytes(96 << 10).withCompression(Compression.ZSTD),
          EngineOptions.DEFAULTS);

  private static RangeHash hash(EngineLog log, long history, EngineOptions options)
      throws Exception {
    SplittableRandom random = new SplittableRandom(history);
    CrashFileSystem disk = new CrashFileSystem(Order.ORDERED);
    try (EngineResources resources = EngineResources.create(disk, 32 << 20, 1 << 20, 1);
        Engine engine = Engine.open(DIRECTORY, options, resources)) {
      for (int i = 0; i < log.lastIndex(); i++) {
        engine.apply(log.batch(i + 1));
        switch (random.nextInt(12)) {
          case 0 -> engine.flush().get();
          case 1 -> engine.compactAll().get();
          default -> {}
        }
      }
      return engine.rangeHash(KeyRange.ALL);
    }
  }

  @Test
  void replicasWithDifferentHistoriesHaveTheSameHash() throws Exception {
    long seed = Seeds.seedOr(8);
    EngineLog log = new EngineLog(seed, 60, 2_000);
    for (int i = 0; i < 200; i++) {
      log.next();
    }
    RangeHash first = hash(log, seed, OPTIONS.getFirst());
    assertThat(first.rows()).isPositive();
    assertThat(first.records()).isPositive();
    for (int i = 0; i < 6; i++) {
      assertThat(hash(log, seed + i, OPTIONS.get(i % OPTIONS.size())))
          .as(Seeds.describe(seed))
          .isEqualTo(first);
    }
  }

  /** One engine with one row, one head and one record. */
  private static RangeHash small(long id, long millis, int kind, byte[] value, byte[] record)
      throws Exception {
    CrashFileSystem disk = new CrashFileSystem(Order.ORDERED);
    try (EngineResources resources = EngineResources.create(disk, 4 << 20, 1 << 20, 1);
        Engine engine = Engine.open(DIRECTORY, EngineOptions.DEFAULTS, resources)) {
      engine.apply(
          new WriteBatch()
              .clear(new LogPosition(1, 1))
              .append(new byte[] {'k'}, id, millis, kind, value)
              .putRecord(3, new byte[] {'r'}, record, 99));
      return engine.rangeHash(KeyRange.ALL);
    }
  }

  @Test
  void anyChangeChangesTheHash() throws Exception {
    byte[] value = "a value of more than a word".getBytes(java.nio.charset.StandardCharsets.UTF_8);
    RangeHash hash = small(1, 10, 2, value, new byte[] {1});
    assertThat(small(1, 10, 2, value, new byte[] {1})).isEqualTo(hash);
    for (int bit = 0; bit < value.length * 8; bit++) {
      byte[] other = value.clone();
      other[bit >>> 3] ^= (byte) (1 << (bit & 7));
      assertThat(small(1, 10, 2, other, new byte[] {1}).sameContent(hash)).isFalse();
    }
    assertThat(small(2, 10, 2, value, new byte[] {1}).sameContent(hash)).isFalse();
    assertThat(small(1, 11, 2, value, new byte[] {1}).sameContent(hash)).isFalse();
    assertThat(small(1, 10, 3, value, new byte[] {1}).sameContent(hash)).isFalse();
    assertThat(small(1, 10, 2, value, new byte[] {3}).sameContent(hash)).isFalse();
  }

  /** Replicas of different versions compare hashes: the function must not change by accident. */
  @Test
  void theFunctionStaysAsItIs() throws Exception {
    RangeHash hash = small(1, 10, 2, new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9}, new byte[] {1});
    assertThat(Long.toHexString(hash.high()) + " " + Long.toHexString(hash.low()))
        .isEqualTo("65df30c172870013 306392ef64bfef96");
  }

  @Test
  void whatHasExpiredAndIsStillThereDoesNotCount() throws Exception {
    CrashFileSystem disk = new CrashFileSystem(Order.ORDERED);
    try (EngineResources resources = EngineResources.create(disk, 4 << 20, 1 << 20, 1);
        Engine engine = Engine.open(DIRECTORY, EngineOptions.DEFAULTS, resources)) {
      for (int i = 1; i <= 9; i++) {
        engine.apply(
            new WriteBatch()
                .clear(new LogPosition(i, 1))
                .append(new byte[] {'k'}, i, 100L * i, 0, new byte[4])
                .putRecord(0, new byte[] {(byte) i}, new byte[1], 1_000L + i));
      }
      engine.flush().get();
      engine.apply(new WriteBatch().clear(new LogPosition(10, 1)).time(1_005).expireBefore(500));
      RangeHash before = engine.rangeHash(KeyRange.ALL);
      assertThat(before.rows()).isEqualTo(5);
      assertThat(before.records()).isEqualTo(4);
      engine.flush().get();
      engine.compactAll().get();
      assertThat(engine.rangeHash(KeyRange.ALL)).isEqualTo(before);
    }
  }
}
