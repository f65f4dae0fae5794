package io.tideline.lsm;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tideline.lsm.file.FileNames;
import io.tideline.lsm.inspect.EngineChecker;
import io.tideline.lsm.manifest.ManifestReader;
import io.tideline.lsm.manifest.RunMeta;
import io.tideline.lsm.table.TableMeta;
import io.tideline.lsm.table.TableProperties;
import io.tideline.lsm.testing.Await;
import io.tideline.lsm.testing.CrashFileSystem;
import io.tideline.lsm.testing.CrashFileSystem.Order;
import io.tideline.lsm.testing.Seeds;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What compaction does to runs, rows and heads under either scheme. */
class EngineCompactionTest {

  private static final Path DIRECTORY = Path.of("/engine");
  private static final EngineOptions OPTIONS =
      EngineOptions.DEFAULTS.withMemtableBytes(64 << 10).withBlockBytes(1 << 10);
  private static final long WINDOW = 1_000;

  private final CrashFileSystem disk = new CrashFileSystem(Order.ORDERED);
  private final EngineResources resources = EngineResources.create(disk, 32 << 20, 1 << 20, 1, 5);
  private EngineOptions options = OPTIONS;
  private Engine engine;
  private long index;

  private void open(EngineOptions with) throws IOException {
    options = with;
    engine = Engine.open(DIRECTORY, options, resources);
  }

  private void reopen() throws IOException {
    engine.close();
    engine = Engine.open(DIRECTORY, options, resources);
    index = engine.durableState().position().index();
  }

  @AfterEach
  void closeAndCheck() throws IOException {
    engine.close();
    resources.close();
    assertThat(EngineChecker.check(disk, DIRECTORY)).isEmpty();
    assertThat(disk.openHandles()).isZero();
  }

  private WriteBatch batch() {
    return new WriteBatch().clear(new LogPosition(++index, 1));
  }

  private static byte[] key(String text) {
    return text.getBytes(UTF_8);
  }

  private void flush() throws Exception {
    engine.flush().get();
    engine.awaitQuiescence();
  }

  /** Appends a row to each of some timelines at a time, and flushes. */
  private void flushRows(int timelines, long id, long millis) throws Exception {
    for (int t = 0; t < timelines; t++) {
      engine.apply(batch().append(key("t" + t), id, millis, 0, new byte[100]).time(millis));
    }
    flush();
  }

  private TimelineHead head(String timeline) throws IOException {
    try (ReadView view = engine.view()) {
      return view.head(key(timeline)).orElseThrow();
    }
  }

  private List<RunMeta> runs() throws IOException {
    return ManifestReader.read(disk, DIRECTORY.resolve(FileNames.MANIFEST)).state().runs();
  }

  private int rows(String timeline) throws IOException {
    try (ReadView view = engine.view();
        RowCursor rows =
            view.scan(key(timeline), Long.MIN_VALUE, Long.MAX_VALUE, Direction.FORWARD)) {
      int count = 0;
      long last = Long.MIN_VALUE;
      while (rows.next()) {
        assertThat(rows.sequenceId()).isGreaterThan(last);
        last = rows.sequenceId();
        count++;
      }
      return count;
    }
  }

  /** Heads are asked for all the time: the cache must not mix what a fold has half moved. */
  @Test
  void foldingAFewFilesAtATimeLosesNothing() throws Exception {
    open(OPTIONS.withRunsPerTier(3));
    long seed = Seeds.seedOr(4);
    SplittableRandom random = new SplittableRandom(seed);
    long[] counts = new long[400];
    for (int round = 0; round < 45; round++) {
      for (int i = 0; i < 60; i++) {
        WriteBatch batch = batch().time(round);
        for (int row = 0; row < 5; row++) {
          int t = random.nextInt(counts.length);
          byte[] value = new byte[100];
          for (int at = 0; at < value.length; at++) {
            value[at] = (byte) random.nextInt();
          }
          batch.append(key("t" + t), ++counts[t], round, 0, value);
        }
        engine.apply(batch);
        int asked = random.nextInt(counts.length);
        if (counts[asked] > 0) {
          assertThat(head("t" + asked).appendedCount())
              .as("%s, round %d", Seeds.describe(seed), round)
              .isEqualTo(counts[asked]);
        }
      }
      engine.flush().get();
      if (random.nextInt(6) == 0) {
        reopen();
      }
    }
    engine.awaitQuiescence();
    for (int t = 0; t < counts.length; t++) {
      assertThat(rows("t" + t)).as("rows of t%d", t).isEqualTo((int) counts[t]);
      assertThat(head("t" + t).lastSequenceId()).isEqualTo(counts[t]);
    }
    assertThat(engine.stats().runs()).isLessThan(10);
    assertThat(runs().getLast().tables().size()).as("files of the last run").isGreaterThan(4);
  }

