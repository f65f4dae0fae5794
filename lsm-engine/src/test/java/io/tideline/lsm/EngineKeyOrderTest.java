package io.tideline.lsm;

import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.lsm.testing.CrashFileSystem;
import io.tideline.lsm.testing.CrashFileSystem.Order;
import io.tideline.lsm.testing.Seeds;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * Keys are compared as unsigned bytes everywhere: in the sort of a memtable, in merges, in the
 * index of a table and within its blocks. Each of these looks at eight bytes at once behind what
 * keys share; so the keys here are of few different bytes, end with zeros, are prefixes of each
 * other and come in clusters with long common prefixes.
 */
class EngineKeyOrderTest {

  private static final Path DIRECTORY = Path.of("/engine");
  private static final byte[] BYTES = {0, 1, 0x7F, (byte) 0x80, (byte) 0xFF};
  private static final int RUNS = 4;

  private static byte[] randomKey(SplittableRandom random) {
    int shared = random.nextInt(3) * 7;
    byte[] key = new byte[shared + 1 + random.nextInt(14)];
    Arrays.fill(key, 0, shared, BYTES[random.nextInt(2)]);
    for (int i = shared; i < key.length; i++) {
      key[i] = BYTES[random.nextInt(BYTES.length)];
    }
    return key;
  }

  @Test
  void everyWalkAndSearchIsInTheOrderOfUnsignedBytes() throws Exception {
    long seed = Seeds.seedOr(17);
    SplittableRandom random = new SplittableRandom(seed);
    TreeMap<byte[], Long> model = new TreeMap<>(Arrays::compareUnsigned);
    EngineOptions options = EngineOptions.DEFAULTS.withBlockBytes(1 << 10);
    CrashFileSystem disk = new CrashFileSystem(Order.ORDERED);
    try (EngineResources resources = EngineResources.create(disk, 16 << 20, 1 << 20, 1);
        Engine engine = Engine.open(DIRECTORY, options, resources)) {
      WriteBatch batch = new WriteBatch();
      for (int run = 1; run <= RUNS; run++) {
        for (int i = 0; i < 1_500; i++) {
          byte[] key = randomKey(random);
          long index = engine.appliedState().position().index() + 1;
          long id = model.merge(key, 1L, Long::sum);
          engine.apply(
              batch.clear(new LogPosition(index, 1)).append(key, id, index, 0, new byte[20]));
        }
        engine.flush().get();
        check(engine, model, random, seed);
      }
      engine.compactAll().get();
      check(engine, model, random, seed);
    }
  }

  private static void check(
      Engine engine, TreeMap<byte[], Long> model, SplittableRandom random, long seed)
      throws Exception {
    try (ReadView view = engine.view()) {
      try (TimelineCursor cursor = view.timelines(null, null)) {
        for (Map.Entry<byte[], Long> expected : model.entrySet()) {
          assertThat(cursor.next()).as("-Dseed=%d", seed).isTrue();
          assertThat(cursor.key()).as("-Dseed=%d", seed).isEqualTo(expected.getKey());
          assertThat(cursor.head().lastSequenceId()).isEqualTo(expected.getValue());
        }
        assertThat(cursor.next()).isFalse();
      }
      for (int i = 0; i < 1_500; i++) {
        byte[] key = randomKey(random);
        long last = model.getOrDefault(key, 0L);
        assertThat(rows(view, key, Direction.FORWARD)).as("-Dseed=%d", seed).isEqualTo(last);
        assertThat(rows(view, key, Direction.BACKWARD)).as("-Dseed=%d", seed).isEqualTo(last);
        assertThat(firstAtOrAfter(view, key)).isEqualTo(model.ceilingKey(key));
      }
    }
  }

  private static long rows(ReadView view, byte[] key, Direction direction) throws Exception {
    long rows = 0;
    try (RowCursor cursor = view.scan(key, Long.MIN_VALUE, Long.MAX_VALUE, direction)) {
      while (cursor.next()) {
        rows++;
      }
    }
    return rows;
  }

  private static byte @org.jspecify.annotations.Nullable [] firstAtOrAfter(
      ReadView view, byte[] key) throws Exception {
    try (TimelineCursor cursor = view.timelines(key, null)) {
      return cursor.next() ? cursor.key() : null;
    }
  }
}
