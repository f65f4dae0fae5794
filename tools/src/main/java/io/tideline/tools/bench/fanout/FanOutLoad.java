package io.tideline.tools.bench.fanout;

import io.tideline.client.FanOut;
import io.tideline.client.FanOutResult;
import io.tideline.client.Identifier;
import io.tideline.client.Message;
import io.tideline.client.TidelineClient;
import io.tideline.client.TimelineKey;
import io.tideline.tools.bench.BenchStore;
import io.tideline.tools.bench.ProcessUse;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Callers that write one message after the other, each to a group of inboxes drawn anew, or to one
 * inbox by a plain append; all with message keys.
 */
final class FanOutLoad {

  /** Conversations are in a store of their own, as in an application. */
  static final String CONVERSATIONS = "bench-conversations";

  private static final long LATENCY_MICROS_MAX = 120_000_000;
  private static final int VALUES = 1_024;

  /**
   * What was measured.
   *
   * @param calls acknowledged whole
   * @param inboxWrites inboxes that got a message by them
   * @param latencyMicros of calls
   * @param servers what the servers used meanwhile
   */
  record Measured(
      long calls, long inboxWrites, double seconds, Histogram latencyMicros, ProcessUse servers) {
    double inboxWritesPerSecond() {
      return inboxWrites / seconds;
    }
  }

  /** Reads what the servers have used. */
  interface Meter {
    ProcessUse read() throws IOException, InterruptedException;
  }

  private final TidelineClient client;
  private final int users;
  private final LongSupplier nanoClock;
  private final List<Message> messages = new ArrayList<>();

  /**
   * @param users inboxes to draw from
   */
  FanOutLoad(TidelineClient client, int users, int valueBytes, LongSupplier nanoClock) {
    this.client = client;
    this.users = users;
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
   * @param members inboxes of a group; 0 for single appends
   * @param callers who call one after the other
   * @throws IllegalStateException if a call failed
   */
  Measured run(int members, int callers, Duration warmUp, Duration length, Meter meter)
      throws IOException, InterruptedException {
    AtomicLong calls = new AtomicLong();
    Histogram latency = new ConcurrentHistogram(LATENCY_MICROS_MAX, 3);
    AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();
    long warm = nanoClock.getAsLong() + warmUp.toNanos();
    long stop = warm + length.toNanos();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < callers; i++) {
      Random random = new Random(31L * members + i);
      threads.add(
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      long called = nanoClock.getAsLong();
                      while (called < stop && failure.get() == null) {
                        write(members, random);
                        long now = nanoClock.getAsLong();
                        if (called >= warm && now <= stop) {
                          calls.incrementAndGet();
                          latency.recordValue(
                              Math.min(
                                  LATENCY_MICROS_MAX, TimeUnit.NANOSECONDS.toMicros(now - called)));
                        }
                        called = now;
                      }
                    } catch (RuntimeException e) {
                      failure.compareAndSet(null, e);
                    }
                  }));
    }
    sleepUntil(warm);
    ProcessUse before = meter.read();
    sleepUntil(stop);
    ProcessUse after = meter.read();
    for (Thread thread : threads) {
      thread.join();
    }
    RuntimeException failed = failure.get();
    if (failed != null) {
      throw new IllegalStateException("a call failed: " + failed.getMessage(), failed);
    }
    return new Measured(
        calls.get(),
        calls.get() * Math.max(1, members),
        TimeUnit.NANOSECONDS.toMillis(stop - warm) / 1e3,
        latency.copy(),
        after.minus(before));
  }

  private void write(int members, Random random) {
    Message message = messages.get(random.nextInt(VALUES));
    if (members == 0) {
      var _ = client.append(BenchStore.timeline(random.nextInt(users)), message);
      return;
    }
    // Members of a group are anywhere: a stride that is prime to the number of users visits each
    // once.
    List<Identifier> inboxes = new ArrayList<>(members);
    int user = random.nextInt(users);
    int stride = users / members;
    for (int i = 0; i < members; i++) {
      inboxes.add(BenchStore.timeline(user).identifier());
      user = (user + stride) % users;
    }
    FanOutResult result =
        client.fanOut(
            FanOut.builder(message)
                .conversation(TimelineKey.of(CONVERSATIONS, "g" + random.nextInt(users)))
                .inboxes(BenchStore.NAME, inboxes)
                .build());
    var _ = result.orThrow();
  }

  private void sleepUntil(long nanos) throws InterruptedException {
    TimeUnit.NANOSECONDS.sleep(nanos - nanoClock.getAsLong());
  }
}
