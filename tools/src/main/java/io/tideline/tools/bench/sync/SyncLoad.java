package io.tideline.tools.bench.sync;

import io.tideline.client.Entry;
import io.tideline.client.FanOut;
import io.tideline.client.FanOutResult;
import io.tideline.client.Identifier;
import io.tideline.client.Message;
import io.tideline.client.SyncResult;
import io.tideline.client.SyncSpec;
import io.tideline.client.TidelineClient;
import io.tideline.tools.bench.BenchStore;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Users with an inbox and one device each. Every pull is checked: what it brings are the ids right
 * after those the device has.
 */
final class SyncLoad {

  private static final long LATENCY_MICROS_MAX = 120_000_000;

  /** Inboxes of one fan-out: a large group. */
  private static final int GROUP = 500;

  /** More than this under way, and a machine that is too slow would only pile them up. */
  private static final int UNDER_WAY_MAX = 2_000;

  /** A prime: visits all users in an order that has nothing to do with partitions. */
  private static final int STRIDE = 7_919;

  /**
   * What was measured.
   *
   * @param latencyMicros of pulls; of paced ones from the moment each was due
   * @param entries all pulls brought together
   * @param used what the servers used meanwhile
   */
  record Measured<U>(Histogram latencyMicros, long entries, double seconds, U used) {
    double perSecond() {
      return latencyMicros.getTotalCount() / seconds;
    }
  }

  /**
   * Tells what the servers use.
   *
   * @param <U> what that is
   */
  interface Meter<U> {
    U read() throws IOException, InterruptedException;

    U difference(U before, U after);
  }

  private final TidelineClient client;
  private final int users;
  private final LongSupplier nanoClock;
  private final List<Message> messages = new ArrayList<>();

  /** The last id each user's device has. */
  private final AtomicLongArray positions;

  private final AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();

  SyncLoad(TidelineClient client, int users, int valueBytes, LongSupplier nanoClock) {
    this.client = client;
    this.users = users;
    this.nanoClock = nanoClock;
    this.positions = new AtomicLongArray(users);
    Random random = new Random(1);
    for (int i = 0; i < GROUP; i++) {
      byte[] value = new byte[valueBytes];
      random.nextBytes(value);
      messages.add(Message.builder().put("v", value).build());
    }
  }

  /** Gives each inbox that many messages. */
  void fill(int entries) {
    for (int i = 0; i < entries; i++) {
      for (int first = 0; first < users; first += GROUP) {
        fanOut(first, Math.min(GROUP, users - first), i);
      }
    }
  }

