package io.tideline.lsm.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.lsm.EngineOptions;
import io.tideline.lsm.TimelineHead;
import io.tideline.lsm.cache.BlockCache;
import io.tideline.lsm.fs.FileSystem.Mode;
import io.tideline.lsm.fs.StorageFile;
import io.tideline.lsm.row.GroupSource;
import io.tideline.lsm.row.Heads;
import io.tideline.lsm.row.InternalKey;
import io.tideline.lsm.row.KeyHash;
import io.tideline.lsm.row.KeyRanges;
import io.tideline.lsm.row.RowSource;
import io.tideline.lsm.row.RowType;
import io.tideline.lsm.testing.CrashFileSystem;
import io.tideline.lsm.testing.CrashFileSystem.Order;
import io.tideline.lsm.testing.Seeds;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Runs of virtual tables against sorted maps, under random bounds. */
class VirtualTableTest {

  private static final UUID ENGINE = new UUID(1, 2);
  private static final UUID HEIR = new UUID(3, 4);
  private static final TableStyle STYLE =
      TableStyle.hot(EngineOptions.DEFAULTS.withBlockBytes(1 << 10));

  private final CrashFileSystem disk = new CrashFileSystem(Order.ORDERED);
  private final BlockCache cache = new BlockCache(1 << 20);
  private final List<TableReader> readers = new ArrayList<>();

  /** Internal key to number of rows; a table each. */
  private final List<TreeMap<byte[], Integer>> contents = new ArrayList<>();

  private static Path path(long id) {
    return Path.of("/" + id + ".sst");
  }

  private static byte[] key(int number) {
    byte[] user = {(byte) (number >>> 8), (byte) number};
    return number < 100 ? InternalKey.of(1, user) : InternalKey.of(InternalKey.TIMELINES, user);
  }

  /** Three tables with ascending keys; some groups fill several blocks. */
  private void writeTables(SplittableRandom random) throws IOException {
    int number = 0;
    for (long id = 1; id <= 3; id++) {
      TreeMap<byte[], Integer> content = new TreeMap<>(Arrays::compareUnsigned);
      for (int i = 0; i < 80; i++) {
        number += 1 + random.nextInt(3);
        boolean large = number >= 100 && random.nextInt(12) == 0;
        content.put(key(number), number < 100 ? 1 : large ? 60 : 1 + random.nextInt(3));
      }
      contents.add(content);
      TableMeta meta = write(id, content);
      readers.add(
          TableReader.open(disk.open(path(id), Mode.READ), path(id), HEIR, id + 7, meta, cache));
    }
  }

  private TableMeta write(long id, TreeMap<byte[], Integer> content) throws IOException {
    try (StorageFile file = disk.open(path(id), Mode.CREATE_NEW)) {
      TableWriter writer = new TableWriter(file, ENGINE, id, STYLE);
      for (Map.Entry<byte[], Integer> group : content.entrySet()) {
        boolean record = !InternalKey.isTimeline(group.getKey());
        int rows = group.getValue();
        TimelineHead head =
            record
                ? Heads.NONE
                : new TimelineHead(rows, TimelineHead.NOTHING_TRIMMED, rows, 0, rows);
        writer.beginGroup(group.getKey(), head, record, false);
        for (int row = 1; row <= rows; row++) {
          int meta = RowType.meta(record ? RowType.PUT : RowType.APPEND, 0);
          writer.add(row, row, meta, new ValueSource(new byte[90]));
        }
        writer.endGroup(true);
      }
      return writer.finish(0, 1);
    }
  }

  private static KeyRanges randomBounds(SplittableRandom random) {
    List<KeyRanges.Range> ranges = new ArrayList<>();
    int at = random.nextInt(60);
    for (int i = 0; i < 1 + random.nextInt(3); i++) {
      int end = at + 1 + random.nextInt(250);
      ranges.add(new KeyRanges.Range(key(at), key(end)));
      at = end + 1 + random.nextInt(60);
    }
    return random.nextInt(5) == 0 ? KeyRanges.ALL : new KeyRanges(ranges);
  }

