package io.tideline.server.log;

import static io.tideline.server.log.GroupLog.await;
import static io.tideline.server.log.LogFixture.DETERMINISTIC;
import static io.tideline.server.log.LogFixture.entries;
import static io.tideline.server.log.LogFixture.entry;
import static io.tideline.server.log.LogFixture.open;
import static io.tideline.server.log.LogFixture.show;
import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.lsm.testing.CrashFileSystem;
import io.tideline.lsm.testing.CrashFileSystem.Order;
import io.tideline.lsm.testing.FaultFileSystem;
import io.tideline.lsm.testing.FaultRule;
import io.tideline.lsm.testing.FaultRule.Fault;
import io.tideline.lsm.testing.FaultRule.Operation;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.awaitility.Awaitility;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How segments go: by themselves, by copying what is left in them, by asking groups to flush. */
class LogSpaceTest {

  private static final int SEGMENT = DETERMINISTIC.segmentBytes();
  private static final long BUSY = 99;

  private final RecordingListener listener = new RecordingListener();
  private CrashFileSystem disk;

  @BeforeEach
  void makeDisk() throws IOException {
    disk = LogFixture.newDisk(Order.ARBITRARY);
  }

  @Test
  void diskUseIsBoundedWhileAGroupFlushes() throws IOException {
    try (GroupLog log = open(disk, DETERMINISTIC, listener)) {
      await(log.group(1).saveMeta(new GroupMeta(7, "kept")));
      await(log.group(2).reset(500));
      for (int round = 0; round < 100; round++) {
        write(log, 6);
        await(log.group(BUSY).truncatePrefix(log.group(BUSY).lastIndex() - 3));
      }
      collected(() -> assertThat(log.stats().segments()).isLessThanOrEqualTo(3));
      assertThat(disk.usedBytes()).isLessThan(4L * SEGMENT);
      assertThat(log.stats().rewrittenEntries()).isZero();
      assertThat(listener.pinned()).isEmpty();
    }
    try (GroupLog log = open(disk.crashClone(1, 0))) {
      assertThat(log.group(1).meta()).isEqualTo(new GroupMeta(7, "kept"));
      assertThat(log.group(2).firstIndex()).isEqualTo(500);
      assertThat(log.group(2).lastIndex()).isEqualTo(499);
    }
  }

  @Test
  void fewEntriesOfIdleGroupsAreCopiedForward() throws IOException {
    try (GroupLog log = open(disk, DETERMINISTIC, listener)) {
      await(log.group(1).append(1, entries(1, 1, 3)));
      await(log.group(2).append(1, List.of(new LogEntry(4, 9, new byte[] {'c'}))));
      for (int round = 0; round < 60; round++) {
        write(log, 6);
        await(log.group(BUSY).truncatePrefix(log.group(BUSY).lastIndex()));
      }
      collected(() -> assertThat(log.stats().logBytes()).isLessThanOrEqualTo(9L * SEGMENT));
      assertThat(log.stats().rewrittenEntries()).isPositive();
      assertThat(listener.pinned()).isEmpty();
      assertThat(show(log.group(1))).isEqualTo("1 [1:1, 1:2, 1:3] 0");
    }
    try (GroupLog log = open(disk.crashClone(1, 0))) {
      assertThat(show(log.group(1))).isEqualTo("1 [1:1, 1:2, 1:3] 0");
      assertThat(show(log.group(2))).isEqualTo("1 [4:c#9] 0");
      assertThat(log.group(2).taggedIndexes()).containsExactly(1L);
      await(log.group(1).truncateSuffix(2));
      await(log.group(1).append(3, entries(2, 33, 1)));
      assertThat(show(log.group(1))).isEqualTo("1 [1:1, 1:2, 2:33] 0");
    }
  }

