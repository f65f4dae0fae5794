package io.tideline.server.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tideline.lsm.CorruptionException;
import io.tideline.lsm.testing.CrashFileSystem;
import io.tideline.lsm.testing.CrashFileSystem.Order;
import io.tideline.lsm.testing.Seeds;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Random operations on several groups, with power cuts at every sync and in between, also while the
 * log recovers: what was acknowledged is there, and each group is in a state it once had.
 */
class LogCrashTest {

  private static final int GROUPS = 4;
  private static final int[] KEEP_PERCENTS = {0, 50, 100};

  @ParameterizedTest
  @EnumSource(Order.class)
  void acknowledgedWritesSurviveAnyCrash(Order order) throws IOException {
    long seed = Seeds.seedOr(1);
    for (int i = 0; i < 3; i++) {
      run(order, seed + i, 3, 40);
    }
  }

  @Tag("slow")
  @ParameterizedTest
  @EnumSource(Order.class)
  void acknowledgedWritesSurviveAnyCrashForLong(Order order) throws IOException {
    long seed = Seeds.seedOr(1_000);
    int runs = Seeds.isFullScale() ? 1_000 : 60;
    for (int i = 0; i < runs; i++) {
      run(order, seed + i, 5, 60);
    }
  }

  @Test
  void diskThatLiesAboutSyncsIsNoticed() throws IOException {
    CrashFileSystem disk = LogFixture.newDisk(Order.ORDERED);
    GroupLog log = LogFixture.open(disk);
    disk.ignoreSyncs(true, false);
    LogModel model = new LogModel();
    SplittableRandom random = new SplittableRandom(5);
    for (int i = 0; i < 20; i++) {
      model.step(log, random, GROUPS);
    }
    log.close();
    LogModel.Bounds bounds = new LogModel.Bounds(model.acknowledged(), model.submitted());
    assertThatThrownBy(() -> verify(model, new Crash(disk.crashClone(1, 0), bounds), 1))
        .isInstanceOfAny(AssertionError.class, CorruptionException.class);
  }

  private record Crash(CrashFileSystem disk, LogModel.Bounds bounds) {}

  /** Rounds of work, each of which goes on from one of the crashes of the round before. */
  private static void run(Order order, long seed, int rounds, int steps) throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    CrashFileSystem disk = LogFixture.newDisk(order);
    LogModel model = new LogModel();
    try {
      for (int round = 0; round < rounds; round++) {
        List<Crash> crashes = work(disk, model, random, steps);
        assertThat(crashes).isNotEmpty();
        Crash chosen = crashes.get(random.nextInt(crashes.size()));
        LogModel next = null;
        for (Crash crash : crashes) {
          LogModel recovered = verify(model, crash, random.nextLong());
          next = crash == chosen ? recovered : next;
        }
        disk = chosen.disk();
        model = next;
      }
    } catch (IOException | RuntimeException | AssertionError e) {
      throw new AssertionError(order + ", " + Seeds.describe(seed), e);
    }
  }

  /** Random bursts of operations; returns disks cut off at every sync and between operations. */
  private static List<Crash> work(
      CrashFileSystem disk, LogModel model, SplittableRandom random, int steps) throws IOException {
    ConcurrentLinkedQueue<Crash> crashes = new ConcurrentLinkedQueue<>();
    SplittableRandom seeds = random.split();
    disk.onSyncPoint(n -> crashes.add(cut(disk, model, seeds)));
    try (GroupLog log = LogFixture.open(disk)) {
      for (int i = 0; i < steps; i++) {
        model.step(log, random, GROUPS);
        if (random.nextInt(4) == 0) {
          crashes.add(cut(disk, model, random));
        }
        if (random.nextInt(3) == 0) {
          log.group(1).saveMeta(model.state(1).meta()).join(); // Waits for all before it.
        }
      }
    }
    disk.onSyncPoint(null);
    crashes.add(cut(disk, model, random));
    assertThat(disk.openHandles()).isZero();
    return new ArrayList<>(crashes);
  }

  private static Crash cut(CrashFileSystem disk, LogModel model, SplittableRandom random) {
    Map<Long, Integer> acknowledged = model.acknowledged();
    int keep = KEEP_PERCENTS[random.nextInt(KEEP_PERCENTS.length)];
    CrashFileSystem clone = disk.crashClone(random.nextLong(), keep);
    return new Crash(clone, new LogModel.Bounds(acknowledged, model.submitted()));
  }

  /** Recovers, with a crash at every sync of the recovery, and again; all must agree. */
  private static LogModel verify(LogModel model, Crash crash, long seed) throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    List<CrashFileSystem> again = new ArrayList<>();
    CrashFileSystem disk = crash.disk().crashClone(seed, 100);
    disk.onSyncPoint(
        n -> {
          int keep = KEEP_PERCENTS[random.nextInt(KEEP_PERCENTS.length)];
          again.add(disk.crashClone(random.nextLong(), keep));
        });
    LogModel recovered;
    try (GroupLog log = LogFixture.open(disk)) {
      recovered = model.matching(log, crash.bounds());
    }
    disk.onSyncPoint(null);
    for (CrashFileSystem other : again) {
      try (GroupLog log = LogFixture.open(other)) {
        model.matching(log, crash.bounds());
      }
    }
    return recovered;
  }
}
