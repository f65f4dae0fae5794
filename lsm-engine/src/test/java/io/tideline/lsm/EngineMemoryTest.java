package io.tideline.lsm;

import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.lsm.testing.CrashFileSystem;
import io.tideline.lsm.testing.CrashFileSystem.Order;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What an engine holds in memory, and what a read brings into it. */
class EngineMemoryTest {

  private static final Path DIRECTORY = Path.of("/engine");
  private static final EngineOptions SMALL_BLOCKS = EngineOptions.DEFAULTS.withBlockBytes(1 << 10);

  private final CrashFileSystem disk = new CrashFileSystem(Order.ORDERED);

  private static byte[] key(int timeline, int length) {
    return ByteBuffer.allocate(length).putInt(timeline).array();
  }

  private static void append(Engine engine, int timeline, long id) throws Exception {
    long index = engine.appliedState().position().index() + 1;
    engine.apply(
        new WriteBatch()
            .clear(new LogPosition(index, 1))
            .append(key(timeline, 8), id, id, 0, new byte[200]));
  }

  @Test
  void aMemtableOfOneRowHoldsOneSlab() throws Exception {
    try (EngineResources resources = EngineResources.create(disk, 8 << 20, 1 << 20, 1);
        Engine engine = Engine.open(DIRECTORY, EngineOptions.DEFAULTS, resources)) {
      assertThat(resources.memtableBytesUsed()).isZero();
      append(engine, 1, 1);
      assertThat(resources.memtableBytesUsed()).isEqualTo(16 << 10);
    }
  }

  @Test
  void indexesAndFiltersAreCountedWhileTheirTablesAreOpen() throws Exception {
    try (EngineResources resources = EngineResources.create(disk, 8 << 20, 1 << 20, 1)) {
      try (Engine engine = Engine.open(DIRECTORY, EngineOptions.DEFAULTS, resources)) {
        append(engine, 1, 1);
        engine.flush().get();
        assertThat(resources.tableBytesUsed()).isBetween(100L, 1_000L);
      }
      assertThat(resources.tableBytesUsed()).isZero();
    }
  }

  @Test
  void rememberedHeadsStayWithinTheirBytes() throws Exception {
    int timelines = 20_000;
    int keyBytes = 1_000;
    try (EngineResources resources = EngineResources.create(disk, 128 << 20, 1 << 20, 1);
        Engine engine = Engine.open(DIRECTORY, EngineOptions.DEFAULTS, resources)) {
      WriteBatch batch = new WriteBatch().clear(new LogPosition(1, 1));
      for (int t = 0; t < timelines; t++) {
        batch.append(key(t, keyBytes), t + 1, 1, 0, new byte[0]);
      }
      engine.apply(batch);
      engine.flush().get();
      try (ReadView view = engine.view()) {
        for (int round = 0; round < 2; round++) {
          for (int t = 0; t < timelines; t++) {
            assertThat(view.head(key(t, keyBytes)).orElseThrow().lastSequenceId()).isEqualTo(t + 1);
          }
        }
        long misses = resources.headCacheMisses();
        assertThat(view.head(key(timelines - 1, keyBytes))).isPresent();
        assertThat(resources.headCacheMisses()).isEqualTo(misses);
      }
      assertThat(resources.headCacheHits()).isPositive();
      assertThat(resources.headCacheBytesUsed()).isBetween(8L << 20, 16L << 20);
    }
  }

  @Test
  void aLongScanDoesNotFillTheCache() throws Exception {
    int rows = 4_000;
    try (EngineResources resources = EngineResources.create(disk, 8 << 20, 64 << 20, 1);
        Engine engine = Engine.open(DIRECTORY, SMALL_BLOCKS, resources)) {
      for (int id = 1; id <= rows; id++) {
        append(engine, 1, id);
      }
      engine.flush().get();
      for (Direction direction : Direction.values()) {
        long seen = 0;
        try (ReadView view = engine.view();
            RowCursor cursor = view.scan(key(1, 8), Long.MIN_VALUE, Long.MAX_VALUE, direction)) {
          for (; cursor.next(); seen++) {
            long expected = direction == Direction.FORWARD ? seen + 1 : rows - seen;
            assertThat(cursor.sequenceId()).isEqualTo(expected);
          }
        }
        assertThat(seen).isEqualTo(rows);
      }
      // Some 64 blocks from each end, of more than 800.
      assertThat(resources.blockCacheBytesUsed()).isBetween(64L << 10, 192L << 10);
    }
  }

  @Test
  void aScanFromTheFirstRowReadsTheOldestRunOnly() throws Exception {
    int runs = 6;
    try (EngineResources resources = EngineResources.create(disk, 8 << 20, 1 << 20, 1);
        Engine engine = Engine.open(DIRECTORY, EngineOptions.DEFAULTS, resources)) {
      for (int run = 1; run <= runs; run++) {
        append(engine, 1, run);
        engine.flush().get();
      }
      try (ReadView view = engine.view();
          RowCursor cursor =
              view.scan(key(1, 8), Long.MIN_VALUE, Long.MAX_VALUE, Direction.FORWARD)) {
        for (int run = 1; run <= runs; run++) {
          assertThat(cursor.next()).isTrue();
          assertThat(cursor.sequenceId()).isEqualTo(run);
          assertThat(resources.blockCacheMisses()).isEqualTo(run);
        }
        assertThat(cursor.next()).isFalse();
      }
    }
  }

  @Test
  void aPollBehindTheLastRowReadsNothingOnceItsHeadIsKnown() throws Exception {
    try (EngineResources resources = EngineResources.create(disk, 8 << 20, 1 << 20, 1);
        Engine engine = Engine.open(DIRECTORY, EngineOptions.DEFAULTS, resources)) {
      append(engine, 1, 7);
      engine.flush().get();
      try (ReadView view = engine.view()) {
        assertThat(view.head(key(1, 8)).orElseThrow().lastSequenceId()).isEqualTo(7);
        long before = resources.blockCacheHits() + resources.blockCacheMisses();
        try (RowCursor cursor = view.scan(key(1, 8), 8, Long.MAX_VALUE, Direction.FORWARD)) {
          assertThat(cursor.next()).isFalse();
        }
        assertThat(resources.blockCacheHits() + resources.blockCacheMisses()).isEqualTo(before);
        try (RowCursor cursor = view.scan(key(1, 8), 7, Long.MAX_VALUE, Direction.FORWARD)) {
          assertThat(cursor.next()).isTrue();
        }
      }
    }
  }
}
