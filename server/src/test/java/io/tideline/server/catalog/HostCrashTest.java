package io.tideline.server.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tideline.lsm.fs.FileSystem;
import io.tideline.lsm.testing.CrashFileSystem;
import io.tideline.lsm.testing.FaultFileSystem;
import io.tideline.lsm.testing.FaultRule;
import io.tideline.lsm.testing.Seeds;
import io.tideline.manager.CatalogChange;
import io.tideline.manager.StoreState;
import io.tideline.server.command.AppendResult;
import io.tideline.server.replica.Partition;
import io.tideline.server.replica.ReadOutcome;
import io.tideline.server.replica.Refusal;
import io.tideline.server.replica.WriteOutcome;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Power cuts, failing syncs and full disks under a whole node in this process. */
final class HostCrashTest {

  private static final Path DIRECTORY = Path.of("/node");

  /** Below this much space the engine itself refuses. */
  private static final long ENGINE_RESERVE_BYTES = 16L << 20;

  private static final int WRITERS = 3;
  private static final int TIMELINES = 4;

  /** What a power cut leaves, and what had been acknowledged when it came. */
  private record Wreck(CrashFileSystem disk, Map<String, Long> acknowledged) {}

  @Test
  void whatWasAcknowledgedSurvivesPowerCutsAndNumberingAndKeysGoOn() throws Exception {
    long seed = Seeds.seedOr(77);
    Random random = new Random(seed);
    HostSettings settings = HostFixture.settings(DIRECTORY);
    CrashFileSystem disk = new CrashFileSystem(CrashFileSystem.Order.ORDERED);
    disk.createDirectories(DIRECTORY);
    disk.syncDirectory(Path.of("/"));
    try (HostFixture node = new HostFixture(disk, settings, 1_000_000)) {
      node.create("chat", HostFixture.DENSE, "t2");
    }
    Map<String, Long> acknowledged = Map.of();
    int rounds = Seeds.isFullScale() ? 40 : 6;
    for (int round = 0; round < rounds; round++) {
      String how = Seeds.describe(seed) + ", round " + round;
      Wreck wreck = writeUntilPowerCut(disk, settings, round, acknowledged, random);
      disk = wreck.disk();
      acknowledged = wreck.acknowledged();
      try (HostFixture node = new HostFixture(disk, settings, 1_000_000)) {
        check(how, node, acknowledged);
      }
    }
    assertThat(acknowledged).isNotEmpty();
  }

  private static Wreck writeUntilPowerCut(
      CrashFileSystem disk,
      HostSettings settings,
      int round,
      Map<String, Long> before,
      Random random)
      throws Exception {
    Map<String, Long> acknowledged = new ConcurrentHashMap<>(before);
    AtomicReference<Wreck> wreck = new AtomicReference<>();
    try (HostFixture node = new HostFixture(disk, settings, 1_000_000);
        ExecutorService threads = Executors.newFixedThreadPool(WRITERS)) {
      long cutAt = disk.syncPoints() + 5 + random.nextInt(120);
      long cloneSeed = random.nextLong();
      int keepPercent = random.nextInt(3) * 50;
      disk.onSyncPoint(
          point -> {
            if (point == cutAt) {
              // First what was promised, then what is left: never the other way round.
              Map<String, Long> promised = Map.copyOf(acknowledged);
              wreck.set(new Wreck(disk.crashClone(cloneSeed, keepPercent), promised));
              disk.powerOff();
            }
          });
      List<Future<?>> writers = new ArrayList<>();
      for (int w = 0; w < WRITERS; w++) {
        int writer = w;
        writers.add(
            threads.submit(() -> writeUntilRefused(node, round + "/" + writer, acknowledged)));
      }
      for (Future<?> writer : writers) {
        writer.get(60, TimeUnit.SECONDS);
      }
      disk.onSyncPoint(null);
    }
    assertThat(wreck.get()).isNotNull();
    return wreck.get();
  }

  private static void writeUntilRefused(
      HostFixture node, String writer, Map<String, Long> acknowledged) {
    String filler = "x".repeat(400);
    for (int i = 0; ; i++) {
      String timeline = "t" + i % TIMELINES;
      String key = writer + "/" + i;
      WriteOutcome<AppendResult> outcome = node.submit("chat", timeline, key, key + filler).join();
      if (!(outcome instanceof WriteOutcome.Applied<AppendResult>(var result, var position))) {
        return;
      }
      acknowledged.put(timeline + " " + key, ((AppendResult.Appended) result).sequenceId());
    }
  }

