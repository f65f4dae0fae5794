package io.tideline.lsm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tideline.lsm.inspect.EngineChecker;
import io.tideline.lsm.inspect.EngineInspector;
import io.tideline.lsm.testing.CrashFileSystem;
import io.tideline.lsm.testing.CrashFileSystem.Order;
import io.tideline.lsm.testing.PartitionLog;
import io.tideline.lsm.testing.Workload;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Splits and merges, one fact at a time. */
class EngineSplitTest {

  private static final Path WHOLE = Path.of("/data/whole");
  private static final Path LEFT = Path.of("/data/left");
  private static final Path RIGHT = Path.of("/data/right");
  private static final EngineOptions OPTIONS =
      EngineOptions.DEFAULTS.withMemtableBytes(64 << 10).withBlockBytes(1 << 10);

  private final CrashFileSystem disk = new CrashFileSystem(Order.ORDERED);
  private final EngineResources resources = EngineResources.create(disk, 32 << 20, 1 << 20, 1);

  @AfterEach
  void close() {
    resources.close();
    assertThat(disk.openHandles()).isZero();
  }

  private static byte[] timeline(int number) {
    return String.format("t%04d", number).getBytes(StandardCharsets.US_ASCII);
  }

  /** A thousand timelines with one row each, and a record each in tables 1 and 2. */
  private Engine thousand() throws Exception {
    Engine engine = Engine.open(WHOLE, OPTIONS, resources);
    for (int i = 0; i < 1000; i++) {
      engine.apply(
          new WriteBatch()
              .clear(new LogPosition(i + 1, 1))
              .append(timeline(i), 7, 1_000 + i, 0, new byte[50])
              .putRecord(1, timeline(i), new byte[] {1}, WriteBatch.NEVER)
              .putRecord(2, timeline(i), new byte[] {2}, WriteBatch.NEVER));
    }
    return engine;
  }

  private static EnginePart part(Path directory, byte[] start, byte[] end) {
    return new EnginePart(
        directory,
        new KeyRange(start.length == 0 ? null : start, end.length == 0 ? null : end),
        new LogPosition(5, 5),
        new byte[] {42});
  }

  private static final byte[] OPEN = {};

  private static int timelines(Engine engine) throws Exception {
    int count = 0;
    try (ReadView view = engine.view();
        TimelineCursor cursor = view.timelines(null, null)) {
      while (cursor.next()) {
        count++;
      }
    }
    return count;
  }

  private static int records(Engine engine, int table) throws Exception {
    int count = 0;
    try (ReadView view = engine.view();
        RecordCursor cursor = view.records(table, null, null)) {
      while (cursor.next()) {
        count++;
      }
    }
    return count;
  }

  @Test
  void thePartsShareTheFilesAndTheKeyItselfIsTheRightOnes() throws Exception {
    byte[] key = timeline(400);
    try (Engine engine = thousand()) {
      engine.split(List.of(part(LEFT, OPEN, key), part(RIGHT, key, OPEN)), Set.of(2));
    }
    try (Engine left = Engine.open(LEFT, OPTIONS, resources);
        Engine right = Engine.open(RIGHT, OPTIONS, resources)) {
      assertThat(timelines(left)).isEqualTo(400);
      assertThat(timelines(right)).isEqualTo(600);
      assertThat(records(left, 1)).isEqualTo(400);
      assertThat(records(right, 1)).isEqualTo(600);
      assertThat(records(left, 2)).as("a copied table").isEqualTo(1000);
      assertThat(records(right, 2)).as("a copied table").isEqualTo(1000);
      try (ReadView view = left.view()) {
        assertThat(view.head(key)).isEmpty();
        assertThat(view.record(1, key)).isEmpty();
        try (RowCursor rows = view.scan(key, Long.MIN_VALUE, Long.MAX_VALUE, Direction.FORWARD)) {
          assertThat(rows.next()).isFalse();
        }
      }
      try (ReadView view = right.view()) {
        assertThat(view.head(key)).isPresent();
        assertThat(view.record(1, key)).isPresent();
      }
      assertThat(left.durableState().position()).isEqualTo(new LogPosition(5, 5));
      assertThat(left.durableState().configuration()).containsExactly(42);
    }
    assertThat(EngineChecker.check(disk, LEFT)).isEmpty();
    assertThat(EngineChecker.check(disk, RIGHT)).isEmpty();
    assertThat(EngineInspector.manifest(disk, LEFT).runs().getFirst().tables().getFirst().bounds())
        .as("what inspect tells of the bounds")
        .anyMatch(bound -> bound.contains("timeline 7430343030)"));
  }