  @Test
  void aClosedWindowBecomesOneRunAndStays() throws Exception {
    open(OPTIONS.withScheme(CompactionScheme.shortTtl(WINDOW)));
    for (long millis = 100; millis < 3 * WINDOW; millis += 300) {
      flushRows(20, millis, millis);
    }
    // Rows at 100..1000 by 300, 1300..1900, 2200..2800: the last window is open.
    assertThat(engine.stats().runs()).isEqualTo(2 + 3);
    long compacted = engine.stats().bytesCompacted();
    flushRows(20, 10_000, 2_900);
    assertThat(engine.stats().bytesCompacted()).isEqualTo(compacted);
    assertThat(rows("t7")).isEqualTo(11);
  }

  @Test
  void anExpiredWindowIsDroppedUnreadAndItsHeadsStay() throws Exception {
    open(OPTIONS.withScheme(CompactionScheme.shortTtl(WINDOW)));
    engine.apply(batch().putRecord(1, key("stays"), key("value"), WriteBatch.NEVER));
    engine.apply(batch().putRecord(1, key("ends"), key("value"), 5_000));
    flushRows(50, 1, 100);
    flushRows(50, 2, 200);
    flushRows(50, 3, WINDOW + 100);
    assertThat(runs()).hasSize(2);
    engine.apply(batch().time(6_000).expireBefore(WINDOW));
    flush();
    EngineStats stats = engine.stats();
    assertThat(stats.tablesDroppedWhole()).isEqualTo(1);
    assertThat(stats.rowsExpired()).isEqualTo(100);
    Await.until("files are deleted", () -> engine.stats().bytesFreed() > 0);
    assertThat(runs().getLast().tables().getFirst().properties().isResidue()).isTrue();
    assertThat(rows("t9")).isEqualTo(1);
    try (ReadView view = engine.view()) {
      assertThat(view.record(1, key("stays"))).contains(key("value"));
      assertThat(view.record(1, key("ends"))).isEmpty();
    }
    engine.apply(batch().expireBefore(2 * WINDOW));
    flush();
    assertThat(rows("t9")).isZero();
    assertThat(head("t9").lastSequenceId()).isEqualTo(3);
    assertThat(head("t9").appendedCount()).isEqualTo(3);
    reopen();
    assertThat(head("t9").appendedCount()).isEqualTo(3);
    flushRows(50, 4, 6_100);
    assertThat(rows("t9")).isEqualTo(1);
  }

  @Test
  void residuesOfManyWindowsAreMerged() throws Exception {
    open(OPTIONS.withScheme(CompactionScheme.shortTtl(WINDOW)));
    for (int window = 1; window <= 30; window++) {
      engine.apply(batch().expireBefore((window - 2) * WINDOW));
      flushRows(30, window, window * WINDOW + 1);
    }
    assertThat(engine.stats().runs()).isLessThan(12);
    assertThat(head("t3").appendedCount()).isEqualTo(30);
    assertThat(engine.stats().tablesDroppedWhole()).isGreaterThan(20);
  }

  /** Updates and deletes keep a run from being skipped by time, not from being dropped. */
  @Test
  void anExpiredWindowWithUpdatesIsDroppedToo() throws Exception {
    open(OPTIONS.withScheme(CompactionScheme.shortTtl(WINDOW)));
    flushRows(10, 1, 100);
    engine.apply(batch().put(key("t1"), 1, 100, 0, key("newer")).delete(key("t2"), 1));
    flush();
    flushRows(10, 2, WINDOW + 100);
    engine.apply(batch().expireBefore(WINDOW));
    flush();
    assertThat(engine.stats().tablesDroppedWhole()).isEqualTo(1);
    assertThat(rows("t1")).isEqualTo(1);
    assertThat(rows("t2")).isEqualTo(1);
    assertThat(head("t2").appendedCount()).isEqualTo(2);
  }

