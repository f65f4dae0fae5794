package io.tideline.lsm;

import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.lsm.inspect.EngineChecker;
import io.tideline.lsm.testing.CrashFileSystem;
import io.tideline.lsm.testing.CrashFileSystem.Order;
import io.tideline.lsm.testing.Seeds;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/**
 * Readers beside the writer, flushes and compactions. Every value names its timeline and id, so a
 * reader notices a torn, stale or misplaced row; every view must be a prefix of what was written.
 */
class EngineConcurrencyTest {

  private static final Path DIRECTORY = Path.of("/engine");
  private static final int TIMELINES = 50;
  private static final int READERS = 3;
  private static final EngineOptions OPTIONS =
      EngineOptions.DEFAULTS.withMemtableBytes(64 << 10).withBlockBytes(1 << 10).withRunsPerTier(2);

  @Test
  void readersSeeWholePrefixesWhileEverythingMoves() throws Exception {
    long seed = Seeds.seedOr(5);
    int batches = Seeds.isFullScale() ? 60_000 : 3_000;
    CrashFileSystem disk = new CrashFileSystem(Order.ORDERED);
    // A tiny cache, so that blocks are evicted while they are read.
    try (EngineResources resources = EngineResources.create(disk, 16 << 20, 16 << 10, 1);
        Engine engine = Engine.open(DIRECTORY, OPTIONS, resources);
        ExecutorService readers = Executors.newFixedThreadPool(READERS)) {
      AtomicBoolean stop = new AtomicBoolean();
      List<Future<Long>> results = new ArrayList<>();
      for (int i = 0; i < READERS; i++) {
        long readerSeed = seed + i;
        results.add(readers.submit(() -> read(engine, readerSeed, stop)));
      }
      try {
        write(engine, batches);
      } finally {
        stop.set(true);
      }
      for (Future<Long> result : results) {
        assertThat(result.get()).as("rows verified by a reader").isPositive();
      }
      engine.awaitQuiescence();
    }
    assertThat(EngineChecker.check(disk, DIRECTORY)).isEmpty();
  }

  /**
   * Readers that stand on rows for long, while these rows' memtables are flushed, their runs merged
   * and their blocks evicted. Freed memory is overwritten where assertions are enabled, so a hold
   * that is given back too early shows as a wrong value.
   */
  @Test
  void rowsStayWholeUnderACursorWhileTheirLayersGo() throws Exception {
    long seed = Seeds.seedOr(6);
    int batches = Seeds.isFullScale() ? 60_000 : 2_000;
    CrashFileSystem disk = new CrashFileSystem(Order.ORDERED);
    try (EngineResources resources = EngineResources.create(disk, 16 << 20, 16 << 10, 1);
        Engine engine = Engine.open(DIRECTORY, OPTIONS, resources);
        ExecutorService readers = Executors.newFixedThreadPool(READERS)) {
      AtomicBoolean stop = new AtomicBoolean();
      List<Future<Long>> results = new ArrayList<>();
      for (int i = 0; i < READERS; i++) {
        long readerSeed = seed + i;
        results.add(readers.submit(() -> linger(engine, readerSeed, stop)));
      }
      try {
        write(engine, batches);
        engine.flush().get();
        engine.compactAll().get();
      } finally {
        stop.set(true);
      }
      for (Future<Long> result : results) {
        assertThat(result.get()).as("rows verified by a reader").isPositive();
      }
    }
    assertThat(EngineChecker.check(disk, DIRECTORY)).isEmpty();
  }

  /** A cursor, what it stands on and where it goes. */
  private static final class Lingering implements AutoCloseable {
    final int timeline;
    final Direction direction;
    final RowCursor cursor;
    long id;

    Lingering(Engine engine, SplittableRandom random) throws Exception {
      timeline = random.nextInt(TIMELINES);
      direction = random.nextBoolean() ? Direction.FORWARD : Direction.BACKWARD;
      try (ReadView view = engine.view()) {
        long last = view.head(key(timeline)).map(TimelineHead::lastSequenceId).orElse(0L);
        long low = random.nextBoolean() ? Long.MIN_VALUE : 1 + random.nextLong(last + 1);
        cursor = view.scan(key(timeline), low, Long.MAX_VALUE, direction);
        boolean forward = direction == Direction.FORWARD;
        id = forward ? Math.max(1, low) - 1 : last + 1;
      } // The cursor keeps what it needs.
    }

