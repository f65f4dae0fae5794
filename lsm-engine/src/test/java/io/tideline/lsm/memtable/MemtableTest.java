package io.tideline.lsm.memtable;

import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.lsm.LogPosition;
import io.tideline.lsm.TimelineHead;
import io.tideline.lsm.WriteBatch;
import io.tideline.lsm.memory.MemoryPool;
import io.tideline.lsm.row.GroupSource;
import io.tideline.lsm.row.Heads;
import io.tideline.lsm.row.InternalKey;
import io.tideline.lsm.row.KeyHash;
import io.tideline.lsm.row.RowSource;
import io.tideline.lsm.testing.Seeds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MemtableTest {

  private static final long HASH_SEED = 42;
  private static final byte[] T = {1, 2, 3};
  private static final long HASH = KeyHash.of(InternalKey.TIMELINES, T, HASH_SEED);

  private final MemoryPool pool = new MemoryPool(64 << 20);
  private final Memtable memtable = new Memtable(pool, 1, HASH_SEED);

  @AfterEach
  void everySlabComesBack() {
    memtable.release();
    assertThat(pool.usedBytes()).isZero();
    pool.close();
  }

  private void apply(WriteBatch batch) {
    assertThat(memtable.reserve(batch)).isTrue();
    memtable.apply(batch, change -> Heads.NONE);
  }

  private static WriteBatch batch() {
    return new WriteBatch().clear(new LogPosition(1, 1));
  }

  private RowSource rows(int limit) {
    RowSource rows = memtable.rows(HASH, InternalKey.TIMELINES, T, limit);
    assertThat(rows).isNotNull();
    return rows;
  }

  /** Ordered and unordered, cold and hot: every seek and walk equals that of a sorted map. */
  @Test
  void seeksAndWalksLikeASortedMap() throws Exception {
    long seed = Seeds.seedOr(3);
    SplittableRandom random = new SplittableRandom(seed);
    TreeMap<Long, Byte> model = new TreeMap<>();
    for (int i = 0; i < 400; i++) {
      long id = random.nextInt(3) == 0 ? i * 2L : random.nextInt(800);
      byte value = (byte) random.nextInt();
      apply(batch().put(T, id, 1000 + i, 0, new byte[] {value}));
      model.put(id, value);
      if (i < 40 || i % 40 == 0) {
        assertSameWalks(model, random, seed);
      }
    }
  }

  private void assertSameWalks(TreeMap<Long, Byte> model, SplittableRandom random, long seed)
      throws Exception {
    RowSource rows = rows(memtable.limit());
    for (int i = 0; i < 20; i++) {
      long at = random.nextInt(-5, 810);
      List<Long> forward = new ArrayList<>();
      byte[] value = new byte[1];
      for (boolean more = rows.seekGE(at); more; more = rows.next()) {
        forward.add(rows.sequenceId());
        rows.copyValue(value, 0);
        assertThat(value[0]).as(Seeds.describe(seed)).isEqualTo(model.get(rows.sequenceId()));
      }
      assertThat(forward).isEqualTo(List.copyOf(model.tailMap(at).keySet()));
      List<Long> backward = new ArrayList<>();
      for (boolean more = rows.seekLT(at); more; more = rows.prev()) {
        backward.add(rows.sequenceId());
      }
      assertThat(backward).isEqualTo(List.copyOf(model.headMap(at, false).descendingKeySet()));
    }
    rows.close();
  }

  @Test
  void aLimitHidesEverythingWrittenAfterIt() throws Exception {
    List<Integer> limits = new ArrayList<>();
    for (int id = 1; id <= 60; id++) {
      apply(batch().append(T, id, id * 10L, 0, new byte[] {(byte) id}));
      limits.add(memtable.limit());
    }
    apply(batch().put(T, 5, 1, 0, new byte[] {99}).delete(T, 6).trim(T, 3));
    for (int i = 0; i < limits.size(); i++) {
      TimelineHead head = memtable.head(HASH, T, limits.get(i));
      assertThat(head)
          .isEqualTo(
              new TimelineHead(i + 1, TimelineHead.NOTHING_TRIMMED, i + 1, 0, (i + 1) * 10L));
      RowSource rows = rows(limits.get(i));
      assertThat(rows.seekLT(Long.MAX_VALUE)).isTrue();
      assertThat(rows.sequenceId()).isEqualTo(i + 1);
      byte[] value = new byte[1];
      assertThat(rows.seekGE(Math.min(5, i + 1))).isTrue();
      rows.copyValue(value, 0);
      assertThat(value[0]).isEqualTo((byte) Math.min(5, i + 1));
    }
    assertThat(memtable.head(HASH, T, memtable.limit()).trimmedThrough()).isEqualTo(3);
    assertThat(memtable.rows(HASH, InternalKey.TIMELINES, T, 1)).isNull();
  }

  @Test
  void expiredRowsOfAHotTimelineAreSkippedInOneStep() throws Exception {
    for (int id = 1; id <= 5_000; id++) {
      apply(batch().append(T, id, id, 0, new byte[0]));
    }
    RowSource rows = rows(memtable.limit());
    assertThat(rows.seekGE(1)).isTrue();
    assertThat(rows.skipOlder(4_321)).isTrue();
    assertThat(rows.sequenceId()).isEqualTo(4_321);
  }

  @Test
  void groupsComeInKeyOrderWhateverTheKeys() throws Exception {
    SplittableRandom random = new SplittableRandom(Seeds.seedOr(8));
    TreeSet<byte[]> model = new TreeSet<>(Arrays::compareUnsigned);
    for (int i = 0; i < 3_000; i++) {
      // Long common prefixes, prefixes of each other, zero and high bytes.
      byte[] key = new byte[1 + random.nextInt(20)];
      for (int k = 12; k < key.length; k++) {
        key[k] = (byte) (random.nextInt(4) - 1);
      }
      key[0] = (byte) random.nextInt(3);
      model.add(key);
      apply(batch().append(key, i + 1, 1, 0, new byte[0]));
      if (i == 1_000) {
        assertGroups(model);
      }
    }
    assertGroups(model);
  }

  private void assertGroups(TreeSet<byte[]> model) throws Exception {
    List<byte[]> found = new ArrayList<>();
    try (GroupSource groups = memtable.groups(memtable.limit())) {
      for (boolean more = groups.seek(null); more; more = groups.next()) {
        found.add(InternalKey.userKey(groups.key()));
      }
      byte[] middle = List.copyOf(model).get(model.size() / 2);
      assertThat(groups.seek(InternalKey.of(InternalKey.TIMELINES, middle))).isTrue();
      assertThat(InternalKey.userKey(groups.key())).isEqualTo(middle);
    }
    assertThat(found)
        .usingElementComparator(Arrays::compareUnsigned)
        .containsExactlyElementsOf(model);
  }

  @Test
  void aReservationThatFailsChangesNothing() {
    WriteBatch huge = batch();
    for (int i = 0; i < 15; i++) {
      huge.append(T, i + 1, 1, 0, new byte[WriteBatch.VALUE_BYTES_MAX]);
    }
    assertThat(memtable.reserve(huge)).isFalse();
    assertThat(pool.usedBytes()).isZero();
    assertThat(memtable.isEmpty()).isTrue();
  }
}
