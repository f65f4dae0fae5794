package io.tideline.server.log;

import static io.tideline.server.log.GroupLog.await;
import static io.tideline.server.log.LogFixture.entries;
import static io.tideline.server.log.LogFixture.entry;
import static io.tideline.server.log.LogFixture.show;
import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.lsm.fs.RealFileSystem;
import io.tideline.lsm.testing.CrashFileSystem;
import io.tideline.lsm.testing.CrashFileSystem.Order;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Many groups at once, on the real disk with background work. */
class LogConcurrencyTest {

  private static final GroupLogOptions OPTIONS =
      GroupLogOptions.DEFAULT
          .withSegmentBytes(256 << 10)
          .withSoftLimitBytes(4 << 20)
          .withCacheBytes(16 << 10)
          .withIdleMark(Duration.ofMillis(10));

  @Test
  @Timeout(120)
  void oneSyncServesAllThatWait() throws Exception {
    CrashFileSystem disk = LogFixture.newDisk(Order.ORDERED);
    try (GroupLog log = LogFixture.open(disk)) {
      CountDownLatch syncing = new CountDownLatch(1);
      CountDownLatch submitted = new CountDownLatch(1);
      disk.onSyncPoint(
          n -> {
            syncing.countDown();
            waitFor(submitted);
          });
      CompletableFuture<Void> first = log.group(0).append(1, entries(1, 0, 1));
      waitFor(syncing);
      List<CompletableFuture<Void>> waiting = new ArrayList<>();
      for (int group = 1; group <= 50; group++) {
        waiting.add(log.group(group).append(1, entries(1, group, 1)));
      }
      long before = log.stats().syncs();
      submitted.countDown();
      first.get();
      for (CompletableFuture<Void> one : waiting) {
        one.get();
      }
      assertThat(log.stats().syncs() - before).isEqualTo(2);
      disk.onSyncPoint(null);
    }
  }

  @Test
  @Timeout(120)
  void manyGroupsWriteReadAndTruncateTogether(@TempDir Path directory) throws Exception {
    int groups = 20;
    int rounds = 150;
    RecordingListener listener = new RecordingListener();
    RealFileSystem fileSystem = new RealFileSystem();
    try (GroupLog log = GroupLog.open(fileSystem, directory, OPTIONS, listener);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      AtomicLongArray durable = new AtomicLongArray(groups + 1);
      List<Future<?>> writers = new ArrayList<>();
      for (int id = 1; id <= groups; id++) {
        LogGroup group = log.group(id);
        writers.add(threads.submit(() -> writeRounds(group, rounds, durable)));
      }
      // On a thread of the platform: it never blocks for long and would keep a carrier from others.
      FutureTask<Void> reader = new FutureTask<>(() -> readUntil(log, rounds, durable));
      Thread.ofPlatform().name("reader").start(reader);
      for (Future<?> one : writers) {
        get(one);
      }
      get(reader);
      assertThat(listener.failures()).isEmpty();
      assertThat(log.stats().syncs()).isLessThan((long) groups * rounds);
      assertThat(log.stats().logBytes()).isLessThan(8 << 20);
    }
    try (GroupLog log = GroupLog.open(fileSystem, directory, OPTIONS, listener)) {
      for (int id = 1; id <= groups; id++) {
        LogGroup group = log.group(id);
        assertThat(group.lastIndex()).isEqualTo(rounds);
        assertThat(group.meta().term()).isEqualTo(rounds);
        for (long index = group.firstIndex(); index <= rounds; index++) {
          assertThat(show(group, index)).startsWith(index + ":" + id + "/" + index + "/");
        }
      }
    }
  }

  @Test
  @Timeout(120)
  void idleLogForgetsWhatWasTruncated(@TempDir Path directory) throws IOException {
    try (GroupLog log =
        GroupLog.open(new RealFileSystem(), directory, OPTIONS, new RecordingListener())) {
      LogGroup group = log.group(1);
      for (int i = 1; i <= 40; i++) {
        await(group.append(i, List.of(entry(1, "x".repeat(20_000)))));
      }
      assertThat(log.stats().segments()).isGreaterThan(2);
      await(group.truncatePrefix(41));
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> log.stats().segments() == 1 && log.stats().liveBytes() == 0);
    }
  }

  private static Void writeRounds(LogGroup group, int rounds, AtomicLongArray durable)
      throws IOException {
    for (long index = 1; index <= rounds; index++) {
      String payload = group.id() + "/" + index + "/" + "p".repeat((int) (index * 37 % 2_000));
      CompletableFuture<Void> wrong = group.append(index, List.of(entry(0, "to be replaced")));
      CompletableFuture<Void> cut = group.truncateSuffix(index - 1);
      await(group.append(index, List.of(entry(index, payload))));
      assertThat(wrong).isCompleted();
      assertThat(cut).isCompleted();
      durable.set((int) group.id(), index);
      await(group.saveMeta(new GroupMeta(index, "v")));
      if (index % 20 == 0) {
        await(group.truncatePrefix(index - 10));
      }
    }
    return null;
  }

  /** Reads entries that are acknowledged and not given up: they must be there and right. */
  private static Void readUntil(GroupLog log, int rounds, AtomicLongArray durable)
      throws IOException {
    boolean done = false;
    while (!done) {
      done = true;
      for (int id = 1; id < durable.length(); id++) {
        LogGroup group = log.group(id);
        long last = durable.get(id);
        done &= last == rounds;
        for (long index = Math.max(1, last - 15); index <= last; index++) {
          String shown = show(group, index);
          if (index >= group.firstIndex()) {
            assertThat(shown).startsWith(index + ":" + id + "/" + index + "/");
          }
        }
      }
    }
    return null;
  }

  private static void get(Future<?> future) throws InterruptedException {
    try {
      future.get();
    } catch (ExecutionException e) {
      throw new AssertionError(e.getCause());
    }
  }

  private static void waitFor(CountDownLatch latch) {
    try {
      if (!latch.await(30, TimeUnit.SECONDS)) {
        throw new AssertionError("waited in vain");
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