  @Test
  void aCompactionLeavesOnlyWhatCounts() throws Exception {
    byte[] key = timeline(100);
    try (Engine engine = thousand()) {
      engine.split(List.of(part(LEFT, OPEN, key), part(RIGHT, key, OPEN)), Set.of());
    }
    EngineInspector.TableInfo shared =
        EngineInspector.manifest(disk, LEFT).runs().getFirst().tables().getFirst();
    assertThat(shared.liveBytes()).isLessThan(shared.size() / 4);
    try (Engine left = Engine.open(LEFT, OPTIONS, resources)) {
      left.compactAll().get();
      assertThat(timelines(left)).isEqualTo(100);
    }
    List<EngineInspector.TableInfo> tables =
        EngineInspector.manifest(disk, LEFT).runs().getFirst().tables();
    assertThat(tables).allMatch(table -> table.bounds().isEmpty());
    assertThat(tables.stream().mapToLong(EngineInspector.TableInfo::groups).sum()).isEqualTo(300);
    assertThat(disk.list(LEFT).stream().filter(name -> name.endsWith(".sst")))
        .hasSameSizeAs(tables);
    assertThat(EngineChecker.check(disk, LEFT)).isEmpty();
    try (Engine right = Engine.open(RIGHT, OPTIONS, resources)) {
      assertThat(timelines(right)).as("files are shared, not taken").isEqualTo(900);
    }
  }

  @Test
  void aPartThatIsThereKeepsWhatItGotSince() throws Exception {
    byte[] key = timeline(500);
    List<EnginePart> parts = List.of(part(LEFT, OPEN, key), part(RIGHT, key, OPEN));
    try (Engine engine = thousand()) {
      engine.split(parts.subList(0, 1), Set.of());
      try (Engine left = Engine.open(LEFT, OPTIONS, resources)) {
        left.apply(
            new WriteBatch()
                .clear(new LogPosition(6, 5))
                .append(timeline(1), 8, 5_000, 0, new byte[1]));
        left.flush().get();
      }
      engine.split(parts, Set.of());
    }
    try (Engine left = Engine.open(LEFT, OPTIONS, resources);
        ReadView view = left.view()) {
      assertThat(view.head(timeline(1)).orElseThrow().lastSequenceId()).isEqualTo(8);
    }
    assertThat(disk.exists(RIGHT)).isTrue();
  }

  @Test
  void aDirectoryOfSomethingElseIsNotOverwritten() throws Exception {
    disk.createDirectories(LEFT);
    try (Engine engine = thousand()) {
      assertThatThrownBy(() -> engine.split(List.of(part(LEFT, OPEN, timeline(5))), Set.of()))
          .isInstanceOf(FileAlreadyExistsException.class);
      assertThat(engine.failure()).isNull();
    }
  }

  @Test
  void theSuggestedKeyCutsTheBytesInHalves() throws Exception {
    try (Engine engine = thousand()) {
      engine.flush().get();
      byte[] key = engine.suggestSplitKey().orElseThrow();
      assertThat(new String(key, StandardCharsets.US_ASCII)).isBetween("t0450", "t0550");
    }
  }

  @Test
  void oneTimelineCannotBeSplit() throws Exception {
    try (Engine engine = Engine.open(WHOLE, OPTIONS, resources)) {
      assertThat(engine.suggestSplitKey()).as("of nothing").isEmpty();
      for (int i = 1; i <= 500; i++) {
        engine.apply(
            new WriteBatch()
                .clear(new LogPosition(i, 1))
                .append(timeline(1), i, i, 0, new byte[100]));
      }
      engine.flush().get();
      assertThat(engine.suggestSplitKey()).isEmpty();
    }
  }

  @Test
  void enginesThatAreNotNeighboursAreNotMerged() throws Exception {
    byte[] key = timeline(500);
    try (Engine engine = thousand()) {
      engine.split(List.of(part(LEFT, OPEN, key), part(RIGHT, key, OPEN)), Set.of());
    }
    EnginePart target = part(Path.of("/data/merged"), OPEN, OPEN);
    try (Engine left = Engine.open(LEFT, OPTIONS, resources);
        Engine right = Engine.open(RIGHT, OPTIONS, resources)) {
      assertThatThrownBy(() -> right.merge(left, key, target, Set.of()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("boundary");
      assertThatThrownBy(() -> left.merge(right, timeline(499), target, Set.of()))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> left.merge(right, timeline(501), target, Set.of()))
          .isInstanceOf(IllegalArgumentException.class);
      assertThat(disk.exists(target.directory())).isFalse();
      left.merge(right, key, target, Set.of());
    }
    try (Engine merged = Engine.open(target.directory(), OPTIONS, resources)) {
      assertThat(timelines(merged)).isEqualTo(1000);
    }
  }

  @Test
  void theSumOfThePartsHashesIsTheHashOfTheWhole() throws Exception {
    PartitionLog log = new PartitionLog(3, 60, 300);
    KeyRange low = new KeyRange(null, Workload.key(20));
    KeyRange high = new KeyRange(Workload.key(20), null);
    try (Engine engine = Engine.open(WHOLE, OPTIONS, resources)) {
      for (int i = 0; i < 120; i++) {
        log.next();
      }
      log.replay(engine, KeyRange.ALL);
      RangeHash whole = engine.rangeHash(KeyRange.ALL);
      assertThat(engine.rangeHash(low).plus(engine.rangeHash(high))).isEqualTo(whole);
      engine.split(List.of(log.part(LEFT, low), log.part(RIGHT, high)), Set.of());
      try (Engine left = Engine.open(LEFT, OPTIONS, resources);
          Engine right = Engine.open(RIGHT, OPTIONS, resources)) {
        assertThat(left.rangeHash(KeyRange.ALL).plus(right.rangeHash(KeyRange.ALL)))
            .isEqualTo(whole);
      }
    }
  }
}