  @Test
  void onlyKeysWithinTheBoundsAreThere() throws IOException {
    long seed = Seeds.seedOr(5);
    SplittableRandom random = new SplittableRandom(seed);
    writeTables(random);
    for (int round = 0; round < 300; round++) {
      List<TableReader> tables = new ArrayList<>();
      List<KeyRanges> bounds = new ArrayList<>();
      TreeMap<byte[], Integer> expected = new TreeMap<>(Arrays::compareUnsigned);
      KeyRanges same = randomBounds(random);
      for (int t = 0; t < contents.size(); t++) {
        TreeMap<byte[], Integer> content = contents.get(t);
        KeyRanges here = random.nextInt(4) == 0 ? randomBounds(random) : same;
        if (!here.overlaps(content.firstKey(), content.lastKey())) {
          continue; // Such a table is left out of a run.
        }
        tables.add(readers.get(t));
        bounds.add(here);
        content.forEach(
            (key, rows) -> {
              if (here.contains(key)) {
                expected.put(key, rows);
              }
            });
      }
      try {
        if (!tables.isEmpty()) {
          check(new TableRun(tables, bounds), expected, random);
        }
      } catch (Throwable e) {
        throw new AssertionError(Seeds.describe(seed) + ", round " + round, e);
      }
    }
    for (TableReader reader : readers) {
      reader.close();
    }
    cache.close();
  }

  private static void check(
      TableRun run, TreeMap<byte[], Integer> expected, SplittableRandom random) throws IOException {
    assertThat(walk(run, null)).isEqualTo(lines(expected));
    for (int i = 0; i < 5; i++) {
      byte[] from = key(random.nextInt(560));
      assertThat(walk(run, from)).isEqualTo(lines(new TreeMap<>(expected.tailMap(from))));
    }
    long seed = HEIR.getLeastSignificantBits();
    for (int number = 0; number < 560; number++) {
      byte[] key = key(number);
      boolean may = run.mayContain(key, KeyHash.of(key, seed));
      if (expected.containsKey(key)) {
        assertThat(may).as("filters of another engine know %d", number).isTrue();
        try (RowSource rows = run.rows(key)) {
          assertThat(rows.seekGE(1)).isTrue();
          assertThat(rows.seekLT(Long.MAX_VALUE)).isTrue();
          assertThat(rows.sequenceId()).isEqualTo((long) expected.get(key));
        }
      }
    }
  }

  @Test
  void aKeyOutOfBoundsIsNotThereWhateverTheFilterSays() throws IOException {
    writeTables(new SplittableRandom(1));
    byte[] first = contents.getFirst().firstKey();
    KeyRanges without = new KeyRanges(List.of(new KeyRanges.Range(key(99), key(500))));
    TableRun run = new TableRun(readers, List.of(without, without, without));
    long hash = KeyHash.of(first, HEIR.getLeastSignificantBits());
    assertThat(new TableRun(readers).mayContain(first, hash)).isTrue();
    assertThat(run.mayContain(first, hash)).isFalse();
    for (TableReader reader : readers) {
      reader.close();
    }
    cache.close();
  }

  @Test
  void liveBytesAreInterpolatedFromTheIndex() throws IOException {
    writeTables(new SplittableRandom(2));
    TableReader reader = readers.getLast();
    TreeMap<byte[], Integer> content = contents.getLast();
    byte[] middle = content.keySet().stream().skip(content.size() / 2).findFirst().orElseThrow();
    byte[] end = InternalKey.startOf(InternalKey.TIMELINES + 1);
    long low = reader.liveBytes(new KeyRanges(List.of(new KeyRanges.Range(new byte[1], middle))));
    long high = reader.liveBytes(new KeyRanges(List.of(new KeyRanges.Range(middle, end))));
    long size = disk.size(path(3));
    assertThat(low + high).isBetween(size - 1, size + 1);
    assertThat(low).isBetween(size / 5, size * 4 / 5);
    assertThat(reader.liveBytes(KeyRanges.ALL)).isEqualTo(size);
    for (TableReader open : readers) {
      open.close();
    }
    cache.close();
  }

  private static List<String> walk(TableRun run, byte @Nullable [] from) throws IOException {
    List<String> lines = new ArrayList<>();
    try (GroupSource groups = run.groups(true)) {
      for (boolean more = groups.seek(from); more; more = groups.next()) {
        int rows = 0;
        RowSource source = groups.rows();
        for (; source.isValid(); source.next()) {
          rows++;
        }
        lines.add(HexFormat.of().formatHex(groups.key()) + " " + rows);
      }
      assertThat(groups.isValid()).isFalse();
    }
    return lines;
  }

  private static List<String> lines(TreeMap<byte[], Integer> groups) {
    return groups.entrySet().stream()
        .map(e -> HexFormat.of().formatHex(e.getKey()) + " " + e.getValue())
        .toList();
  }
}
