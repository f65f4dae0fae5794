package io.tideline.server.log;

import static io.tideline.server.log.GroupLog.await;
import static io.tideline.server.log.LogFixture.DETERMINISTIC;
import static io.tideline.server.log.LogFixture.entries;
import static io.tideline.server.log.LogFixture.entry;
import static io.tideline.server.log.LogFixture.open;
import static io.tideline.server.log.LogFixture.show;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tideline.lsm.CorruptionException;
import io.tideline.lsm.testing.CrashFileSystem;
import io.tideline.lsm.testing.CrashFileSystem.Order;
import io.tideline.lsm.testing.FaultFileSystem;
import io.tideline.lsm.testing.FaultRule;
import io.tideline.lsm.testing.FaultRule.Fault;
import io.tideline.lsm.testing.FaultRule.Operation;
import io.tideline.lsm.testing.Seeds;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every operation of the disk fails once; then the log is opened again on a disk that works. */
class LogFaultTest {

  private static final int STEPS = 25;

  @ParameterizedTest
  @EnumSource(
      value = Fault.class,
      names = {"IO_ERROR", "NO_SPACE", "SHORT_WRITE", "SHORT_WRITE_NO_SPACE", "LOSE_PAGES"})
  void nothingAcknowledgedIsLostWhateverOperationFails(Fault fault) throws IOException {
    long seed = Seeds.seedOr(11);
    for (long n = 1; ; n++) {
      CrashFileSystem disk = LogFixture.newDisk(Order.ORDERED);
      FaultFileSystem faulty = new FaultFileSystem(disk, seed + n);
      faulty.arm(FaultRule.nth(n, fault));
      LogModel model = new LogModel();
      Map<Long, Integer> acknowledged = program(faulty, model, seed);
      String context = fault + " at operation " + n + ", " + Seeds.describe(seed);
      assertThat(disk.openHandles()).as(context).isZero();
      LogModel.Bounds bounds = new LogModel.Bounds(acknowledged, model.submitted());
      for (int keep : new int[] {0, 50, 100}) {
        try (GroupLog log = open(disk.crashClone(n, keep))) {
          LogModel recovered = model.matching(log, bounds);
          assertThat(recovered).isNotNull();
        } catch (IOException | AssertionError e) {
          throw new AssertionError(context + ", kept " + keep, e);
        }
      }
      if (faulty.faultsFired() == 0) {
        assertThat(n).isGreaterThan(50);
        return;
      }
    }
  }

  /** Opens, works until done or failed, closes; returns what was acknowledged. */
  private static Map<Long, Integer> program(FaultFileSystem faulty, LogModel model, long seed) {
    RecordingListener listener = new RecordingListener();
    SplittableRandom random = new SplittableRandom(seed);
    try (GroupLog log = open(faulty, DETERMINISTIC, listener)) {
      boolean failed = false;
      for (int i = 0; i < STEPS && !failed; i++) {
        failed = !step(log, model, random);
      }
      if (failed) {
        assertThat(listener.failures()).hasSize(1);
        assertThatThrownBy(() -> await(log.group(1).saveMeta(GroupMeta.NONE)))
            .isInstanceOf(LogFailedException.class);
      }
    } catch (IOException e) {
      assertThat(e).hasMessageMatching("(?s).*(error|full).*");
    }
    return model.acknowledged();
  }

  /** False if the log has failed for good. */
  private static boolean step(GroupLog log, LogModel model, SplittableRandom random)
      throws IOException {
    CompletableFuture<Void> done = model.step(log, random, 3);
    try {
      await(done);
      return true;
    } catch (LogFullException e) {
      model.giveUp(done);
      return true;
    } catch (LogFailedException e) {
      return false;
    }
  }

  @Test
  void failedSyncIsFinal() throws IOException {
    CrashFileSystem disk = LogFixture.newDisk(Order.ORDERED);
    FaultFileSystem faulty = new FaultFileSystem(disk, 1);
    RecordingListener listener = new RecordingListener();
    try (GroupLog log = open(faulty, DETERMINISTIC, listener)) {
      LogGroup group = log.group(1);
      await(group.append(1, entries(1, 1, 2)));
      faulty.arm(FaultRule.nth(1, Fault.IO_ERROR, Set.of(Operation.FORCE)));
      assertThatThrownBy(() -> await(group.append(3, entries(1, 3, 1))))
          .isInstanceOf(LogFailedException.class)
          .hasMessageContaining("restart the node");
      assertThatThrownBy(() -> await(group.append(3, entries(1, 3, 1))))
          .isInstanceOf(LogFailedException.class);
      assertThat(listener.failures()).hasSize(1);
      assertThat(show(group)).isEqualTo("1 [1:1, 1:2] 0");
    }
  }