  @Test
  void restingFilesAreWrittenOnceMoreInTheColdStyle() throws Exception {
    open(
        OPTIONS
            .withRunsPerTier(2)
            .withScheme(CompactionScheme.LONG_LIVED.withColdAfterMillis(10_000)));
    flushRows(100, 1, 100);
    flushRows(100, 2, 200);
    assertThat(isCold(runs().getLast())).isFalse();
    engine.apply(batch().time(20_000));
    flush();
    assertThat(isCold(runs().getLast())).isTrue();
    assertThat(rows("t5")).isEqualTo(2);
    long compacted = engine.stats().bytesCompacted();
    engine.apply(batch().time(30_000));
    flush();
    assertThat(engine.stats().bytesCompacted()).as("cooled once").isEqualTo(compacted);
  }

  private static boolean isCold(RunMeta run) {
    return run.tables().stream().allMatch(t -> t.properties().has(TableProperties.COLD));
  }

  @Test
  void filesThatHaveMostlyExpiredAreRewritten() throws Exception {
    open(OPTIONS.withMemtableBytes(1 << 20));
    for (int i = 1; i <= 100; i++) {
      for (int t = 0; t < 10; t++) {
        engine.apply(batch().append(key("t" + t), i, i * 10, 0, new byte[100]));
      }
    }
    flush();
    long before = engine.stats().tableBytes();
    engine.apply(batch().expireBefore(400));
    flush();
    assertThat(engine.stats().rowsExpired()).as("less than half").isZero();
    engine.apply(batch().expireBefore(800));
    flush();
    assertThat(engine.stats().rowsExpired()).isEqualTo(790);
    assertThat(engine.stats().tableBytes()).isLessThan(before);
    assertThat(rows("t0")).isEqualTo(21);
  }

  @Test
  void trimmedRowsAreCountedWhenTheirSpaceIsFreed() throws Exception {
    open(OPTIONS);
    flushRows(10, 1, 100);
    flushRows(10, 2, 200);
    engine.apply(batch().trim(key("t1"), 1));
    flush();
    engine.compactAll().get();
    assertThat(engine.stats().rowsTrimmed()).isEqualTo(1);
    assertThat(rows("t1")).isEqualTo(1);
    Await.until("files are deleted", () -> engine.stats().bytesFreed() > 0);
  }