  private static void check(String how, HostFixture node, Map<String, Long> acknowledged)
      throws Exception {
    for (int t = 0; t < TIMELINES; t++) {
      String timeline = "t" + t;
      List<String> rows = node.read("chat", timeline);
      for (int i = 0; i < rows.size(); i++) {
        assertThat(rows.get(i)).as(how).startsWith((i + 1) + "=");
      }
      for (Map.Entry<String, Long> one : acknowledged.entrySet()) {
        String[] timelineAndKey = one.getKey().split(" ");
        if (timelineAndKey[0].equals(timeline)) {
          assertThat(rows.get(Math.toIntExact(one.getValue()) - 1))
              .as(how)
              .startsWith(one.getValue() + "=" + timelineAndKey[1] + "x");
        }
      }
    }
    String filler = "x".repeat(400);
    int checked = 0;
    for (Map.Entry<String, Long> one : acknowledged.entrySet()) {
      String[] timelineAndKey = one.getKey().split(" ");
      AppendResult.Appended again =
          node.append("chat", timelineAndKey[0], timelineAndKey[1], timelineAndKey[1] + filler);
      assertThat(again.duplicate()).as(how).isTrue();
      assertThat(again.sequenceId()).as(how).isEqualTo(one.getValue());
      if (++checked == 20) {
        return;
      }
    }
  }

  @Test
  void aStoreWhoseCreationWasCutIsFinishedOrGoneAfterTheRestart() throws Exception {
    long seed = Seeds.seedOr(5);
    for (int cut = 1; cut <= (Seeds.isFullScale() ? 60 : 12); cut++) {
      HostSettings settings = HostFixture.settings(DIRECTORY);
      CrashFileSystem disk = new CrashFileSystem(CrashFileSystem.Order.ORDERED);
      disk.createDirectories(DIRECTORY);
      disk.syncDirectory(Path.of("/"));
      AtomicReference<CrashFileSystem> left = new AtomicReference<>();
      try (HostFixture node = new HostFixture(disk, settings, 1_000_000)) {
        long cutAt = disk.syncPoints() + cut;
        disk.onSyncPoint(
            point -> {
              if (point == cutAt) {
                left.set(disk.crashClone(seed + point, 50));
                disk.powerOff();
              }
            });
        var _ =
            node.host
                .catalog()
                .createStore(
                    new CatalogChange.CreateStore(
                        "chat", List.of(), HostFixture.DENSE, List.of(HostFixture.bytes("m"))))
                .handle((outcome, error) -> outcome)
                .get(60, TimeUnit.SECONDS);
      }
      CrashFileSystem disk2 = left.get() == null ? disk : left.get();
      try (HostFixture node = new HostFixture(disk2, settings, 1_000_000)) {
        node.host
            .catalog()
            .list(true)
            .forEach(store -> assertThat(store.state()).isEqualTo(StoreState.LIVE));
        if (node.host.catalog().find("chat").isEmpty()) {
          node.create("chat", HostFixture.DENSE, "m");
        }
        assertThat(node.append("chat", "a", "", "x").sequenceId()).isEqualTo(1);
        assertThat(node.append("chat", "z", "", "x").sequenceId()).isEqualTo(1);
      }
    }
  }

  @Test
  void aFailedSyncOfTheLogStopsTheNodeAndLeavesTheOutcomeUnknown() throws Exception {
    CrashFileSystem disk = new CrashFileSystem(CrashFileSystem.Order.ORDERED);
    disk.createDirectories(DIRECTORY);
    FaultFileSystem faulty = new FaultFileSystem(disk, 1);
    try (HostFixture node = new HostFixture(faulty, HostFixture.settings(DIRECTORY), 1_000_000)) {
      node.create("chat", HostFixture.DENSE);
      node.append("chat", "a", "", "good");
      Partition partition = node.route("chat", "a");
      faulty.arm(
          new FaultRule(
              FaultRule.Fault.LOSE_PAGES,
              EnumSet.of(FaultRule.Operation.FORCE),
              path -> path.startsWith(DIRECTORY.resolve("log")),
              1,
              1));
      assertThat(partition.append(HostFixture.append("a", "", "bad")).get(30, TimeUnit.SECONDS))
          .isInstanceOf(WriteOutcome.Unknown.class);
      await().until(() -> !node.fatal.isEmpty());
      assertThat(node.fatal).hasSize(1);
      await()
          .untilAsserted(
              () ->
                  assertThat(
                          HostFixture.refusal(
                                  partition.append(HostFixture.append("a", "", "later")))
                              .reason())
                      .isEqualTo(Refusal.Reason.REPLICA_FAILED));
    }
  }

