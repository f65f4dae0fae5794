package io.tideline.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.tideline.client.testing.FakeServer;
import io.tideline.client.testing.Fault;
import io.tideline.proto.v1.Entry;
import io.tideline.proto.v1.ErrorReason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Many threads add to one appender while calls are refused, answers are lost and the server is
 * killed: every item is there once, in the order of its timeline, and was acknowledged with its
 * true id.
 */
@Timeout(120)
class AppenderUnderFaultsTest {

  private static final int THREADS = 6;
  private static final int TIMELINES_PER_THREAD = 4;
  private static final int ITEMS_PER_THREAD = 2_000;

  private final long seed = TestSeed.pick();

  @Test
  void nothingIsLostDoubledOrReordered() throws Exception {
    Random chance = new Random(seed);
    try (FakeServer server = FakeServer.started();
        TidelineClient client =
            TidelineClient.builder()
                .addresses(server.address())
                .retryPolicy(
                    RetryPolicy.defaults().withBackoff(Duration.ofMillis(1), Duration.ofMillis(20)))
                .build();
        BatchingAppender appender =
            client.batchingAppender(
                BatchingOptions.defaults()
                    .withLinger(Duration.ofMillis(1))
                    .withMaxBatchItems(50)
                    .withMaxInFlight(5)
                    .withMaxPendingBytes(2 << 20))) {
      server.faults().always("BatchAppend", () -> fault(chance));
      List<Future<List<CompletableFuture<AppendResult>>>> writers = startWriters(appender);
      killSometimes(server, writers, chance);
      for (int thread = 0; thread < THREADS; thread++) {
        List<CompletableFuture<AppendResult>> results = writers.get(thread).get();
        assertWritten(server, thread, results);
      }
      AppenderMetrics metrics = appender.metrics();
      assertThat(metrics.acknowledgedItems()).isEqualTo((long) THREADS * ITEMS_PER_THREAD);
      assertThat(metrics.retriedItems()).as("faults happened; seed %s", seed).isPositive();
      assertThat(metrics.duplicateItems()).as("answers were lost; seed %s", seed).isPositive();
    }
  }

  private static @Nullable Fault fault(Random chance) {
    synchronized (chance) {
      return switch (chance.nextInt(12)) {
        case 0 ->
            Fault.refuse(Status.Code.UNAVAILABLE, ErrorReason.ERROR_REASON_PARTITION_UNAVAILABLE);
        case 1 -> Fault.loseAnswer(Status.Code.UNAVAILABLE);
        case 2 -> Fault.refuse(Status.Code.UNKNOWN, ErrorReason.ERROR_REASON_OUTCOME_UNKNOWN);
        default -> null;
      };
    }
  }

  private static List<Future<List<CompletableFuture<AppendResult>>>> startWriters(
      BatchingAppender appender) {
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    List<Future<List<CompletableFuture<AppendResult>>>> writers = new ArrayList<>();
    for (int t = 0; t < THREADS; t++) {
      int thread = t;
      writers.add(
          threads.submit(
              () -> {
                List<CompletableFuture<AppendResult>> results = new ArrayList<>();
                for (int i = 0; i < ITEMS_PER_THREAD; i++) {
                  results.add(appender.add(timeline(thread, i), Message.of("n", text(thread, i))));
                }
                appender.flush();
                return results;
              }));
    }
    threads.shutdown();
    return writers;
  }

  private static TimelineKey timeline(int thread, int item) {
    return TimelineKey.of("chat", "thread-" + thread, item % TIMELINES_PER_THREAD);
  }

  private static String text(int thread, int item) {
    return thread + "/" + item;
  }

  private static void killSometimes(
      FakeServer server, List<? extends Future<?>> writers, Random chance) throws Exception {
    for (int kill = 0; kill < 3; kill++) {
      for (Future<?> writer : writers) {
        if (!writer.isDone()) {
          awaitAtMost(writer, chance.nextInt(200) + 1);
          break;
        }
      }
      server.kill();
      server.start();
    }
  }

  private static void awaitAtMost(Future<?> writer, long millis) throws Exception {
    try {
      writer.get(millis, TimeUnit.MILLISECONDS);
    } catch (java.util.concurrent.TimeoutException stillWriting) {
      assertThat(writer).isNotDone();
    }
  }

  private void assertWritten(
      FakeServer server, int thread, List<CompletableFuture<AppendResult>> results) {
    for (int line = 0; line < TIMELINES_PER_THREAD; line++) {
      List<String> expected = new ArrayList<>();
      List<Long> acknowledged = new ArrayList<>();
      for (int i = line; i < ITEMS_PER_THREAD; i += TIMELINES_PER_THREAD) {
        expected.add(text(thread, i));
        acknowledged.add(results.get(i).join().sequenceId());
      }
      List<Entry> stored =
          server
              .services()
              .store("chat")
              .entries(WireValues.toWire(timeline(thread, line).identifier()));
      assertThat(stored.stream().map(e -> e.getMessage().getFieldsMap().get("n").getStringValue()))
          .as("timeline %s of thread %s, seed %s", line, thread, seed)
          .containsExactlyElementsOf(expected);
      assertThat(acknowledged)
          .as("ids of timeline %s of thread %s, seed %s", line, thread, seed)
          .containsExactlyElementsOf(LongStream.rangeClosed(1, expected.size()).boxed().toList());
    }
  }
}