  @Test
  void aRetentionRuleKeepsTheNewestRowsAndBytes() throws Exception {
    open(OPTIONS);
    RetentionRule byRows = new RetentionRule(40, RetentionRule.UNLIMITED);
    RetentionRule byBytes = new RetentionRule(RetentionRule.UNLIMITED, 1_000);
    for (int id = 1; id <= 200; id++) {
      retained("rows", byRows, id);
      retained("bytes", byBytes, id);
      if (id % 50 == 0) {
        flush();
      }
    }
    assertThat(rows("rows")).isBetween(40, 40 + 5);
    assertThat(rows("bytes")).isBetween(10, 10 + 2);
    engine.compactAll().get();
    assertThat(runs().getLast().rows()).isEqualTo(rows("rows") + rows("bytes"));
    assertThat(head("rows").appendedCount()).isEqualTo(200);
    assertThat(new RetentionRule(80, 800).isDue(9, 99)).isFalse();
    assertThat(new RetentionRule(80, 800).isDue(10, 0)).isTrue();
    assertThat(new RetentionRule(80, 800).isDue(0, 100)).isTrue();
    assertThat(new RetentionRule(1, 1).isDue(1, 0)).isTrue();
    assertThat(new RetentionRule(RetentionRule.UNLIMITED, RetentionRule.UNLIMITED).isDue(99, 99))
        .isFalse();
    assertThatThrownBy(() -> new RetentionRule(0, 1)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aRetentionRuleSeesWhatTheBatchDoesBesides() throws Exception {
    open(OPTIONS);
    for (int id = 1; id <= 10; id++) {
      engine.apply(batch().append(key("t"), id, id, 0, new byte[100]));
    }
    RetentionRule fourRows = new RetentionRule(4, RetentionRule.UNLIMITED);
    RetentionRule bytes = new RetentionRule(RetentionRule.UNLIMITED, 400);
    try (ReadView view = engine.view()) {
      assertThat(fourRows.trimThrough(view, key("t"))).hasValue(6);
      // 12 and 11 are new, 10 is written again, 9 is deleted: 12, 11, 10 and 8 stay.
      RetentionRule.Pending pending =
          pending(Map.of(12L, 1, 11L, 1, 10L, 250, 9L, RetentionRule.Pending.DELETED), 0, 0);
      assertThat(through(fourRows, view, "t", pending)).hasValue(7);
      assertThat(through(bytes, view, "t", pending)).hasValue(7);
      // What is trimmed or expired does not count.
      assertThat(through(fourRows, view, "t", pending(Map.of(), 6, 0))).isEmpty();
      assertThat(through(fourRows, view, "t", pending(Map.of(), 5, 0))).hasValue(6);
      assertThat(through(fourRows, view, "t", pending(Map.of(), 0, 7))).isEmpty();
      // Rows of the batch alone are too many.
      assertThat(through(new RetentionRule(1, 1), view, "t", pending(Map.of(12L, 9, 11L, 1), 0, 0)))
          .hasValue(11);
      // A timeline that begins with the batch.
      assertThat(through(fourRows, view, "none", pending(Map.of(1L, 1), 0, 0))).isEmpty();
    }
  }

  private static OptionalLong through(
      RetentionRule rule, ReadView view, String timeline, RetentionRule.Pending pending)
      throws IOException {
    return rule.look(view, key(timeline), pending).trimThrough();
  }

  private static RetentionRule.Pending pending(
      Map<Long, Integer> rows, long trimmedThrough, long expireBefore) {
    return new RetentionRule.Pending(new TreeMap<>(rows), trimmedThrough, expireBefore);
  }

  private final Map<String, Long> looked = new HashMap<>();

  /** As an owner does it: the rule is part of applying an entry. */
  private void retained(String timeline, RetentionRule rule, long id) throws IOException {
    WriteBatch batch = batch().append(key(timeline), id, id, 0, new byte[100]);
    long since = id - looked.getOrDefault(timeline, 0L);
    if (rule.isDue(since, since * 100)) {
      looked.put(timeline, id);
      try (ReadView view = engine.view()) {
        OptionalLong through = rule.trimThrough(view, key(timeline));
        if (through.isPresent()) {
          batch.trim(key(timeline), through.getAsLong());
        }
      }
    }
    engine.apply(batch);
  }

  @Test
  void compactionKeepsToItsRate() throws Exception {
    open(OPTIONS.withRunsPerTier(2));
    resources.setCompactionBytesPerSecond(256 << 10);
    assertThat(resources.compactionBytesPerSecond()).isEqualTo(256 << 10);
    byte[] noise = new byte[64 << 10];
    new SplittableRandom(1).nextBytes(noise);
    // The second merge waits for what the first has written.
    for (int id = 1; id <= 4; id++) {
      engine.apply(batch().append(key("t"), id, id, 0, noise));
      engine.flush().get();
      engine.awaitQuiescence();
    }
    assertThat(resources.compactionWaitMillis()).isGreaterThan(300);
    resources.setCompactionBytesPerSecond(0);
  }

  @Test
  void anOldMemtableAsksToBeFlushed() throws Exception {
    open(OPTIONS.withFlushAgeMillis(20));
    assertThat(engine.flushAdvised()).isFalse();
    engine.apply(batch().append(key("t"), 1, 1, 0, key("value")));
    Await.until("a flush is advised for age", engine::flushAdvised);
    flush();
    Await.until("the new memtable is young", () -> !engine.flushAdvised());
  }

  @Test
  void aLongLogAdvisesAFlushThenDelaysThenRefuses() throws Exception {
    open(OPTIONS.withFlushLogBytes(1 << 20));
    engine.unflushedLogBytes(1 << 20);
    assertThat(engine.flushAdvised()).as("nothing to flush").isFalse();
    engine.apply(batch().append(key("t"), 1, 1, 0, key("value")));
    assertThat(engine.flushAdvised()).isTrue();
    assertThat(engine.pressure())
        .isEqualTo(new Pressure(Pressure.Level.DELAY, Pressure.Reason.LOG_BACKLOG, 0.5));
    engine.unflushedLogBytes(2 << 20);
    assertThat(engine.pressure().level()).isEqualTo(Pressure.Level.REFUSE);
    engine.unflushedLogBytes(0);
    assertThat(engine.pressure()).isEqualTo(Pressure.NONE);
  }

  @Test
  void tablesOfAllRunsHaveTheirOwnFileIds() throws Exception {
    open(OPTIONS.withRunsPerTier(2));
    for (int i = 1; i <= 9; i++) {
      flushRows(60, i, i);
    }
    List<Long> ids =
        runs().stream().flatMap(run -> run.tables().stream()).map(TableMeta::fileId).toList();
    assertThat(ids).doesNotHaveDuplicates();
  }
}