  @Test
  void aFullDiskRefusesWritesByNameReadsGoOnAndWritesComeBackWithSpace() throws Exception {
    CrashFileSystem disk = new CrashFileSystem(CrashFileSystem.Order.ORDERED);
    disk.createDirectories(DIRECTORY);
    try (HostFixture node = new HostFixture(disk, HostFixture.settings(DIRECTORY), 1_000_000)) {
      node.create("chat", HostFixture.DENSE);
      node.append("chat", "a", "", "first");
      disk.setCapacityBytes(disk.usedBytes() + ENGINE_RESERVE_BYTES + (4 << 20));
      Partition partition = node.route("chat", "a");
      AtomicBoolean full = new AtomicBoolean();
      String filler = "x".repeat(200_000);
      long accepted = 1;
      while (!full.get()) {
        WriteOutcome<AppendResult> outcome =
            partition.append(HostFixture.append("a", "", filler)).get(30, TimeUnit.SECONDS);
        switch (outcome) {
          case WriteOutcome.Applied<AppendResult> applied -> accepted++;
          case WriteOutcome.Refused<AppendResult>(var refusal) -> {
            assertThat(refusal.reason()).isEqualTo(Refusal.Reason.DISK_FULL);
            assertThat(refusal.limit()).isEqualTo(1 << 20);
            full.set(true);
          }
          case WriteOutcome.Unknown<AppendResult>(var why) -> throw new AssertionError(why);
        }
      }
      assertThat(node.read("chat", "a")).hasSize((int) accepted);
      disk.setCapacityBytes(disk.usedBytes() + 4 * ENGINE_RESERVE_BYTES);
      await()
          .atMost(Duration.ofSeconds(10))
          .until(
              () ->
                  partition.append(HostFixture.append("a", "", "after")).get()
                      instanceof WriteOutcome.Applied);
      assertThat(node.fatal).isEmpty();
    }
  }

  @Test
  void aDiskThatFailsDuringStartLeavesNothingBehind() throws Exception {
    CrashFileSystem disk = new CrashFileSystem(CrashFileSystem.Order.ORDERED);
    disk.createDirectories(DIRECTORY);
    HostSettings settings = HostFixture.settings(DIRECTORY);
    try (HostFixture node = new HostFixture(disk, settings, 1_000_000)) {
      node.create("chat", HostFixture.DENSE);
      node.append("chat", "a", "", "x");
    }
    for (int nth = 1; nth <= 30; nth++) {
      FaultFileSystem faulty = new FaultFileSystem(disk, nth);
      faulty.arm(FaultRule.nth(nth, FaultRule.Fault.IO_ERROR));
      startAndStop(faulty, settings);
      assertThat(disk.openHandles()).as("after failing operation %d", nth).isZero();
    }
    try (HostFixture node = new HostFixture(disk, settings, 1_000_000)) {
      assertThat(node.read("chat", "a")).containsExactly("1=x");
    }
  }

  private static void startAndStop(FileSystem fileSystem, HostSettings settings) {
    try (HostFixture node = new HostFixture(fileSystem, settings, 1_000_000)) {
      ReadOutcome outcome = node.route("chat", "a").read().get(30, TimeUnit.SECONDS);
      if (outcome instanceof ReadOutcome.Ready(var view)) {
        view.close();
      }
    } catch (ExecutionException defect) {
      throw new AssertionError(defect);
    } catch (Exception expected) {
      // The start failed because of the disk; what matters is that it left nothing open.
      assertThat(expected).isInstanceOf(IOException.class);
    }
  }
}