  private void fanOut(int first, int count, int number) {
    List<Identifier> inboxes = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      inboxes.add(BenchStore.timeline((first + i) % users).identifier());
    }
    FanOutResult unused =
        client
            .fanOut(
                FanOut.builder(messages.get(number % GROUP))
                    .inboxes(BenchStore.NAME, inboxes)
                    .build())
            .orThrow();
  }

  private SyncSpec pullOf(int user, long after) {
    return SyncSpec.builder(BenchStore.NAME)
        .after(BenchStore.timeline(user).identifier(), after)
        .build();
  }

  /** Checks what a pull brought and moves the device; returns how many entries. */
  private int take(int user, long after, List<SyncResult> results) {
    List<Entry> entries = results.get(0).orThrow().entries();
    long expected = after;
    for (Entry entry : entries) {
      expected++;
      if (entry.sequenceId() != expected) {
        throw new IllegalStateException(
            "user " + user + " got id " + entry.sequenceId() + " after " + (expected - 1));
      }
    }
    positions.accumulateAndGet(user, expected, Math::max);
    return entries.size();
  }

  /**
   * Users pull in turn, at a rate, while as many messages arrive for them as there are pulls.
   *
   * @param perSecond pulls, and messages
   */
  <U> Measured<U> pullPaced(int perSecond, Duration warmUp, Duration length, Meter<U> meter)
      throws IOException, InterruptedException {
    AtomicBoolean ended = new AtomicBoolean();
    Thread writer =
        Thread.ofVirtual()
            .start(
                () -> {
                  long start = nanoClock.getAsLong();
                  for (int i = 0; !ended.get() && failure.get() == null; i++) {
                    pause(start + (long) (i * 1e9 * GROUP / perSecond));
                    try {
                      fanOut((int) ((long) i * GROUP % users), Math.min(GROUP, users), i);
                    } catch (RuntimeException e) {
                      failure.compareAndSet(null, e);
                    }
                  }
                });
    Histogram latency = new ConcurrentHistogram(LATENCY_MICROS_MAX, 3);
    AtomicLong entries = new AtomicLong();
    Semaphore underWay = new Semaphore(UNDER_WAY_MAX);
    long start = nanoClock.getAsLong();
    long warm = start + warmUp.toNanos();
    long stop = warm + length.toNanos();
    // Not by the thread that keeps the pace.
    AtomicReference<@Nullable U> before = new AtomicReference<>();
    Thread reader =
        Thread.ofVirtual()
            .start(
                () -> {
                  pause(warm);
                  try {
                    before.set(meter.read());
                  } catch (IOException | InterruptedException e) {
                    failure.compareAndSet(null, new IllegalStateException("no metrics", e));
                  }
                });
    for (long i = 0; failure.get() == null; i++) {
      long due = start + (long) (i * 1e9 / perSecond);
      if (due >= stop) {
        break;
      }
      pause(due);
      underWay.acquire();
      int user = (int) (i * STRIDE % users);
      long after = positions.get(user);
      var _ =
          client
              .syncAsync(pullOf(user, after))
              .whenComplete(
                  (results, failed) -> {
                    underWay.release();
                    try {
                      if (failed != null) {
                        throw new IllegalStateException(failed.getMessage(), failed);
                      }
                      int count = take(user, after, results);
                      if (due >= warm) {
                        record(latency, nanoClock.getAsLong() - due);
                        entries.addAndGet(count);
                      }
                    } catch (RuntimeException e) {
                      failure.compareAndSet(null, e);
                    }
                  });
    }
    reader.join();
    U first = before.get();
    U last = meter.read();
    underWay.acquire(UNDER_WAY_MAX);
    ended.set(true);
    writer.join();
    rethrow();
    if (first == null) {
      throw new IllegalStateException("the servers' metrics were not read");
    }
    return new Measured<>(
        latency.copy(), entries.get(), length.toMillis() / 1e3, meter.difference(first, last));
  }

  /** The last id a user's device has; 0 for one that is no user. */
  long position(int user) {
    return user < users ? positions.get(user) : 0;
  }

  /** Lets all devices catch up, so that whoever polls finds nothing. */
  void catchUp() {
    for (int user = 0; user < users; user++) {
      long after = positions.get(user);
      while (take(user, after, client.sync(pullOf(user, after))) > 0) {
        after = positions.get(user);
      }
    }
  }

  /**
   * Callers that pull one after the other, as fast as they are answered.
   *
   * @param hot whether all pull the last {@code entries} of one timeline; else each that of users
   *     drawn anew, who have everything
   */
  <U> Measured<U> pullAtOnce(
      int callers, boolean hot, int entries, Duration warmUp, Duration length, Meter<U> meter)
      throws IOException, InterruptedException {
    Histogram latency = new ConcurrentHistogram(LATENCY_MICROS_MAX, 3);
    AtomicLong brought = new AtomicLong();
    long warm = nanoClock.getAsLong() + warmUp.toNanos();
    long stop = warm + length.toNanos();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < callers; i++) {
      Random random = new Random(i);
      threads.add(
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      long called = nanoClock.getAsLong();
                      while (called < stop && failure.get() == null) {
                        int user = hot ? 0 : random.nextInt(users);
                        long after = positions.get(user) - (hot ? entries : 0);
                        int count = take(user, after, client.sync(pullOf(user, after)));
                        if (count != (hot ? entries : 0)) {
                          throw new IllegalStateException("a pull brought " + count + " entries");
                        }
                        long now = nanoClock.getAsLong();
                        if (called >= warm && now <= stop) {
                          record(latency, now - called);
                          brought.addAndGet(count);
                        }
                        called = now;
                      }
                    } catch (RuntimeException e) {
                      failure.compareAndSet(null, e);
                    }
                  }));
    }
    pause(warm);
    U before = meter.read();
    pause(stop);
    U used = meter.difference(before, meter.read());
    for (Thread thread : threads) {
      thread.join();
    }
    rethrow();
    return new Measured<>(latency.copy(), brought.get(), length.toMillis() / 1e3, used);
  }

  private static void record(Histogram latency, long nanos) {
    latency.recordValue(Math.min(LATENCY_MICROS_MAX, TimeUnit.NANOSECONDS.toMicros(nanos)));
  }

  private void pause(long untilNanos) {
    long left = untilNanos - nanoClock.getAsLong();
    if (left > 0) {
      try {
        TimeUnit.NANOSECONDS.sleep(left);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted while measuring", e);
      }
    }
  }

  private void rethrow() {
    RuntimeException failed = failure.get();
    if (failed != null) {
      throw new IllegalStateException("a call failed: " + failed.getMessage(), failed);
    }
  }
}
