package io.tideline.lsm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tideline.lsm.inspect.EngineChecker;
import io.tideline.lsm.testing.Await;
import io.tideline.lsm.testing.CrashFileSystem;
import io.tideline.lsm.testing.CrashFileSystem.Order;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Single facts about the engine, each small enough to be read. */
class EngineTest {

  private static final Path DIRECTORY = Path.of("/engine");
  private static final EngineOptions OPTIONS =
      EngineOptions.DEFAULTS.withMemtableBytes(64 << 10).withBlockBytes(1 << 10);
  private static final byte[] T = key("timeline");

  private final CrashFileSystem disk = new CrashFileSystem(Order.ORDERED);
  private EngineResources resources;
  private Engine engine;
  private long index;

  @BeforeEach
  void open() throws IOException {
    resources = EngineResources.create(disk, 16 << 20, 1 << 20, 1);
    engine = Engine.open(DIRECTORY, OPTIONS, resources);
  }

  /** Closing the resources asserts that no slab and no block is still held. */
  @AfterEach
  void closeAndCheck() throws IOException {
    engine.close();
    assertThat(resources.memtableBytesUsed()).isZero();
    resources.close();
    assertThat(EngineChecker.check(disk, DIRECTORY)).isEmpty();
    assertThat(disk.openHandles()).isZero();
  }

  private void reopen() throws IOException {
    engine.close();
    engine = Engine.open(DIRECTORY, OPTIONS, resources);
    index = engine.durableState().position().index();
  }

  private WriteBatch batch() {
    return new WriteBatch().clear(new LogPosition(++index, 1));
  }

