package io.tideline.server.log;

import static io.tideline.server.log.GroupLog.await;
import static io.tideline.server.log.LogFixture.DETERMINISTIC;
import static io.tideline.server.log.LogFixture.DIRECTORY;
import static io.tideline.server.log.LogFixture.entries;
import static io.tideline.server.log.LogFixture.entry;
import static io.tideline.server.log.LogFixture.open;
import static io.tideline.server.log.LogFixture.show;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tideline.lsm.testing.CrashFileSystem;
import io.tideline.lsm.testing.CrashFileSystem.Order;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class GroupLogTest {

  private CrashFileSystem disk;
  private GroupLog log;

  @BeforeEach
  void makeLog() throws IOException {
    disk = LogFixture.newDisk(Order.ARBITRARY);
    log = open(disk);
  }

  @AfterEach
  void closeLog() throws IOException {
    log.close();
    assertThat(disk.openHandles()).isZero();
  }

  private void reopen() throws IOException {
    log.close();
    log = open(disk);
  }

  private void crash() throws IOException {
    CrashFileSystem after = disk.crashClone(0, 0);
    log.close();
    disk = after;
    log = open(disk);
  }

  @Test
  void newGroupIsEmptyAndStartsAtOne() {
    LogGroup group = log.group(7);
    assertThat(group.firstIndex()).isEqualTo(1);
    assertThat(group.lastIndex()).isZero();
    assertThat(group.meta()).isEqualTo(GroupMeta.NONE);
    assertThat(log.groups()).isEmpty();
    assertThat(log.group(7)).isSameAs(group);
  }

  @Test
  void appendedEntriesAreReadBackAfterACrash() throws IOException {
    await(log.group(7).append(1, entries(3, 10, 3)));
    await(log.group(8).append(1, entries(1, 50, 1)));
    assertThat(show(log.group(7))).isEqualTo("1 [3:10, 3:11, 3:12] 0");
    crash();
    assertThat(log.groups()).containsExactly(7L, 8L);
    assertThat(show(log.group(7))).isEqualTo("1 [3:10, 3:11, 3:12] 0");
    assertThat(show(log.group(8))).isEqualTo("1 [1:50] 0");
    await(log.group(7).append(4, entries(4, 13, 1)));
    assertThat(show(log.group(7))).isEqualTo("1 [3:10, 3:11, 3:12, 4:13] 0");
  }

  @Test
  void appendMustFollowTheLastEntry() throws IOException {
    LogGroup group = log.group(1);
    await(group.append(1, entries(1, 1, 2)));
    assertThatThrownBy(() -> await(group.append(2, entries(1, 2, 1))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("group 1: append at index 2, the last index is 2");
    await(group.append(3, List.of()));
    assertThat(group.lastIndex()).isEqualTo(2);
  }

  @Test
  void truncatedSuffixIsGoneBeforeALaterAppendIsAcknowledged() throws IOException {
    LogGroup group = log.group(1);
    await(group.append(1, entries(1, 1, 5)));
    var truncated = group.truncateSuffix(2);
    await(group.append(3, entries(2, 33, 1)));
    assertThat(truncated).isCompleted();
    assertThat(show(group)).isEqualTo("1 [1:1, 1:2, 2:33] 0");
    crash();
    assertThat(show(log.group(1))).isEqualTo("1 [1:1, 1:2, 2:33] 0");
  }

  @Test
  void suffixCannotBeTruncatedBelowTheLog() throws IOException {
    LogGroup group = log.group(1);
    await(group.append(1, entries(1, 1, 5)));
    await(group.truncatePrefix(3));
    assertThatThrownBy(() -> await(group.truncateSuffix(1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("group 1: truncate after 1, the first index is 3");
    await(group.truncateSuffix(2));
    assertThat(group.lastIndex()).isEqualTo(2);
    crash();
    assertThat(log.group(1).firstIndex()).isEqualTo(3);
    assertThat(log.group(1).lastIndex()).isEqualTo(2);
  }

  @Test
  void truncatedPrefixStaysReadableUntilItsSegmentGoes() throws IOException {
    LogGroup group = log.group(1);
    await(group.append(1, entries(1, 1, 5)));
    await(group.truncatePrefix(4));
    assertThat(group.firstIndex()).isEqualTo(4);
    assertThat(show(group, 1)).isEqualTo("1:1");
    fillSegments(2, 3);
    reopen();
    assertThat(show(log.group(1), 1)).isEqualTo("1:1");
    await(log.group(1).truncatePrefix(6));
    fillSegments(3, 1);
    assertThat(show(log.group(1), 1)).isEqualTo("-");
    assertThat(log.group(1).firstIndex()).isEqualTo(6);
  }

  @Test
  void truncatedPrefixNeedsNoSyncOfItsOwn() throws IOException {
    LogGroup group = log.group(1);
    await(group.append(1, entries(1, 1, 5)));
    long before = disk.syncPoints();
    await(group.truncatePrefix(4));
    assertThat(disk.syncPoints()).isEqualTo(before);
    await(group.append(6, entries(1, 6, 1)));
    crash();
    assertThat(log.group(1).firstIndex()).isEqualTo(4);
  }

  @Test
  void prefixBeyondTheEndLeavesAnEmptyLogThere() throws IOException {
    LogGroup group = log.group(1);
    await(group.append(1, entries(1, 1, 5)));
    await(group.truncatePrefix(101));
    crash();
    assertThat(log.group(1).firstIndex()).isEqualTo(101);
    assertThat(log.group(1).lastIndex()).isEqualTo(100);
    assertThat(show(log.group(1), 5)).isEqualTo("-");
    await(log.group(1).append(101, entries(2, 1, 1)));
  }

  @Test
  void resetLogIsEmptyWithoutAnyPlaceholder() throws IOException {
    await(log.group(1).append(1, entries(1, 1, 5)));
    await(log.group(1).reset(43));
    crash();
    assertThat(log.group(1).firstIndex()).isEqualTo(43);
    assertThat(log.group(1).lastIndex()).isEqualTo(42);
    assertThat(show(log.group(1), 43)).isEqualTo("-");
    assertThat(show(log.group(1), 42)).isEqualTo("-");
    await(log.group(1).append(43, entries(9, 43, 1)));
    crash();
    assertThat(show(log.group(1))).isEqualTo("43 [9:43] 0");
  }

  @Test
  void termAndVoteSurviveAndDoNotTouchTheLog() throws IOException {
    await(log.group(1).saveMeta(new GroupMeta(5, "10.0.0.1:7421")));
    await(log.group(1).saveMeta(new GroupMeta(6, "")));
    await(log.group(2).saveMeta(new GroupMeta(9, "n2")));
    crash();
    assertThat(log.group(1).meta()).isEqualTo(new GroupMeta(6, ""));
    assertThat(log.group(2).meta()).isEqualTo(new GroupMeta(9, "n2"));
    assertThat(log.group(1).lastIndex()).isZero();
  }

  @Test
  void destroyedGroupIsForgottenAndItsIdStartsAnew() throws IOException {
    LogGroup old = log.group(1);
    await(old.append(1, entries(1, 1, 3)));
    await(old.saveMeta(new GroupMeta(5, "x")));
    await(old.destroy());
    assertThat(log.groups()).isEmpty();
    assertThatThrownBy(() -> await(old.append(1, entries(1, 1, 1))))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("destroyed");
    crash();
    assertThat(log.groups()).isEmpty();
    await(log.group(1).append(1, entries(7, 70, 1)));
    crash();
    assertThat(show(log.group(1))).isEqualTo("1 [7:70] 0");
  }

  @Test
  void taggedEntriesAreFoundWithoutReading() throws IOException {
    LogGroup group = log.group(1);
    await(group.append(1, entries(1, 1, 2)));
    await(group.append(3, List.of(new LogEntry(1, 4, new byte[] {'c'}))));
    await(group.append(4, List.of(entry(1, "x"), new LogEntry(2, 255, new byte[] {'d'}))));
    assertThat(group.taggedIndexes()).containsExactly(3L, 5L);
    crash();
    assertThat(log.group(1).taggedIndexes()).containsExactly(3L, 5L);
    assertThat(show(log.group(1), 5)).isEqualTo("2:d#255");
    await(log.group(1).truncatePrefix(4));
    await(log.group(1).truncateSuffix(4));
    assertThat(log.group(1).taggedIndexes()).isEmpty();
  }

  @Test
  void entriesOfAnySizeFit() throws IOException {
    LogGroup group = log.group(1);
    int segment = DETERMINISTIC.segmentBytes();
    int[] sizes = {0, 1, 7, 8, segment / 2, segment, 5 * segment, 3};
    for (int i = 0; i < sizes.length; i++) {
      await(group.append(i + 1, List.of(entry(1, "x".repeat(sizes[i])))));
    }
    crash();
    for (int i = 0; i < sizes.length; i++) {
      assertThat(show(log.group(1), i + 1)).isEqualTo("1:" + "x".repeat(sizes[i]));
    }
  }

  @Test
  void entriesAreSpreadOverSegmentsAndAllRecovered() throws IOException {
    for (int i = 0; i < 200; i++) {
      await(log.group(i % 5).append(i / 5 + 1, List.of(entry(i, "value " + i + "-".repeat(300)))));
    }
    assertThat(log.stats().segments()).isGreaterThan(4);
    crash();
    for (int i = 0; i < 200; i++) {
      assertThat(show(log.group(i % 5), i / 5 + 1)).startsWith(i + ":value " + i + "-");
    }
  }

  @Test
  void lastEntryIsServedFromMemoryAndNeverStale() throws IOException {
    LogGroup group = log.group(1);
    await(group.append(1, entries(1, 1, 3)));
    LogEntry last = group.read(3);
    assertThat(group.read(3)).isSameAs(last);
    await(group.truncateSuffix(2));
    assertThat(group.read(3)).isNull();
    await(group.append(3, entries(2, 33, 1)));
    assertThat(show(group, 3)).isEqualTo("2:33");
    reopen();
    LogEntry again = log.group(1).read(3);
    assertThat(log.group(1).read(3)).isSameAs(again);
  }

  @Test
  void directoryIsLockedWhileOpen() {
    assertThatThrownBy(() -> open(disk)).hasMessageContaining(DIRECTORY.toString());
  }

  @Test
  void closedLogRefusesWritesAndReads() throws IOException {
    LogGroup group = log.group(1);
    await(group.append(1, entries(1, 1, 1).subList(0, 1)));
    await(group.append(2, List.of(entry(1, "x".repeat(20_000)))));
    await(group.append(3, entries(1, 3, 1)));
    log.close();
    assertThatThrownBy(() -> await(group.append(4, entries(1, 4, 1))))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the log is closed");
    assertThatThrownBy(() -> group.read(2)).hasMessage("the log is closed");
  }

  @Test
  void statsCountWhatHappened() throws IOException {
    await(log.group(1).append(1, entries(1, 10, 3)));
    await(log.group(2).saveMeta(new GroupMeta(1, "a")));
    GroupLogStats stats = log.stats();
    assertThat(stats.requests()).isEqualTo(2);
    assertThat(stats.entries()).isEqualTo(3);
    assertThat(stats.entryBytes()).isEqualTo(6);
    assertThat(stats.segments()).isEqualTo(1);
    assertThat(stats.groups()).isEqualTo(2);
    assertThat(stats.liveBytes()).isEqualTo(3 * 56);
    assertThat(stats.logBytes()).isEqualTo(DETERMINISTIC.segmentBytes());
    assertThat(stats.spaceLow()).isFalse();
  }

  /** Fills this many segments with entries of a group and gives them up. */
  private void fillSegments(long group, int segments) throws IOException {
    LogGroup filler = log.group(group);
    for (int i = 0; i < segments * 8; i++) {
      await(filler.append(filler.lastIndex() + 1, List.of(entry(1, "f".repeat(2_000)))));
    }
    await(filler.truncatePrefix(filler.lastIndex() + 1));
    await(filler.saveMeta(new GroupMeta(1, "")));
  }
}
