package io.tideline.tools.bench.cluster;

import io.tideline.client.AppendResult;
import io.tideline.client.BatchingAppender;
import io.tideline.client.BatchingOptions;
import io.tideline.client.Message;
import io.tideline.client.TidelineClient;
import io.tideline.client.TimelineKey;
import io.tideline.tools.bench.BenchStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/**
 * Appends as fast as they are acknowledged, with a fixed number in flight, through the client's
 * batching appender.
 */
final class Load {

  private static final Duration DEADLINE = Duration.ofSeconds(60);
  private static final long LATENCY_MICROS_MAX = 60_000_000;
  private static final int VALUES = 1_024;

  /** What was measured; latencies in microseconds, from the call to the acknowledgement. */
  record Measured(long appends, long failures, double seconds, Histogram latencyMicros) {
    double perSecond() {
      return appends / seconds;
    }
  }

  private final int timelines;
  private final int inFlight;
  private final BatchingOptions batching;
  private final boolean messageKeys;
  private final LongSupplier nanoClock;
  private final List<Message> messages = new ArrayList<>();

  Load(
      int timelines,
      int valueBytes,
      int inFlight,
      int batchItems,
      int batchesInFlight,
      boolean messageKeys,
      LongSupplier nanoClock) {
    this.timelines = timelines;
    this.inFlight = inFlight;
    this.batching =
        BatchingOptions.defaults().withMaxBatchItems(batchItems).withMaxInFlight(batchesInFlight);
    this.messageKeys = messageKeys;
    this.nanoClock = nanoClock;
    Random random = new Random(1);
    for (int i = 0; i < VALUES; i++) {
      byte[] value = new byte[valueBytes];
      random.nextBytes(value);
      messages.add(Message.builder().put("v", value).build());
    }
  }

  /**
   * Warms up, then measures.
   *
   * @param atStart called when measuring begins
   */
  Measured run(List<String> endpoints, Duration warmUp, Duration length, Runnable atStart)
      throws InterruptedException {
    Semaphore free = new Semaphore(inFlight);
    AtomicLong appends = new AtomicLong();
    AtomicLong failures = new AtomicLong();
    Histogram latency = new ConcurrentHistogram(LATENCY_MICROS_MAX, 3);
    List<TimelineKey> keys = new ArrayList<>();
    for (int i = 0; i < timelines; i++) {
      keys.add(BenchStore.timeline(i));
    }
    Random random = new Random(2);
    try (TidelineClient client =
            TidelineClient.builder()
                .addresses(endpoints.toArray(String[]::new))
                .deadline(DEADLINE)
                .autoMessageKeys(messageKeys)
                .build();
        BatchingAppender appender = client.batchingAppender(batching)) {
      long warm = nanoClock.getAsLong() + warmUp.toNanos();
      boolean measuring = false;
      long begun = nanoClock.getAsLong();
      long end = warm + length.toNanos();
      long now = begun;
      while (now < end) {
        if (!measuring && now >= warm) {
          measuring = true;
          appends.set(0);
          failures.set(0);
          latency.reset();
          begun = now;
          atStart.run();
        }
        free.acquire();
        long called = nanoClock.getAsLong();
        CompletableFuture<AppendResult> append =
            appender.add(keys.get(random.nextInt(timelines)), messages.get(random.nextInt(VALUES)));
        var _ =
            append.whenComplete(
                (result, error) -> {
                  free.release();
                  if (error == null) {
                    appends.incrementAndGet();
                    latency.recordValue(
                        Math.min(
                            LATENCY_MICROS_MAX,
                            TimeUnit.NANOSECONDS.toMicros(nanoClock.getAsLong() - called)));
                  } else {
                    failures.incrementAndGet();
                  }
                });
        now = nanoClock.getAsLong();
      }
      return new Measured(appends.get(), failures.get(), (now - begun) / 1e9, latency.copy());
    }
  }
}
