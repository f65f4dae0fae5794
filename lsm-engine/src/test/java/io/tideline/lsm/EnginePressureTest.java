package io.tideline.lsm;

import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.lsm.compaction.CompactionPicker.Urgency;
import io.tideline.lsm.testing.Await;
import io.tideline.lsm.testing.CrashFileSystem;
import io.tideline.lsm.testing.CrashFileSystem.Order;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Back-pressure, and whose work goes first. Threads are held by tasks that wait for a latch. */
class EnginePressureTest {

  private static final byte[] T = "timeline".getBytes(StandardCharsets.US_ASCII);
  private static final EngineOptions OPTIONS =
      EngineOptions.DEFAULTS.withMemtableBytes(1 << 20).withRunsPerTier(4);

  private final CrashFileSystem disk = new CrashFileSystem(Order.ORDERED);
  private final CountDownLatch held = new CountDownLatch(1);
  private EngineResources resources;
  private Engine engine;
  private long index;

  @BeforeEach
  void open() throws Exception {
    resources = EngineResources.create(disk, 64 << 20, 1 << 20, 1);
    engine = Engine.open(Path.of("/engine"), OPTIONS, resources);
  }

  @AfterEach
  void close() throws Exception {
    held.countDown();
    engine.close();
    assertThat(resources.memtableBytesUsed()).isZero();
    resources.close();
    assertThat(disk.openHandles()).isZero();
  }

  private void await() {
    try {
      held.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private void append(int bytes) throws Exception {
    index++;
    engine.apply(
        new WriteBatch()
            .clear(new LogPosition(index, 1))
            .append(T, index, index, 0, new byte[bytes]));
  }

  @Test
  void runsThatCompactionHasNotMergedDelayAndThenRefuseWriters() throws Exception {
    resources.compactionThreads().submit(Urgency.TOO_MANY_RUNS, this::await);
    List<Pressure> seen = new ArrayList<>();
    for (int run = 1; run <= 32; run++) {
      append(10);
      engine.flush().get();
      int runs = run;
      Await.until("the run is counted", () -> isCounted(runs));
      seen.add(engine.pressure());
    }
    assertThat(engine.pressure())
        .isEqualTo(new Pressure(Pressure.Level.REFUSE, Pressure.Reason.RUN_COUNT, 1.0));
    assertThat(seen.getFirst()).isEqualTo(Pressure.NONE);
    assertThat(seen)
        .contains(new Pressure(Pressure.Level.DELAY, Pressure.Reason.RUN_COUNT, 20 / 32.0));
    held.countDown();
    engine.awaitQuiescence();
    assertThat(engine.pressure()).isEqualTo(Pressure.NONE);
  }

  private boolean isCounted(int runs) {
    return engine.pressure().fill() == (runs < 16 ? 0.0 : runs / 32.0);
  }

  @Test
  void memtablesThatAreNotFlushedDelayAndThenRefuseWriters() throws Exception {
    resources.flushThreads().execute(this::await);
    resources.flushThreads().execute(this::await);
    Pressure.Level highest = Pressure.Level.NONE;
    for (int i = 0; i < 200 && highest != Pressure.Level.REFUSE; i++) {
      append(500 << 10);
      Pressure now = engine.pressure();
      if (now.level() != Pressure.Level.NONE) {
        assertThat(now.reason()).isEqualTo(Pressure.Reason.MEMTABLE_POOL);
        assertThat(now.level()).isGreaterThanOrEqualTo(highest);
        assertThat(now.fill()).isBetween(0.70, 1.0);
        assertThat(now.level() == Pressure.Level.REFUSE).isEqualTo(now.fill() >= 0.90);
        highest = now.level();
      }
    }
    assertThat(highest).isEqualTo(Pressure.Level.REFUSE);
    held.countDown();
    engine.flush().get();
    Await.until("memory is free again", () -> engine.pressure().equals(Pressure.NONE));
  }

  @Test
  void theMostUrgentJobGoesFirstAndEqualOnesInTurn() throws Exception {
    List<String> order = new ArrayList<>();
    CompactionThreads threads = resources.compactionThreads();
    threads.submit(Urgency.TOO_MANY_RUNS, this::await);
    CountDownLatch done = new CountDownLatch(4);
    for (Urgency urgency : List.of(Urgency.COLD, Urgency.MERGE, Urgency.SPACE)) {
      threads.submit(
          urgency,
          () -> {
            order.add(urgency.name());
            done.countDown();
          });
    }
    threads.submit(
        Urgency.MERGE,
        () -> {
          order.add("MERGE too");
          done.countDown();
        });
    CompactionThreads.Ticket withdrawn =
        threads.submit(Urgency.TOO_MANY_RUNS, () -> order.add("withdrawn"));
    assertThat(threads.withdraw(withdrawn)).isTrue();
    held.countDown();
    done.await();
    assertThat(order).containsExactly("MERGE", "MERGE too", "SPACE", "COLD");
  }
}