    /** Checks the present row again, then moves on; false at the end. */
    boolean moveOn() throws Exception {
      if (!cursor.next()) {
        return false;
      }
      id += direction == Direction.FORWARD ? 1 : -1;
      check();
      return true;
    }

    void check() {
      assertThat(cursor.sequenceId()).isEqualTo(id);
      assertThat(cursor.value()).isEqualTo(value(timeline, id));
    }

    @Override
    public void close() {
      cursor.close();
    }
  }

  private static long linger(Engine engine, long seed, AtomicBoolean stop) throws Exception {
    SplittableRandom random = new SplittableRandom(seed);
    List<Lingering> open = new ArrayList<>();
    long verified = 0;
    try {
      while (!stop.get() || verified == 0) {
        if (open.size() < 12) {
          Lingering fresh = new Lingering(engine, random);
          open.add(fresh);
          if (!fresh.moveOn()) {
            open.removeLast().close();
          }
          continue;
        }
        int i = random.nextInt(open.size());
        Lingering chosen = open.get(i);
        chosen.check(); // It stood here while other cursors moved.
        verified++;
        if (!chosen.moveOn() || random.nextInt(50) == 0) {
          open.remove(i).close();
        }
      }
    } finally {
      open.forEach(Lingering::close);
    }
    return verified;
  }

  /** Each batch appends the next id to every fifth timeline, in turn. */
  private static void write(Engine engine, int batches) throws Exception {
    WriteBatch batch = new WriteBatch();
    for (int i = 1; i <= batches; i++) {
      batch.clear(new LogPosition(i, 1));
      for (int t = i % 5; t < TIMELINES; t += 5) {
        long id = (i - 1) / 5 + 1;
        batch.append(key(t), id, i, 0, value(t, id));
      }
      engine.apply(batch);
      if (engine.flushAdvised()) {
        engine.flush();
      }
    }
  }

  private static long read(Engine engine, long seed, AtomicBoolean stop) throws Exception {
    SplittableRandom random = new SplittableRandom(seed);
    long verified = 0;
    while (!stop.get() || verified == 0) {
      try (ReadView view = engine.view()) {
        long index = view.state().position().index();
        int t = random.nextInt(TIMELINES);
        // Entries i = 5k + (t mod 5) up to the view's index have been appended to t.
        long first = t % 5 == 0 ? 5 : t % 5;
        long last = index < first ? 0 : (index - first) / 5 + 1;
        assertThat(view.head(key(t)).map(TimelineHead::lastSequenceId).orElse(0L)).isEqualTo(last);
        long low = 1 + random.nextLong(Math.max(1, last));
        Direction direction = random.nextBoolean() ? Direction.FORWARD : Direction.BACKWARD;
        verified += verify(view, t, low, last, direction);
      }
    }
    return verified;
  }

  private static long verify(ReadView view, int t, long low, long last, Direction direction)
      throws Exception {
    long rows = 0;
    boolean forward = direction == Direction.FORWARD;
    long expected = forward ? low : last;
    try (RowCursor cursor = view.scan(key(t), low, Long.MAX_VALUE, direction)) {
      for (; rows < 40 && cursor.next(); rows++) {
        assertThat(cursor.sequenceId()).isEqualTo(expected);
        assertThat(cursor.value()).isEqualTo(value(t, expected));
        expected += forward ? 1 : -1;
      }
    }
    assertThat(rows).isEqualTo(Math.min(40, Math.max(0, last - low + 1)));
    return rows;
  }

  private static byte[] key(int timeline) {
    return ByteBuffer.allocate(4).putInt(timeline).array();
  }

  private static byte[] value(int timeline, long id) {
    ByteBuffer value = ByteBuffer.allocate(16 + (int) (id % 90));
    value.putInt(timeline).putLong(id);
    while (value.hasRemaining()) {
      value.put((byte) (id * 31 + timeline + value.position()));
    }
    return value.array();
  }
}