  @Test
  void groupsThatHoldMuchAreAskedToFlush() throws IOException {
    try (GroupLog log = open(disk, DETERMINISTIC, listener)) {
      await(log.group(1).append(1, List.of(entry(1, "a".repeat(SEGMENT / 4)))));
      await(log.group(2).append(1, List.of(entry(1, "b".repeat(SEGMENT / 3)))));
      for (int round = 0; round < 80; round++) {
        write(log, 2);
        await(log.group(BUSY).truncatePrefix(log.group(BUSY).lastIndex()));
      }
      assertThat(listener.pinned()).isNotEmpty().allMatch(groups -> groups.equals(List.of(2L, 1L)));
      assertThat(log.stats().logBytes()).isGreaterThan(DETERMINISTIC.softLimitBytes());
      await(log.group(1).truncatePrefix(2));
      await(log.group(2).truncatePrefix(2));
      write(log, 1);
      long limit = DETERMINISTIC.softLimitBytes();
      collected(() -> assertThat(log.stats().logBytes()).isLessThanOrEqualTo(limit));
    }
  }

  @Test
  void segmentThatCannotBeDeletedIsTriedAgainAndTheLogGoesOn() throws IOException {
    FaultFileSystem faulty = new FaultFileSystem(disk, 1);
    try (GroupLog log = open(faulty, DETERMINISTIC, listener)) {
      faulty.arm(FaultRule.always(Fault.IO_ERROR, Set.of(Operation.DELETE), path -> true));
      for (int round = 0; round < 40; round++) {
        write(log, 6);
        await(log.group(BUSY).truncatePrefix(log.group(BUSY).lastIndex()));
      }
      assertThat(faulty.faultsFired()).isPositive();
      assertThat(listener.failures()).isEmpty();
      assertThat(log.stats().logBytes()).isGreaterThan(DETERMINISTIC.softLimitBytes());
      assertThat(log.stats().rewrittenEntries()).isZero();

      faulty.disarm();
      write(log, 1);
      collected(() -> assertThat(log.stats().segments()).isLessThanOrEqualTo(3));
      assertThat(listener.failures()).isEmpty();
    }
    try (GroupLog log = open(disk.crashClone(1, 0))) {
      assertThat(log.group(BUSY).lastIndex()).isEqualTo(241);
    }
  }

  @Test
  void failedSyncOfADeletionIsFinal() throws IOException {
    FaultFileSystem faulty = new FaultFileSystem(disk, 1);
    try (GroupLog log = open(faulty, DETERMINISTIC, listener)) {
      write(log, 40);
      faulty.arm(FaultRule.nth(1, Fault.IO_ERROR, Set.of(Operation.SYNC_DIRECTORY)));
      await(log.group(BUSY).destroy());
      collected(() -> assertThat(listener.failures()).hasSize(1));
    }
  }

  @Test
  void destroyedGroupHoldsNothing() throws IOException {
    try (GroupLog log = open(disk, DETERMINISTIC, listener)) {
      write(log, 40);
      assertThat(log.stats().segments()).isGreaterThan(5);
      await(log.group(BUSY).destroy());
      collected(() -> assertThat(log.stats().segments()).isEqualTo(1));
      assertThat(log.stats().liveBytes()).isZero();
    }
  }

  @Test
  void restartsWithoutTrafficDoNotGrowTheLog() throws IOException {
    try (GroupLog log = open(disk, DETERMINISTIC, listener)) {
      await(log.group(1).append(1, entries(1, 1, 3)));
    }
    for (int i = 0; i < 30; i++) {
      try (GroupLog log = open(disk, DETERMINISTIC, listener)) {
        await(log.group(1).saveMeta(new GroupMeta(i, "")));
        assertThat(show(log.group(1))).startsWith("1 [1:1, 1:2, 1:3]");
        collected(() -> assertThat(log.stats().logBytes()).isLessThanOrEqualTo(9L * SEGMENT));
      }
    }
  }

  /** Writes are acknowledged before the writer deletes what they made superfluous: awaits that. */
  private static void collected(ThrowingRunnable fact) {
    Awaitility.await().atMost(Duration.ofSeconds(30)).untilAsserted(fact);
  }

  /** Appends entries of 2,000 bytes to the busy group. */
  private static void write(GroupLog log, int count) throws IOException {
    LogGroup busy = log.group(BUSY);
    for (int i = 0; i < count; i++) {
      await(busy.append(busy.lastIndex() + 1, List.of(entry(1, "w".repeat(2_000)))));
    }
  }
}