  private static byte[] key(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private void append(byte[] timeline, long id, long millis) throws IOException {
    engine.apply(batch().append(timeline, id, millis, 3, key("value " + id)));
  }

  private List<Long> ids(byte[] timeline, long low, long high, Direction direction)
      throws IOException {
    List<Long> ids = new ArrayList<>();
    try (ReadView view = engine.view();
        RowCursor rows = view.scan(timeline, low, high, direction)) {
      while (rows.next()) {
        ids.add(rows.sequenceId());
      }
    }
    return ids;
  }

  private List<Long> ids(byte[] timeline) throws IOException {
    return ids(timeline, Long.MIN_VALUE, Long.MAX_VALUE, Direction.FORWARD);
  }

  private TimelineHead head(byte[] timeline) throws IOException {
    try (ReadView view = engine.view()) {
      return view.head(timeline).orElseThrow();
    }
  }

  @Test
  void aRowComesBackAsWritten() throws Exception {
    append(T, 1, 1000);
    for (boolean flushed : new boolean[] {false, true}) {
      if (flushed) {
        engine.flush().get();
      }
      try (ReadView view = engine.view();
          RowCursor rows = view.scan(T, 1, 2, Direction.FORWARD)) {
        assertThat(rows.next()).isTrue();
        assertThat(rows.sequenceId()).isEqualTo(1);
        assertThat(rows.timestampMillis()).isEqualTo(1000);
        assertThat(rows.kind()).isEqualTo(3);
        assertThat(rows.value()).isEqualTo(key("value 1"));
        assertThat(rows.next()).isFalse();
        assertThat(rows.next()).isFalse();
      }
    }
  }

  @Test
  void theLargestValueAndKeyFit() throws Exception {
    byte[] longKey = new byte[WriteBatch.KEY_BYTES_MAX];
    byte[] value = new byte[WriteBatch.VALUE_BYTES_MAX];
    for (int i = 0; i < value.length; i++) {
      value[i] = (byte) (i * 31 >>> 3);
    }
    engine.apply(batch().append(longKey, 1, 1, 0, value).append(longKey, 2, 1, 0, value));
    engine.flush().get();
    engine.compactAll().get();
    try (ReadView view = engine.view();
        RowCursor rows = view.scan(longKey, 1, 3, Direction.BACKWARD)) {
      assertThat(rows.next()).isTrue();
      assertThat(rows.next()).isTrue();
      assertThat(rows.sequenceId()).isEqualTo(1);
      assertThat(rows.value()).isEqualTo(value);
    }
  }

  @Test
  void numberingContinuesAfterEveryRowHasExpiredAndIsGone() throws Exception {
    for (int id = 1; id <= 50; id++) {
      append(T, id, 1000 + id);
    }
    engine.flush().get();
    engine.apply(batch().expireBefore(5000));
    engine.flush().get();
    engine.awaitQuiescence();
    engine.compactAll().get();
    assertThat(engine.stats().rowsExpired()).isEqualTo(50);
    reopen();
    assertThat(ids(T)).isEmpty();
    assertThat(head(T)).isEqualTo(new TimelineHead(50, TimelineHead.NOTHING_TRIMMED, 50, 0, 1050));
    try (ReadView view = engine.view()) {
      assertThat(view.firstRetainedSequenceId(T)).contains(51L);
    }
    append(T, 51, 6000);
    assertThat(ids(T)).containsExactly(51L);
    try (ReadView view = engine.view()) {
      assertThat(view.firstRetainedSequenceId(T)).contains(51L);
    }
  }

  @Test
  void anExpiredRunIsRewrittenWithoutBeingAskedTo() throws Exception {
    append(T, 1, 1000);
    engine.flush().get();
    engine.apply(batch().expireBefore(2000));
    engine.flush().get();
    engine.awaitQuiescence();
    assertThat(engine.stats().rowsExpired()).isEqualTo(1);
    assertThat(head(T).lastSequenceId()).isEqualTo(1);
  }

  @Test
  void anExpiredUpdateDoesNotBringBackTheRowItReplaced() throws Exception {
    append(T, 1, 5000);
    engine.flush().get();
    engine.apply(batch().put(T, 1, 1000, 0, key("older clock")));
    engine.apply(batch().expireBefore(3000));
    assertThat(ids(T)).isEmpty();
    engine.flush().get();
    assertThat(ids(T)).isEmpty();
    engine.compactAll().get();
    assertThat(ids(T)).isEmpty();
  }

  @Test
  void trimOutlivesCompactionAndReopen() throws Exception {
    for (int id = 1; id <= 20; id++) {
      append(T, id, id);
    }
    engine.flush().get();
    engine.apply(batch().trim(T, 15));
    assertThat(ids(T)).containsExactly(16L, 17L, 18L, 19L, 20L);
    engine.flush().get();
    engine.compactAll().get();
    reopen();
    assertThat(ids(T)).containsExactly(16L, 17L, 18L, 19L, 20L);
    assertThat(head(T).trimmedThrough()).isEqualTo(15);
    engine.apply(batch().put(T, 7, 100, 0, key("below the mark")));
    assertThat(ids(T)).startsWith(16L);
  }

  @Test
  void aTrimOfAnUnknownTimelineMakesNoTimeline() throws Exception {
    engine.apply(batch().trim(T, 10));
    engine.flush().get();
    try (ReadView view = engine.view();
        TimelineCursor timelines = view.timelines(null, null)) {
      assertThat(view.head(T)).isEmpty();
      assertThat(view.firstRetainedSequenceId(T)).isEmpty();
      assertThat(timelines.next()).isFalse();
    }
  }

  @Test
  void deleteTimelineKeepsTheLastIdAndCountsTheEpoch() throws Exception {
    append(T, 1, 10);
    append(T, 2, 20);
    engine.flush().get();
    engine.apply(batch().deleteTimeline(T));
    assertThat(ids(T)).isEmpty();
    assertThat(head(T)).isEqualTo(new TimelineHead(2, 2, 2, 1, 20));
    append(T, 3, 30);
    engine.flush().get();
    engine.compactAll().get();
    assertThat(ids(T)).containsExactly(3L);
    assertThat(head(T)).isEqualTo(new TimelineHead(3, 2, 3, 1, 30));
  }

  @Test
  void manualIdsInAnyOrderAreReadInOrder() throws Exception {
    long[] order = {50, -7, 12, 3, 0, 49, 12, 51, -8};
    for (long id : order) {
      engine.apply(batch().put(T, id, 1000, 0, key("v" + id + "@" + index)));
      if (id == 3 || id == 12) {
        engine.flush().get();
      }
    }
    assertThat(ids(T)).containsExactly(-8L, -7L, 0L, 3L, 12L, 49L, 50L, 51L);
    assertThat(ids(T, -7, 50, Direction.BACKWARD)).containsExactly(49L, 12L, 3L, 0L, -7L);
    assertThat(head(T).appendedCount()).as("ids above the last one").isEqualTo(2);
  }

  @Test
  void aDeletedRowStaysDeletedThroughEveryMerge() throws Exception {
    append(T, 1, 1);
    append(T, 2, 2);
    engine.flush().get();
    engine.apply(batch().delete(T, 1));
    engine.flush().get();
    assertThat(ids(T)).containsExactly(2L);
    engine.compactAll().get();
    assertThat(ids(T)).containsExactly(2L);
    assertThat(head(T).appendedCount()).isEqualTo(2);
  }

  @Test
  void aViewShowsItsMomentWhateverComesAfter() throws Exception {
    append(T, 1, 1);
    try (ReadView before = engine.view()) {
      for (int id = 2; id <= 100; id++) {
        append(T, id, id);
      }
      engine.apply(batch().put(T, 1, 1, 0, key("changed")).trim(T, 0));
      engine.flush().get();
      engine.compactAll().get();
      assertThat(before.head(T).orElseThrow().lastSequenceId()).isEqualTo(1);
      try (RowCursor rows = before.scan(T, 0, 1000, Direction.FORWARD)) {
        assertThat(rows.next()).isTrue();
        assertThat(rows.value()).isEqualTo(key("value 1"));
        assertThat(rows.next()).isFalse();
      }
    }
  }

  @Test
  void aCursorOutlivesItsView() throws Exception {
    append(T, 1, 1);
    engine.flush().get();
    ReadView view = engine.view();
    try (RowCursor rows = view.scan(T, 0, 10, Direction.FORWARD)) {
      view.close();
      assertThat(rows.next()).isTrue();
      assertThat(rows.value()).isEqualTo(key("value 1"));
    }
    assertThatThrownBy(() -> view.head(T)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void recordsAreSetReplacedDeletedAndExpire() throws Exception {
    engine.apply(
        batch()
            .putRecord(1, key("a"), key("1"), WriteBatch.NEVER)
            .putRecord(1, key("b"), key("2"), 2000)
            .putRecord(2, key("a"), key("other table"), WriteBatch.NEVER)
            .time(1000));
    engine.flush().get();
    engine.apply(batch().putRecord(1, key("a"), key("3"), WriteBatch.NEVER));
    assertThat(record(1, "a")).contains("3");
    assertThat(record(1, "b")).contains("2");
    assertThat(record(2, "a")).contains("other table");
    engine.apply(batch().deleteRecord(1, key("a")).time(2000));
    for (int i = 0; i < 2; i++) {
      assertThat(record(1, "a")).isEmpty();
      assertThat(record(1, "b")).isEmpty();
      engine.flush().get();
      engine.compactAll().get();
    }
    assertThat(engine.stats().tables()).isEqualTo(1);
  }

  private Optional<String> record(int table, String name) throws IOException {
    try (ReadView view = engine.view()) {
      return view.record(table, key(name)).map(v -> new String(v, StandardCharsets.UTF_8));
    }
  }

  @Test
  void timelinesAreListedInKeyOrderWithinBounds() throws Exception {
    for (String name : new String[] {"c", "a", "b", "ba", "d"}) {
      append(key(name), 1, 1);
      if (name.equals("b")) {
        engine.flush().get();
      }
    }
    List<String> names = new ArrayList<>();
    try (ReadView view = engine.view();
        TimelineCursor timelines = view.timelines(key("b"), key("d"))) {
      while (timelines.next()) {
        names.add(new String(timelines.key(), StandardCharsets.UTF_8));
        assertThat(timelines.head().lastSequenceId()).isEqualTo(1);
      }
    }
    assertThat(names).containsExactly("b", "ba", "c");
  }

  @Test
  void stateIsKeptWithEachFlush() throws Exception {
    engine.apply(batch().configuration(key("three peers")).time(77).expireBefore(5));
    assertThat(engine.durableState()).isEqualTo(EngineState.EMPTY);
    EngineState flushed = engine.flush().get();
    assertThat(flushed).isEqualTo(engine.appliedState());
    reopen();
    assertThat(engine.durableState())
        .isEqualTo(new EngineState(new LogPosition(1, 1), key("three peers"), 77, 5));
    assertThat(engine.flush().get()).isEqualTo(engine.durableState());
  }

  @Test
  void positionsMustRise() throws Exception {
    append(T, 1, 1);
    WriteBatch again = new WriteBatch().clear(new LogPosition(1, 1)).append(T, 2, 2, 0, key("x"));
    assertThatThrownBy(() -> engine.apply(again))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("index 1");
    assertThat(ids(T)).containsExactly(1L);
    assertThat(engine.failure()).isNull();
  }

  @Test
  void anAppendBelowTheLastIdStopsTheEngineAndShowsNothing() throws Exception {
    append(T, 5, 1);
    WriteBatch bad = batch().append(key("other"), 1, 2, 0, key("x")).append(T, 5, 2, 0, key("x"));
    assertThatThrownBy(() -> engine.apply(bad))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("last id is 5");
    assertThat(engine.failure()).isNotNull();
    assertThat(ids(key("other"))).isEmpty();
  }

  @Test
  void aBatchThatCanNeverFitIsRefusedAndHarmless() throws Exception {
    WriteBatch huge = batch();
    for (int i = 0; i < 4; i++) {
      huge.append(key("t" + i), 1, 1, 0, new byte[WriteBatch.VALUE_BYTES_MAX]);
    }
    assertThatThrownBy(() -> engine.apply(huge))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("memtablePoolBytes");
    index--;
    append(T, 1, 1);
    assertThat(ids(T)).containsExactly(1L);
  }

  @Test
  void aFullPoolMakesRoomByFlushing() throws Exception {
    byte[] value = new byte[500_000];
    for (int id = 1; id <= 100; id++) {
      engine.apply(batch().append(T, id, id, 0, value));
    }
    assertThat(ids(T)).hasSize(100);
    assertThat(resources.memtableBytesUsed()).isLessThanOrEqualTo(16 << 20);
  }

  @Test
  void aDirectoryIsUsedByOneEngineOnly() {
    assertThatThrownBy(() -> Engine.open(DIRECTORY, OPTIONS, resources))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("engine");
  }

  @Test
  void aSnapshotOpensAsAnEngineOfItsOwn() throws Exception {
    for (int id = 1; id <= 30; id++) {
      append(T, id, id);
    }
    engine.flush().get();
    append(T, 31, 31);
    Path target = Path.of("/snapshot");
    EngineSnapshot snapshot = engine.snapshot(target);
    assertThat(snapshot.state().position().index()).isEqualTo(30);
    assertThat(snapshot.files()).hasSize(2);
    engine.compactAll().get();
    try (Engine copy = Engine.open(target, OPTIONS, resources);
        ReadView view = copy.view()) {
      assertThat(view.head(T).orElseThrow().lastSequenceId()).isEqualTo(30);
    }
    assertThat(EngineChecker.check(disk, target)).isEmpty();
    assertThatThrownBy(() -> engine.snapshot(target))
        .isInstanceOf(java.nio.file.FileAlreadyExistsException.class);
  }

  @Test
  void pagesOfAGiantTimelineReadOnlyWhatTheyShow() throws Exception {
    int rows = 20_000;
    for (int id = 1; id <= rows; ) {
      WriteBatch batch = batch();
      for (int i = 0; i < 500; i++, id++) {
        batch.append(T, id, id, 0, new byte[40]);
      }
      engine.apply(batch);
    }
    engine.flush().get();
    engine.compactAll().get();
    engine.awaitQuiescence();
    reopen();
    long before = resources.blockCacheBytesUsed();
    assertThat(ids(T, 10_000, 10_020, Direction.FORWARD)).hasSize(20).startsWith(10_000L);
    assertThat(ids(T, 10_000, 10_020, Direction.BACKWARD)).hasSize(20).startsWith(10_019L);
    assertThat(resources.blockCacheBytesUsed() - before).isLessThan(8 << 10);
    engine.apply(batch().expireBefore(rows - 5));
    try (ReadView view = engine.view()) {
      assertThat(view.firstRetainedSequenceId(T)).contains(rows - 5L);
    }
    assertThat(ids(T, 0, rows + 1, Direction.BACKWARD)).hasSize(6);
    assertThat(resources.blockCacheBytesUsed() - before).isLessThan(16 << 10);
  }

  @Test
  void filesOfMergedRunsAreDeletedOnceNobodyReadsThem() throws Exception {
    append(T, 1, 1);
    engine.flush().get();
    append(T, 2, 2);
    engine.flush().get();
    try (ReadView held = engine.view()) {
      engine.compactAll().get();
      assertThat(disk.list(DIRECTORY)).hasSize(5);
      assertThat(held.head(T)).isPresent();
    }
    Await.until("old tables deleted", () -> engine.stats().filesDropped() == 2);
    assertThat(disk.list(DIRECTORY)).hasSize(3).contains("MANIFEST", "LOCK");
    assertThat(engine.stats().bytesFreed()).isPositive();
  }

  @Test
  void largeRunsAreCutIntoTablesEvenInsideATimeline() throws Exception {
    for (int id = 1; id <= 400; id++) {
      byte[] value = new byte[1000];
      new java.util.SplittableRandom(id).nextBytes(value);
      engine.apply(batch().append(T, id, id, 0, value));
    }
    engine.flush().get();
    engine.compactAll().get();
    assertThat(engine.stats().runs()).isEqualTo(1);
    assertThat(engine.stats().tables()).isGreaterThan(4);
    assertThat(ids(T)).hasSize(400);
    assertThat(ids(T, 390, 500, Direction.BACKWARD)).hasSize(11).startsWith(400L);
    assertThat(head(T).appendedCount()).isEqualTo(400);
  }

  @Test
  void filtersSpareReadsOfRunsWithoutTheTimeline() throws Exception {
    for (int run = 0; run < 4; run++) {
      append(key("a" + run), 1, 1);
      append(key("z" + run), 1, 1);
      engine.flush().get();
    }
    assertThat(ids(key("m"))).isEmpty();
    assertThat(engine.stats().filterProbes()).isGreaterThanOrEqualTo(4);
    assertThat(engine.stats().filterMisses()).isGreaterThanOrEqualTo(3);
  }

  @Test
  void aFullMemtableAsksToBeFlushed() throws Exception {
    assertThat(engine.pressure()).isEqualTo(Pressure.NONE);
    assertThat(engine.flushAdvised()).isFalse();
    for (int id = 1; !engine.flushAdvised(); id++) {
      engine.apply(batch().append(T, id, id, 0, new byte[4096]));
    }
    assertThat(engine.stats().memtableBytes()).isGreaterThanOrEqualTo(OPTIONS.memtableBytes());
    assertThat(engine.flush().get().position().index()).isEqualTo(index);
    assertThat(engine.flushAdvised()).isFalse();
  }
}