  @Test
  void fullDiskRefusesEntriesButTakesVotesAndResumes() throws IOException {
    int segment = DETERMINISTIC.segmentBytes();
    CrashFileSystem disk = LogFixture.newDisk(Order.ORDERED);
    RecordingListener listener = new RecordingListener();
    try (GroupLog log = open(disk, DETERMINISTIC, listener)) {
      disk.setCapacityBytes(disk.usedBytes() + segment / 2);
      LogGroup group = log.group(1);
      LogEntry large = entry(1, "x".repeat(3_000));
      int accepted = 0;
      while (accepts(group, large)) {
        accepted++;
      }
      assertThat(accepted).isBetween(3, 5);
      assertThat(group.lastIndex()).isEqualTo(accepted);
      assertThat(listener.spaceLow()).containsExactly(true);
      assertThat(log.stats().spaceLow()).isTrue();
      await(group.saveMeta(new GroupMeta(2, "me")));
      await(group.truncatePrefix(2));
      assertThat(accepts(group, large)).isFalse();

      disk.setCapacityBytes(disk.usedBytes() + 4L * segment);
      assertThat(accepts(group, large)).isTrue();
      assertThat(listener.spaceLow()).containsExactly(true, false);
      assertThat(listener.failures()).isEmpty();
      assertThat(group.lastIndex()).isEqualTo(accepted + 1);
    }
    try (GroupLog log = open(disk.crashClone(1, 0))) {
      assertThat(log.group(1).meta()).isEqualTo(new GroupMeta(2, "me"));
      assertThat(log.group(1).firstIndex()).isEqualTo(2);
    }
  }

  @Test
  void logOpensOnAFullDiskAndTruncationMakesRoom() throws IOException {
    CrashFileSystem disk = LogFixture.newDisk(Order.ORDERED);
    int segment = DETERMINISTIC.segmentBytes();
    try (GroupLog log = open(disk)) {
      for (int i = 1; i <= 40; i++) {
        await(log.group(1).append(i, List.of(entry(1, "x".repeat(2_000)))));
      }
    }
    // Less than a segment of room: what the last one gives back when it is cut does not change
    // that.
    disk.setCapacityBytes(disk.usedBytes() + 8_192);
    try (GroupLog log = open(disk)) {
      LogGroup group = log.group(1);
      LogEntry entry = entry(1, "y".repeat(segment / 2));
      assertThat(accepts(group, entry)).isFalse();
      assertThat(log.stats().spaceLow()).isTrue();
      await(group.saveMeta(new GroupMeta(4, "")));
      await(group.truncatePrefix(41));
      await(group.saveMeta(new GroupMeta(5, "")));
      assertThat(accepts(group, entry)).isTrue();
      assertThat(log.stats().spaceLow()).isFalse();
    }
  }

  private static boolean accepts(LogGroup group, LogEntry entry) throws IOException {
    try {
      await(group.append(group.lastIndex() + 1, List.of(entry)));
      return true;
    } catch (LogFullException e) {
      assertThat(e).hasMessageContaining("bytes are free below");
      return false;
    }
  }

  @Test
  void damagedReadIsReportedAndNeverServed() throws IOException {
    CrashFileSystem disk = LogFixture.newDisk(Order.ORDERED);
    FaultFileSystem faulty = new FaultFileSystem(disk, 3);
    try (GroupLog log = open(faulty, DETERMINISTIC.withCacheBytes(0))) {
      LogGroup group = log.group(1);
      for (int i = 1; i <= 50; i++) {
        await(group.append(i, entries(1, i, 1)));
      }
      for (Fault fault : List.of(Fault.BIT_FLIP, Fault.MISDIRECTED_READ)) {
        for (int i = 1; i < 50; i++) {
          faulty.arm(FaultRule.nth(1, fault, Set.of(Operation.READ)));
          int index = i;
          assertThatThrownBy(() -> group.read(index)).isInstanceOf(CorruptionException.class);
          faulty.disarm();
          assertThat(show(group, index)).isEqualTo("1:" + index);
        }
      }
    }
  }
}
